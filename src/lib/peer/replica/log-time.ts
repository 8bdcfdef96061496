import type { Clock } from '../../base/index.ts';
import { queueLimits } from '../../queue/index.ts';
import { logTimeStepMsMax, logTimeUntoldMsMax } from '../limits.ts';

/**
 * Virtual log time of a leader: it goes on from the last stamp in the log, by the leader's own clamped monotonic time. Only a
 * leader has one; the wall clock plays no part. Stamps never run backwards in one log (architecture, "Time comes from the log"), and
 * never further ahead than one entry may take the queue's time: beyond that it stands still until an entry is applied.
 */
export class LogTime {
  readonly #clock: Clock;
  #stampMs: number;
  /** The time of what was applied. */
  #appliedMs: number;
  #atMs: number;
  /** Until then all time counts, however long nobody asks. */
  #freeUntilMs = -Infinity;

  /** @param lastStampMs the newest stamp in the log when this leader began */
  constructor(clock: Clock, lastStampMs: number) {
    this.#clock = clock;
    this.#stampMs = lastStampMs;
    this.#appliedMs = lastStampMs;
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
    this.#stampMs = Math.min(
      this.#stampMs + passed,
      this.#appliedMs + queueLimits.stampStepMsMax,
      queueLimits.stampMsMax,
    );
    return Math.floor(this.#stampMs);
  }

  /** For so long nobody will ask, on purpose: that is no sleep. What goes beyond counts for at most one step. */
  rest(forMs: number): void {
    this.#freeUntilMs = this.#clock.monotonicMs() + forMs;
  }

  /** The queue's time, after an entry was applied: ours may not lie before it. */
  atLeast(appliedMs: number): void {
    this.#appliedMs = Math.max(this.#appliedMs, appliedMs);
    this.#stampMs = Math.max(this.#stampMs, appliedMs);
  }

  /** By then the log is told the time, though nothing else happens. */
  get tellByMs(): number {
    return this.#appliedMs + logTimeUntoldMsMax;
  }
}
