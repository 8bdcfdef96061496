import { type Bytes, type Clock, type Log, type PeerId, encode, messageOf, parse } from '../../base/index.ts';
import type { Wire } from '../../network/port.ts';
import { placeLimits, placeProtocol } from '../../network/protocols.ts';
import { placeAskMaxMs, placeAskMinMs, placeAskedMax, requestTimeoutMs } from '../limits.ts';
import type { Door } from './door.ts';
import type { VoteTold } from '../replica/leader-claims.ts';
import type { DiskState, Life } from '../replica/raft-frame.ts';
import {
  type PlaceReply,
  type PlaceRequest,
  type Word,
  type WordMessage,
  placeReply,
} from '../wire-shapes.ts';

const nothingCommitted = { commit: 0, commitTerm: 0 };

/** The answer of who takes no part. */
export const nothingKnown: PlaceReply = { kind: 'none', ...nothingCommitted, term: 0, vote: 0, lead: 0 };

export interface PlacePorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly wire: Wire;
  /** Digest of the queue. */
  readonly queue: Bytes;
  readonly replicaId: () => number;
  readonly life: Life;
  /** What this replica surely has on its disk. */
  readonly disk: () => DiskState;
  /** What this replica knows to be committed of the entries up to that index; see `placeReply`. */
  readonly known: (last: number) => Pick<DiskState, 'commit' | 'commitTerm'>;
  /** For whom it has voted. */
  readonly vote: () => VoteTold;
  readonly hasStopped: () => boolean;
  /** Whether this replica takes part in Raft and follows nobody. */
  readonly isLost: () => boolean;
  readonly door: Pick<Door, 'believes' | 'knows' | 'wordFor'>;
  /** This replica is not heard any more. */
  readonly onWord: (word: Word) => void;
  /** A voter knows that the entry (index, term) is committed. */
  readonly onCommit: (index: number, term: number) => void;
}

/**
 * Whether this replica still has its place among the others, as they say. Who drops its messages tells it so; but where two machines have a copy of
 * one profile, and with it one PeerId, that word may reach the other one. So a replica that nobody leads, though voters are connected, asks them.
 */
export class Place {
  readonly #ports: PlacePorts;
  #pauseMs = placeAskMinMs;
  #cancel: (() => void) | undefined;
  #turn = 0;
  /** Voters that have answered since nobody leads. */
  readonly #answered = new Set<PeerId>();
  #closed = false;

  constructor(ports: PlacePorts) {
    this.#ports = ports;
  }

  /** A peer says why this replica is not heard. */
  receive(from: PeerId, { replica, epoch, life, word }: WordMessage): void {
    const { replicaId, life: ours, door, onWord } = this.#ports;
    if (replica !== replicaId() || !door.believes(from)) return;
    // A message of our own former life may have arrived behind one of this: what is said of it is not said of us.
    if (epoch === ours.epoch && life === ours.number) onWord(word);
  }

  /** A peer asks whether it is heard as that replica, which has that on its disk if it takes part in deciding. */
  answer(
    from: PeerId,
    { replica, epoch, life }: Omit<PlaceRequest, 'term' | 'last'>,
    disk?: Pick<DiskState, 'term' | 'last'>,
  ): PlaceReply {
    const { hasStopped, door, known, vote } = this.#ports;
    if (hasStopped()) return nothingKnown;
    const word = door.wordFor(from, replica, { epoch, number: life }, disk);
    // What is agreed on, and who voted for whom, is for members only.
    if (word === undefined && !door.knows(from)) return nothingKnown;
    const told = disk === undefined ? nothingCommitted : known(disk.last);
    return word === undefined ? { kind: 'none', ...told, ...vote() } : { kind: 'word', word, ...told };
  }

  /**
   * Asks that peer. Resolves when it has answered, and what it said has been taken, with for whom it has voted; rejects when
   * it does not.
   */
  async askOne(peer: PeerId): Promise<VoteTold | undefined> {
    const { wire, queue, life, replicaId, disk, door, onWord, onCommit } = this.#ports;
    const replica = replicaId();
    const { term, last } = disk();
    const question = encode({ v: 1, q: queue, replica, epoch: life.epoch, life: life.number, term, last });
    const bytes = await wire.request(peer, placeProtocol, question, requestTimeoutMs);
    const reply = parse(placeReply, bytes, placeLimits.frameBytesMax);
    if (!reply.ok) throw new Error(reply.refusal.text);
    if (replica !== replicaId() || this.#closed || !door.believes(peer)) return undefined;
    this.#answered.add(peer);
    const { commit, commitTerm } = reply.value;
    if (reply.value.kind === 'word') {
      // Who is told to stop can read all that was agreed on while it belonged there.
      if (reply.value.word === 'removed') onCommit(commit, commitTerm);
      onWord(reply.value.word);
      return undefined;
    }
    const { term: theirTerm, vote, lead } = reply.value;
    onCommit(commit, commitTerm);
    return theirTerm === 0 ? undefined : { term: theirTerm, vote, lead };
  }

  /** Something has changed: a leader was found or lost, a connection came or went. */
  look(): void {
    if (this.#closed || this.#ports.hasStopped() || !this.#ports.isLost()) {
      this.#cancel?.();
      this.#cancel = undefined;
      this.#pauseMs = placeAskMinMs;
      this.#answered.clear();
    } else if (this.#cancel === undefined && this.#asked().length > 0) {
      this.#cancel = this.#ports.clock.after(this.#pauseMs, () => this.#ask());
    }
  }

  /** Whether all voters that are connected have said, since nobody leads, what they know. */
  get hasAskedAll(): boolean {
    return this.#asked().every((peer) => this.#answered.has(peer));
  }

  close(): void {
    this.#closed = true;
    this.look();
  }

  #asked(): PeerId[] {
    const { wire, door } = this.#ports;
    return wire
      .connections()
      .map(({ peer }) => peer)
      .filter((peer) => door.believes(peer));
  }

  #ask(): void {
    const voters = this.#asked();
    const from = this.#turn % Math.max(1, voters.length);
    this.#turn += placeAskedMax;
    for (const peer of [...voters.slice(from), ...voters.slice(0, from)].slice(0, placeAskedMax)) {
      this.askOne(peer).catch((error: unknown) =>
        this.#ports.log.debug(`${peer} does not say whether it hears us: ${messageOf(error)}`),
      );
    }
    this.#cancel = undefined;
    this.#pauseMs = Math.min(2 * this.#pauseMs, placeAskMaxMs);
    this.look();
  }
}
