import type { Clock } from '../../base/index.ts';
import { logTimeStepMsMax } from '../limits.ts';

/**
 * Virtual log time of a leader: it goes on from the last stamp in the log, by the leader's own clamped monotonic time. Only a
 * leader has one; the wall clock plays no part. Stamps never run backwards in one log (architecture, "Time comes from the log").
 */
export class LogTime {
  readonly #clock: Clock;
  #stampMs: number;
  #atMs: number;
  /** Until then all time counts, however long nobody asks. */
  #freeUntilMs = -Infinity;

  /** @param lastStampMs the newest stamp in the log when this leader began */
  constructor(clock: Clock, lastStampMs: number) {
    this.#clock = clock;
    this.#stampMs = lastStampMs;
    this.#atMs = clock.monotonicMs();
  }

  /**
   * The stamp for an entry proposed now, in whole milliseconds. Must be called at least every tick: what lies
   * between two calls counts for at most `logTimeStepMsMax`, so that sleep does not age the queue.
   */
  nowMs(): number {
    const now = this.#clock.monotonicMs();
    const free = Math.max(0, Math.min(now, this.#freeUntilMs) - this.#atMs);
    const passed = free + Math.min(Math.max(0, now - this.#atMs - free), logTimeStepMsMax);
    this.#atMs = now;
    this.#stampMs += passed;
    return Math.floor(this.#stampMs);
  }

  /** For so long nobody will ask, on purpose: that is no sleep. What goes beyond counts for at most one step. */
  rest(forMs: number): void {
    this.#freeUntilMs = this.#clock.monotonicMs() + forMs;
  }

  /** The log holds this stamp: ours may not lie before it. */
  atLeast(stampMs: number): void {
    this.#stampMs = Math.max(this.#stampMs, stampMs);
  }
}
