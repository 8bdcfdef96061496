import type { Bytes, Clock } from '../../base/index.ts';
import { encodeTickEntry } from '../../queue/index.ts';
import type { RawNode } from '../../raft/index.ts';
import { LogTime } from './log-time.ts';
import type { ReplicaStorage } from './replica-storage.ts';

/** What a replica knows and does as leader besides Raft: the queue's time, and that it is told in the log. */
export class Leading {
  readonly #clock: Clock;
  readonly #node: RawNode;
  readonly #storage: ReplicaStorage;
  /** Term in which this leader has its log time; undefined while it may not admit commands. */
  #reign: { readonly term: number; readonly time: LogTime } | undefined;
  #deadlineTold = false;

  constructor(clock: Clock, node: RawNode, storage: ReplicaStorage) {
    this.#clock = clock;
    this.#node = node;
    this.#storage = storage;
  }

  /** The queue's time, on a leader that has applied all that came before it. */
  get time(): LogTime | undefined {
    return this.#reign?.time;
  }

  /**
   * Looks whether leadership has come or gone. A new leader learns the queue's time by applying all that came before it; then this gives,
   * once, the entry that it begins with, which gives every lease its grace.
   */
  follow(stampMs: number): Bytes | undefined {
    const { role, term, applied } = this.#node;
    if (role !== 'leader') {
      this.#reign = undefined;
      return undefined;
    }
    if (this.#reign?.term === term) return undefined;
    // Once an entry of its own term is applied, so is everything before it.
    if (this.#storage.term(applied) !== term) return undefined;
    const time = new LogTime(this.#clock, stampMs);
    this.#reign = { term, time };
    this.#deadlineTold = false;
    return encodeTickEntry(time.nowMs(), true);
  }

  /**
   * Time passes in the log only by entries: when a deadline has come and nothing else is said, the leader says so. It also says so when time was
   * not told for long, because one entry adds only so much.
   */
  tellDeadline(deadlineMs: number | undefined): void {
    if (this.#reign === undefined) return;
    const { time } = this.#reign;
    const now = time.nowMs();
    if (this.#deadlineTold || Math.min(deadlineMs ?? Infinity, time.tellByMs) > now) return;
    // Refused during a transfer or over the cap: tried again with the next tick.
    this.#deadlineTold = this.#node.propose(encodeTickEntry(now, false)) === undefined;
  }

  /** Milliseconds until `tellDeadline` has something to say of that deadline, or of time itself; undefined when there is no reign. */
  dueInMs(deadlineMs: number | undefined): number | undefined {
    if (this.#reign === undefined) return undefined;
    const { time } = this.#reign;
    return Math.max(0, Math.min(deadlineMs ?? Infinity, time.tellByMs) - time.nowMs());
  }

  /** An entry was applied: our time may not lie before its stamp. */
  applied(stampMs: number, isTick: boolean): void {
    this.#reign?.time.atLeast(stampMs);
    if (isTick) this.#deadlineTold = false;
  }
}
