import type { Bytes, Clock } from '../../base/index.ts';
import type { QueueView } from '../../queue/index.ts';
import {
  type ConfState,
  type Entry,
  type Message,
  MessageType,
  type RawNode,
  type Snapshot,
  noBytes,
} from '../../raft/index.ts';
import type { StoredReplica } from '../../storage/port.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import { ConfirmedMembers } from './confirmed-members.ts';
import type { HandOver } from './hand-over.ts';
import { LeaderClaims, type VoteTold } from './leader-claims.ts';
import { electionTicks } from '../limits.ts';
import type { DiskState, RaftFrame } from './raft-frame.ts';
import { type Following, TermGate, claimsHandOver } from './term-gate.ts';

/** Makes and checks a leader's signature under its handing over. */
export interface HandOvers {
  readonly sign: (handOver: HandOver) => Bytes;
  /** @param leader replica id of who must have signed it */
  readonly isSigned: (leader: number, handOver: HandOver, signature: Bytes) => boolean;
}

export interface MessageFilterPorts {
  readonly clock: Clock;
  readonly node: RawNode;
  readonly acknowledgements: Acknowledgements;
  readonly handOvers: HandOvers;
  readonly confState: () => ConfState;
  readonly members: () => QueueView['members'];
  /** Asks a voter for whom it has voted; undefined when it does not say. */
  readonly askForVote: (replica: number) => PromiseLike<VoteTold | undefined>;
}

/**
 * What of the messages of other replicas reaches Raft's core, and in which form. The core trusts every voter; here stands what keeps one
 * voter from stopping all (terms), and what makes an acknowledgement count for as much as its sender surely knows (members).
 */
export class MessageFilter {
  readonly #ports: MessageFilterPorts;
  readonly #members: ConfirmedMembers;
  readonly #gate = new TermGate();
  readonly #claims: LeaderClaims;
  /** The leader's signature with which this replica may stand although others hear that leader. */
  #handOver: { readonly term: number; readonly signature: Bytes } | undefined;

  constructor(ports: MessageFilterPorts, stored: Pick<StoredReplica, 'snapshot' | 'entries'>) {
    this.#ports = ports;
    this.#members = new ConfirmedMembers(stored);
    this.#claims = new LeaderClaims({
      clock: ports.clock,
      electorates: () => this.#electorates(),
      own: () => ({ replica: ports.node.id, ...this.vote }),
      isLed: () => this.#following.isLed,
      ask: ports.askForVote,
    });
  }

  /** For whom this replica has voted in its present term. */
  get vote(): VoteTold {
    const { term, vote, lead } = this.#ports.node.status();
    return { term, vote, lead };
  }

  /**
   * Hands over a message, at once or when it is known whether who claims to lead was elected, or never.
   * @param hear gets the message as it counts; undefined when it would raise our term and may not
   */
  take(
    message: Message,
    { disk, handOver }: Pick<RaftFrame, 'disk' | 'handOver'>,
    hear: (message: Message | undefined) => void,
  ): void {
    const give = (isElected: boolean) => {
      const heard = this.#judged(message, handOver, isElected);
      hear(heard === undefined ? undefined : this.#counted(heard, disk));
    };
    if (this.#claimsToLead(message)) this.#claims.judge(message.from, message.term, give);
    else give(false);
  }

  /** Entries, or a snapshot, became part of this replica's log. */
  appended(entries: readonly Entry[], snapshot: Snapshot | undefined): void {
    this.#members.appended(entries, snapshot);
  }

  /** The leader's signature that goes with a handing over, and with the candidacy that follows from it. */
  handOverFor({ type, to, term, context }: Message): Bytes | undefined {
    if (type === MessageType.TimeoutNow) return this.#ports.handOvers.sign({ term, candidate: to });
    const follows = type === MessageType.Vote && context.length > 0 && this.#handOver?.term === term - 1;
    return follows ? this.#handOver?.signature : undefined;
  }

  close(): void {
    this.#claims.close();
  }

  /** Whether that message says that its sender leads, which this replica does not follow yet. */
  #claimsToLead({ type, from, term }: Message): boolean {
    const { node } = this.#ports;
    const isLeaders = type === MessageType.App || type === MessageType.Heartbeat || type === MessageType.Snap;
    return isLeaders && (term > node.term || (term === node.term && node.lead !== from));
  }

  /** Whom this replica follows, and whether it hears them. */
  get #following(): Following {
    const { id, role, lead, electionElapsed } = this.#ports.node.status();
    const leader = role === 'leader' ? id : lead;
    return { leader, isLed: leader !== 0 && (role === 'leader' || electionElapsed < electionTicks) };
  }

  /** Who may have a vote: by Raft's members, and by the queue's, which Raft may follow before this replica knows. */
  #electorates(): readonly (readonly number[])[] {
    const { voters, votersOutgoing } = this.#ports.confState();
    const trusted = [...this.#ports.members().values()].filter(({ voter }) => voter);
    const both = new Set([...voters, ...trusted.map(({ replicaId }) => replicaId)]);
    return [voters, votersOutgoing.length > 0 ? votersOutgoing : voters, [...both]];
  }

  /** The message as it may be heard, or nothing where it would raise our term and may not. */
  #judged(message: Message, signature: Bytes | undefined, isElected: boolean): Message | undefined {
    const { node, handOvers, clock } = this.#ports;
    const { term } = node;
    const { isLed, leader } = this.#following;
    const { from } = message;
    if (message.type === MessageType.TimeoutNow) {
      // Only who leads calls on another to stand while it is heard.
      if (isLed && from !== leader) return undefined;
      if (signature !== undefined) this.#handOver = { term: message.term, signature };
    }
    const claims = claimsHandOver(message);
    const handOver = { term, candidate: from };
    const isHandedOver =
      claims &&
      message.term === term + 1 &&
      (from === leader || (signature !== undefined && handOvers.isSigned(leader, handOver, signature)));
    const mayRaise = isHandedOver || isElected;
    if (!this.#gate.lets(message, term, { isLed, leader }, mayRaise, clock.monotonicMs())) return undefined;
    // Without the leader's word it is a request as any other: Raft passes over it while a leader is heard.
    return claims && !isHandedOver ? { ...message, context: noBytes } : message;
  }

  /** An acknowledgement as it counts, noted for good. */
  #counted(message: Message, disk: DiskState): Message {
    const { type, from, term, index, reject } = message;
    const { role, term: ours, commit } = this.#ports.node;
    if (type !== MessageType.AppResp || reject || role !== 'leader' || term !== ours) return message;
    this.#ports.acknowledgements.acknowledged(from, term, index, commit);
    const counts = this.#members.counts(index, disk.commit);
    return counts === index ? message : { ...message, index: counts };
  }
}
