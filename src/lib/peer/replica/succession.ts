import type { Bytes, Clock } from '../../base/index.ts';
import {
  type ConfState,
  type Message,
  MessageType,
  type RawNode,
  encodeMessage,
  newMessage,
} from '../../raft/index.ts';
import { StrandedVoters } from './stranded.ts';

/** What a leader says when it ends without a chance to hand over in order: one voter may stand for election at once. */
export interface LastWord {
  readonly to: number;
  readonly message: Bytes;
}

/** Who follows a leader that goes. Whether it goes in order or in haste, it names the same one: two who stood at once could split the vote. */
export class Succession {
  readonly #node: RawNode;
  readonly #stranded: StrandedVoters;
  #named: number | undefined;
  /** The term whose election was over, or had its time, when this replica last looked. */
  #electedIn = 0;

  constructor(node: RawNode, clock: Clock) {
    this.#node = node;
    this.#stranded = new StrandedVoters(clock);
  }

  /** Whether this leader takes the later term of a replica that was retired while it was away, and stands in the one after. */
  givesWayTo(message: Message, confState: ConfState): boolean {
    return this.#stranded.givesWay(message, this.#node, confState);
  }

  /** Who a leader that goes hands over to: who its last word names, else one that is here, and of those the furthest. Undefined when it is alone. */
  heir(confState: ConfState): number | undefined {
    const others = this.#byWorth(confState);
    return others.find((id) => id === this.#named) ?? others[0];
  }

  /**
   * The last word of a leader. It is made before the end, so the heir may lack what was committed since: then it is not elected, and
   * another of those who heard the word stands a little later. Nothing that is safe hangs on it (Raft paper 5.4.1).
   * An heir is kept while it can be, so that words need not be made again with every commit.
   * @param reaches whether the word gets to that replica; without one of whom that is true there is no word
   */
  lastWord(confState: ConfState, reaches: (replicaId: number) => boolean): LastWord | undefined {
    const node = this.#node;
    // Who was not heard since the last look at the quorum, which is all of them just after it, comes last but is not passed over.
    const able = node.role === 'leader' ? this.#byWorth(confState).filter(reaches) : [];
    const to = able.find((id) => id === this.#named) ?? able[0];
    this.#named = to;
    if (to === undefined) return undefined;
    return { to, message: encodeMessage(newMessage(MessageType.TimeoutNow, to, node.id, node.term)) };
  }

  /** A leader of that term has gone and has named another one: this replica follows it no more, so that it may vote for whoever stands. */
  farewell(term: number): void {
    this.#electedIn = term;
    this.#node.forgetLeader();
  }

  /**
   * It is this replica's turn to stand for election. It asks first who would vote for it, so that it interrupts nobody: who calls for votes at once ends the time
   * of an heir who was elected a moment ago, or splits the vote.
   */
  stand(): void {
    const node = this.#node;
    const { role, vote, term } = node.status();
    // Its own call for votes is under way.
    if (role === 'candidate' || role === 'leader') return;
    // Whom it gave its vote since may lead already: the news of it has until the next turn.
    const isElecting = term !== this.#electedIn && vote !== 0 && vote !== node.id;
    this.#electedIn = term;
    if (isElecting) return;
    node.forgetLeader();
    node.campaign();
  }

  /** A leader that was removed or demoted hands over, instead of leaving the others to find out that it is committed. */
  giveWay(confState: ConfState): void {
    const node = this.#node;
    const { voters, votersOutgoing } = confState;
    if (node.role !== 'leader' || voters.includes(node.id) || votersOutgoing.includes(node.id)) return;
    const heir = node.status().transferee === 0 ? this.heir(confState) : undefined;
    if (heir !== undefined) node.transferLeader(heir);
  }

  #byWorth({ voters }: ConfState): number[] {
    const { progress } = this.#node.status();
    const worth = (id: number): number => {
      const peer = progress.get(id);
      return peer === undefined ? -1 : peer.match + (peer.recentActive ? 2 ** 50 : 0);
    };
    return voters.filter((id) => id !== this.#node.id).sort((a, b) => worth(b) - worth(a));
  }
}

/**
 * Milliseconds after a leader's last word until a voter that it does not name stands for election itself, and from one such voter to the next, unless
 * somebody leads by then: on a machine that is not busy a vote and the first message of its winner take less, also by way of a relay.
 */
export const nextHeirMs = 400;
/** Turns of one voter: with three voters they are over in 1.2 s; from then on an election that nobody calls, which takes 3 s and more, finds a leader. */
export const heirTurnsMax = 3;

/**
 * When a voter that heard another one named stands itself: first after `firstMs`, then every `everyMs`, so that each has its turn before one has its second.
 * Undefined for the heir, and for who does not vote.
 */
export function heirTurns(
  { voters }: ConfState,
  self: number,
  word: { readonly from: number; readonly to: number },
): { readonly firstMs: number; readonly everyMs: number } | undefined {
  const others = voters.filter((id) => id !== word.from && id !== word.to).sort((a, b) => a - b);
  const place = others.indexOf(self);
  return place < 0 ? undefined : { firstMs: (place + 1) * nextHeirMs, everyMs: others.length * nextHeirMs };
}

/**
 * Whether a leader's last word still means anything: nobody has followed it. The heir's call for votes, which raises the term, may be heard before the word is.
 * @param now leader (0 for none) and term of who heard it
 */
export function isUnfollowed(
  now: { readonly leader: number; readonly term: number },
  word: { readonly from: number; readonly term: number },
): boolean {
  return now.leader === 0 || (now.leader === word.from && now.term <= word.term);
}

/** The call on a replica to stand for election now, although it hears a leader, as `from` makes it. */
export function stand(replicaId: number, from: number, term: number): Message {
  return newMessage(MessageType.TimeoutNow, replicaId, from, term);
}
