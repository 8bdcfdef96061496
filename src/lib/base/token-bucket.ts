import type { Clock } from './clock.ts';

/** How often something may happen. */
export interface Rate {
  /** So many at once, after a rest. */
  readonly burst: number;
  /** So many in a second for as long as it goes on. */
  readonly perSecond: number;
}

/** Fractions below this come of adding up milliseconds. */
const rounding = 1e-6;

/** Holds somebody to a rate: every use takes from a bucket that fills by the handed-in clock and never overflows. */
export class TokenBucket {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #rate: Rate;
  #tokens: number;
  #atMs: number;

  constructor(clock: Pick<Clock, 'monotonicMs'>, rate: Rate) {
    this.#clock = clock;
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#atMs = clock.monotonicMs();
  }

  /** Whether nothing is missing: then it need not be remembered. */
  get isFull(): boolean {
    this.#fill();
    return this.#tokens >= this.#rate.burst;
  }

  /**
   * Takes so many, or none of them.
   * @returns 0 when they were taken, otherwise the ms until there are as many; more than the burst is never there and counts as the burst
   */
  take(count = 1): number {
    this.#fill();
    const wanted = Math.min(count, this.#rate.burst);
    const missing = wanted - this.#tokens;
    // What is missing by rounding alone is there.
    if (missing > rounding) return Math.ceil((missing / this.#rate.perSecond) * 1_000 - rounding);
    this.#tokens = Math.max(0, this.#tokens - wanted);
    return 0;
  }

  /** Gives back what was taken for nothing. */
  give(count = 1): void {
    this.#fill();
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + count);
  }

  #fill(): void {
    const nowMs = this.#clock.monotonicMs();
    const gained = (Math.max(0, nowMs - this.#atMs) / 1_000) * this.#rate.perSecond;
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + gained);
    this.#atMs = nowMs;
  }
}

/** A bucket for each of many. Those that are full are forgotten when there are too many, and then the one unused longest. */
export class TokenBuckets<Key> {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #rate: Rate;
  readonly #keysMax: number;
  /** The one unused longest first. */
  readonly #buckets = new Map<Key, TokenBucket>();

  constructor(clock: Pick<Clock, 'monotonicMs'>, rate: Rate, keysMax: number) {
    this.#clock = clock;
    this.#rate = rate;
    this.#keysMax = keysMax;
  }

  /** How many are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** See `TokenBucket.take`. */
  take(key: Key, count = 1): number {
    const bucket = this.#buckets.get(key) ?? this.#fresh();
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    return bucket.take(count);
  }

  /** See `TokenBucket.give`. */
  give(key: Key, count = 1): void {
    this.#buckets.get(key)?.give(count);
  }

  #fresh(): TokenBucket {
    if (this.#buckets.size >= this.#keysMax)
      for (const [key, bucket] of this.#buckets) if (bucket.isFull) this.#buckets.delete(key);
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size < this.#keysMax) break;
      this.#buckets.delete(oldest);
    }
    return new TokenBucket(this.#clock, this.#rate);
  }
}
