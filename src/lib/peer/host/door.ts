import { type Bytes, type Clock, type Log, type PeerId, encode } from '../../base/index.ts';
import { standingProtocol, wordProtocol } from '../../network/protocols.ts';
import type { Wire } from '../../network/port.ts';
import type { Change, QueueState } from '../../queue/index.ts';
import type { ConfState } from '../../raft/index.ts';
import { requestTimeoutMs, wordPauseMs } from '../limits.ts';
import type { Acknowledgements } from '../replica/acknowledgements.ts';
import { Lives } from '../replica/lives.ts';
import { mayVote } from '../replica/membership.ts';
import { type DiskState, type Life, type RaftFrame, parseRaftFrame } from '../replica/raft-frame.ts';
import { Vouching } from './vouching.ts';
import type { StandingReply, Word } from '../wire-shapes.ts';

export interface DoorPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly wire: Wire;
  /** Digest of the queue. */
  readonly queue: Bytes;
  readonly view: () => QueueState;
  readonly confState: () => ConfState;
  /** True while this replica leads and has applied all that was committed: only then it knows who does not belong. */
  readonly leads: () => boolean;
  /** What the replicas of others were heard to have on their disks. */
  readonly acknowledgements: () => Acknowledgements;
  /** A message was dropped. The reason is a word of this app's. */
  readonly onDropped: (reason: string) => void;
  /** Somebody is heard who was not before. */
  readonly onChange: () => void;
}

/**
 * Who speaks for which replica of a queue, and with a vote or without: as the log tells it; before the log has come, as the leader named them at
 * joining; and for those whom the others came to trust while this peer was away, as they prove it. Whoever speaks for a replica that they are not, or are no more, is not heard, and told so where that is sure.
 */
export class Door {
  readonly #ports: DoorPorts;
  readonly #book = new Map<number, PeerId>();
  readonly #lives = new Lives();
  readonly #vouching: Vouching;
  readonly #told = new Map<PeerId, number>();

  constructor(ports: DoorPorts, known: readonly { readonly replicaId: number; readonly peer: PeerId }[]) {
    this.#ports = ports;
    for (const { replicaId, peer } of known) this.#book.set(replicaId, peer);
    const question = encode({ v: 1, q: ports.queue });
    this.#vouching = new Vouching({
      clock: ports.clock,
      log: ports.log,
      state: ports.view,
      peerOf: (replicaId) => this.#book.get(replicaId),
      ask: (peer) => ports.wire.request(peer, standingProtocol, question, requestTimeoutMs),
      onProved: (peer, replicaId) => {
        this.#book.set(replicaId, peer);
        ports.onChange();
      },
      onOver: (peer, replicaId) => {
        if (ports.view().members.get(peer)?.replicaId !== replicaId) this.#book.delete(replicaId);
      },
    });
  }

  peerOf(replicaId: number): PeerId | undefined {
    return this.#book.get(replicaId);
  }

  /** Whether that peer is a member, or speaks for a replica that Raft still counts. */
  knows(peer: PeerId): boolean {
    return this.#ports.view().members.has(peer) || [...this.#book.values()].includes(peer);
  }

  /** Whether the wire holds a connection to that replica's peer now. */
  isConnected(replicaId: number): boolean {
    const peer = this.#book.get(replicaId);
    return peer !== undefined && this.#ports.wire.connections().some((each) => each.peer === peer);
  }

  entries(): { readonly replicaId: number; readonly peer: PeerId }[] {
    return [...this.#book].map(([replicaId, peer]) => ({ replicaId, peer }));
  }

  /** Follows the queue's members. @param changed of an applied entry */
  learn(changed: readonly Change[] = []): void {
    const { members } = this.#ports.view();
    // Replicas that gave way to another incarnation speak for nobody any more. Who was removed votes until Raft has followed: its
    // going is a change of members that may need its own word, when others are away.
    const touched = new Set(changed.filter((change) => change.kind === 'member').map((change) => change.id));
    for (const [replicaId, peer] of this.#book) {
      const gone = touched.has(peer) && members.get(peer)?.replicaId !== replicaId;
      if (!gone || this.#vouching.trusts(peer)) continue;
      if (members.has(peer) || !this.#isCounted(replicaId)) this.#book.delete(replicaId);
    }
    for (const member of members.values()) this.#book.set(member.replicaId, member.peer);
    this.#vouching.recheck();
  }

  /**
   * Follows Raft: removed members speak for their replica for as long as it is counted, and for nobody after that. Also those that an earlier life
   * of this peer saw go, or that went before its snapshot was taken: if their vote was not heard, two voters could never agree that one of them goes.
   */
  follow(): void {
    const { members, removed, nextReplicaId } = this.#ports.view();
    const { voters, votersOutgoing } = this.#ports.confState();
    if ([...voters, ...votersOutgoing].some((id) => !this.#book.has(id))) {
      for (const [peer, { replicaId }] of removed)
        if (this.#isCounted(replicaId) && !this.#book.has(replicaId)) this.#book.set(replicaId, peer);
    }
    for (const [id, peer] of this.#book) {
      // Of an id that is yet to be given here nothing is known.
      const gone = members.get(peer)?.replicaId !== id && id < nextReplicaId;
      if (gone && !this.#isCounted(id) && !this.#vouching.trusts(peer)) this.#book.delete(id);
    }
    this.#ports.acknowledgements().retain((id) => this.#book.has(id) || id >= nextReplicaId);
  }

  #isMember(replicaId: number): boolean {
    return this.#isCounted(replicaId) || this.#ports.confState().learners.includes(replicaId);
  }

  #isCounted(replicaId: number): boolean {
    const { voters, votersOutgoing } = this.#ports.confState();
    return voters.includes(replicaId) || votersOutgoing.includes(replicaId);
  }

  /** Reads a Raft frame for that replica of this queue, from a peer who speaks for the replica that it names. */
  frame(from: PeerId, bytes: Bytes, to: number, isLastWord = false): RaftFrame | undefined {
    const frame = parseRaftFrame(this.#ports.queue, bytes);
    if (frame?.to === to) return this.#lets(from, frame, isLastWord) ? frame : undefined;
    this.#ports.onDropped(frame === undefined ? 'malformed' : 'other-incarnation');
    return undefined;
  }

  #lets(from: PeerId, frame: RaftFrame, isLastWord: boolean): boolean {
    // The key of the connection must be the one that the queue knows for that replica: a replica id alone proves nothing.
    if (this.#book.get(frame.from) !== from) {
      this.#ports.onDropped('not-its-replica');
      this.#ports.log.debug(`dropped a message: ${from} does not speak for replica ${frame.from}`);
      if (!this.#book.has(frame.from)) this.#vouching.doubt(from);
      this.#tell(from, frame);
      return false;
    }
    const { clock, log, onDropped } = this.#ports;
    const acknowledgements = this.#ports.acknowledgements();
    const isOlder = frame.life.epoch < acknowledgements.epochOf(frame.from);
    if (isOlder || !this.#lives.isNewest(frame.from, frame.life, clock.monotonicMs())) {
      onDropped('older-copy');
      log.warn(`dropped a message of an older copy of replica ${frame.from}`);
    } else if (isLastWord) {
      return true;
    } else if (!acknowledgements.isIntact(frame.from, frame.life, frame.disk)) {
      onDropped('lost-data');
      log.warn(`dropped a message of replica ${frame.from}, which has lost what it acknowledged`);
    } else {
      if (this.#isMember(frame.from)) acknowledgements.heard(frame.from, frame.life, frame.disk.term);
      return true;
    }
    this.#tell(from, frame);
    return false;
  }

  /**
   * What is to be said to a peer that speaks for that replica in that life: nothing when it is heard, or when this peer cannot know.
   * @param disk what it says it has; undefined for who does not take part in deciding
   */
  wordFor(
    peer: PeerId,
    replicaId: number,
    life: Life,
    disk: Pick<DiskState, 'term' | 'last'> | undefined,
  ): Word | undefined {
    const { clock, view, leads } = this.#ports;
    if (this.#book.get(replicaId) === peer) {
      const now = clock.monotonicMs();
      const acknowledgements = this.#ports.acknowledgements();
      // Of two copies that were opened equally often, one may be heard here and the other there: who leads decides, or both would stop. Nor do
      // others remember who asks.
      const isHeard = leads()
        ? this.#lives.isNewest(replicaId, life, now)
        : !this.#lives.isOver(replicaId, life);
      if (!isHeard || life.epoch < acknowledgements.epochOf(replicaId)) return 'superseded';
      // Of two copies the one that has less gives way to the other, and does not come back in its place by itself.
      if (disk === undefined || acknowledgements.isIntact(replicaId, life, disk)) return undefined;
      return this.#lives.hasTwin(replicaId, life, now) ? 'superseded' : 'lost-data';
    }
    const { members, removed, nextReplicaId } = view();
    // Of an id that is yet to be given here nothing is known: we may be a leader that the others have left behind.
    if (!leads() || replicaId >= nextReplicaId) return undefined;
    if (members.has(peer)) return 'superseded';
    // Who never was a member need not know that this queue is here.
    return removed.has(peer) ? 'removed' : undefined;
  }

  /** Whether what this peer says for that replica is a voter's word. */
  votes(from: PeerId, replicaId: number): boolean {
    if (this.#vouching.trusts(from)) return true;
    return mayVote(this.#ports.view(), this.#ports.confState(), from, replicaId);
  }

  /** The proof that `self` votes here as that replica, for a member that does not know of it. */
  proofFor(asker: PeerId, self: PeerId, replicaId: number): StandingReply {
    const state = this.#ports.view();
    const envelopes = state.proofOf(self);
    if (envelopes.length === 0 || !state.members.has(asker)) return { kind: 'none' };
    return { kind: 'proof', replicaId, envelopes: [...envelopes] };
  }

  /** See `Vouching.doubted`. */
  doubted(): PeerId[] {
    return this.#vouching.doubted();
  }

  /** A peer said what only a voter may say, and we know of no vote: it may prove it. */
  doubt(peer: PeerId): void {
    this.#vouching.doubt(peer);
  }

  /** Whether what another peer says about this replica is believed: its own copy of the queue must trust that peer with a vote. */
  believes(from: PeerId): boolean {
    return this.#ports.view().members.get(from)?.voter === true;
  }

  #tell(to: PeerId, { from: replica, life, disk }: RaftFrame): void {
    const { clock, wire, queue } = this.#ports;
    const word = this.wordFor(to, replica, life, disk);
    if (word === undefined) return;
    const now = clock.monotonicMs();
    if (now - (this.#told.get(to) ?? -Infinity) < wordPauseMs) return;
    if (this.#told.size >= toldMax) this.#told.clear();
    this.#told.set(to, now);
    wire.send(
      to,
      wordProtocol,
      encode({ v: 1, q: queue, replica, epoch: life.epoch, life: life.number, word }),
    );
  }
}

/** Peers that were told lately: strangers may not fill the memory. */
const toldMax = 1_000;
