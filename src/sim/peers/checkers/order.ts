import { type QueueState, brokenInvariants } from '../../../lib/queue/index.ts';
import type { Line } from '../book.ts';
import type { Room } from '../room.ts';
import type { PeersChecker } from './checker.ts';

/** The queue's own invariants, looked at now and then: it costs as much as the queue is large. */
const every = 8;

/** The tables of the queue agree with each other, and its bounds are kept. */
export class Order implements PeersChecker {
  readonly name = 'order';
  readonly #room: Room;

  constructor(room: Room) {
    this.#room = room;
  }

  onLine(line: Line, state: QueueState): void {
    if (line.index % every === 0) this.#check(state);
  }

  onEnd(): void {
    const state = this.#room.book.truth;
    if (state !== undefined) this.#check(state);
  }

  #check(state: QueueState): void {
    for (const text of brokenInvariants(state))
      this.#room.break(this.name, `behind entry ${state.index} it does not hold that ${text}`);
  }
}
