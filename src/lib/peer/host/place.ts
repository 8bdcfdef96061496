import { type Bytes, type Clock, type Log, type PeerId, encode, messageOf, parse } from '../../base/index.ts';
import type { Wire } from '../../network/port.ts';
import { placeLimits, placeProtocol } from '../../network/protocols.ts';
import { placeAskMaxMs, placeAskMinMs, placeAskedMax, requestTimeoutMs } from '../limits.ts';
import type { Door } from './door.ts';
import type { Life } from '../replica/raft-frame.ts';
import {
  type PlaceReply,
  type PlaceRequest,
  type Word,
  type WordMessage,
  placeReply,
} from '../wire-shapes.ts';

export interface PlacePorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly wire: Wire;
  /** Digest of the queue. */
  readonly queue: Bytes;
  readonly replicaId: () => number;
  readonly life: Life;
  readonly hasStopped: () => boolean;
  /** Whether this replica takes part in Raft and follows nobody. */
  readonly isLost: () => boolean;
  readonly door: Pick<Door, 'believes' | 'wordFor'>;
  /** This replica is not heard any more. */
  readonly onWord: (word: Word) => void;
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

  /** A peer asks whether it is heard as that replica. */
  answer(from: PeerId, { replica, epoch, life }: PlaceRequest): PlaceReply {
    if (this.#ports.hasStopped()) return { kind: 'none' };
    const word = this.#ports.door.wordFor(from, replica, { epoch, number: life });
    return word === undefined ? { kind: 'none' } : { kind: 'word', word };
  }

  /** Something has changed: a leader was found or lost, a connection came or went. */
  look(): void {
    if (this.#closed || this.#ports.hasStopped() || !this.#ports.isLost()) {
      this.#cancel?.();
      this.#cancel = undefined;
      this.#pauseMs = placeAskMinMs;
    } else if (this.#cancel === undefined && this.#asked().length > 0) {
      this.#cancel = this.#ports.clock.after(this.#pauseMs, () => this.#ask());
    }
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
    const { wire, queue, log, life, replicaId, onWord } = this.#ports;
    const question = { v: 1, q: queue, replica: replicaId(), epoch: life.epoch, life: life.number };
    const voters = this.#asked();
    const from = this.#turn % Math.max(1, voters.length);
    this.#turn += placeAskedMax;
    for (const peer of [...voters.slice(from), ...voters.slice(0, from)].slice(0, placeAskedMax)) {
      wire.request(peer, placeProtocol, encode(question), requestTimeoutMs).then(
        (bytes) => {
          const reply = parse(placeReply, bytes, placeLimits.frameBytesMax);
          if (reply.ok && reply.value.kind === 'word' && question.replica === replicaId())
            onWord(reply.value.word);
        },
        (error: unknown) => log.debug(`${peer} does not say whether it hears us: ${messageOf(error)}`),
      );
    }
    this.#cancel = undefined;
    this.#pauseMs = Math.min(2 * this.#pauseMs, placeAskMaxMs);
    this.look();
  }
}
