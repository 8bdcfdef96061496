import { assert, must } from '../base/index.ts';
import { pendingReadsMax } from './limits.ts';
import type { Tracker } from './tracker.ts';
import { type Message, noBytes } from './types.ts';

/**
 * `safe`: a leader answers a read after a quorum confirmed, since the request came, that it still leads. `lease`: it
 * answers at once because it led a moment ago; wrong whenever a process is paused, so never used by the product: it
 * exists to run etcd's scripts.
 */
export type ReadMode = 'safe' | 'lease';

interface PendingRead {
  readonly request: Message;
  /** The commit index when the request came. */
  readonly index: number;
}

/**
 * Read requests on a leader that await confirmation. Each gets the next number of a counter of this leadership; a
 * heartbeat carries the number of the newest request, and its answer confirms all requests up to there. The counter
 * is the leader's own: contexts that clients choose, and may choose twice, play no part in the confirmation.
 */
export class ReadOnly {
  readonly mode: ReadMode;
  readonly #acks = new Map<number, number>();
  readonly #ackOf = (id: number): number | undefined => this.#acks.get(id);
  #pending: PendingRead[] = [];
  /** Requests of this leadership that were confirmed already. */
  #confirmed = 0;

  constructor(mode: ReadMode) {
    this.mode = mode;
  }

  /** Number of requests that wait. */
  get waiting(): number {
    return this.#pending.length;
  }

  /** False if too many wait already. */
  add(index: number, request: Message): boolean {
    if (this.#pending.length >= pendingReadsMax) return false;
    this.#pending.push({ request, index });
    return true;
  }

  /** The context that heartbeats must carry now: 8 bytes, or none if nothing waits. */
  heartbeatContext(): Uint8Array {
    if (this.#pending.length === 0) return noBytes;
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(this.#confirmed + this.#pending.length), true);
    return bytes;
  }

  /** Notes a member's answer. A number that we never gave out is ignored. */
  acknowledge(from: number, context: Uint8Array): void {
    if (context.length !== 8) return;
    const view = new DataView(context.buffer, context.byteOffset, 8);
    const number = Number(view.getBigUint64(0, true));
    if (number > this.#confirmed + this.#pending.length) return;
    this.#acks.set(from, Math.max(this.#acks.get(from) ?? 0, number));
  }

  /** Takes out the requests that a quorum has confirmed by now. */
  confirmed(tracker: Tracker): readonly PendingRead[] {
    const upTo = tracker.committedBy(this.#ackOf);
    if (upTo <= this.#confirmed || upTo === Infinity) return [];
    const count = upTo - this.#confirmed;
    assert(count <= this.#pending.length, 'more reads were confirmed than asked for');
    this.#confirmed = upTo;
    return this.#pending.splice(0, count);
  }
}

/** The client's own context of a read request. */
export function readContextOf(request: Message): Uint8Array {
  return must(request.entries[0], 'a read request without its context').data;
}
