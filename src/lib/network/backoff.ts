import type { Clock, Random } from '../base/index.ts';

/** When the next attempt is due: pauses double from the least to the most, each with up to half of it added. */
export class Backoff {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #leastMs: number;
  readonly #mostMs: number;
  #pauseMs: number;
  #dueMs = 0;

  constructor(clock: Clock, random: Random, leastMs: number, mostMs: number) {
    this.#clock = clock;
    this.#random = random;
    this.#leastMs = leastMs;
    this.#mostMs = mostMs;
    this.#pauseMs = leastMs;
  }

  get due(): boolean {
    return this.#clock.monotonicMs() >= this.#dueMs;
  }

  /** An attempt failed. */
  fail(): void {
    const jitterMs = this.#random.below(Math.max(1, Math.floor(this.#pauseMs / 2)));
    this.#dueMs = this.#clock.monotonicMs() + this.#pauseMs + jitterMs;
    this.#pauseMs = Math.min(this.#mostMs, this.#pauseMs * 2);
  }

  /** Things have changed: the next attempt is due at once. */
  reset(): void {
    this.#pauseMs = this.#leastMs;
    this.#dueMs = 0;
  }
}
