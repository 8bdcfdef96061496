import { lookAheadAfter, lookAheadMax, noiseRatio } from './limits.ts';

/** Lines of a job before its noise is judged. */
const noiseLinesMin = 100;

/** What a job's answers teach about the connection: how many lines may be under way at once, and whether it is noisy. */
export class Pace {
  #tellsNumbers = false;
  #freeMax = 0;
  #sinceRefused = 0;
  #lookAhead = false;
  #lines = 0;
  #resends = 0;
  #noiseTold = false;
  readonly #after: number;

  /** `after`: lines without a refusal before more than one goes out at once. */
  constructor(after = lookAheadAfter) {
    this.#after = after;
  }

  get lines(): number {
    return this.#lines;
  }

  get resends(): number {
    return this.#resends;
  }

  /** One, or a few if the printer tells each line's number and how many it can hold, and has refused none lately. */
  get window(): number {
    if (!this.#lookAhead || !this.#tellsNumbers || this.#sinceRefused < this.#after) return 1;
    return Math.max(1, Math.min(lookAheadMax, this.#freeMax));
  }

  /** A job begins: counts from nothing, and trusts again. */
  begin(): void {
    this.#lines = this.#resends = this.#sinceRefused = 0;
    this.#noiseTold = false;
    this.#lookAhead = true;
  }

  /** An `ok` told a line number and perhaps the free places. */
  told(free: number | undefined): void {
    this.#tellsNumbers = true;
    if (free !== undefined) this.#freeMax = Math.max(this.#freeMax, free);
  }

  /** What it tells is worth nothing, or is of before a reset. */
  distrust(): void {
    this.#tellsNumbers = this.#lookAhead = false;
  }

  settled(): void {
    this.#sinceRefused += 1;
  }

  /** A line was asked for again: one at a time for the rest of the job. */
  refused(): void {
    this.#sinceRefused = 0;
    this.#lookAhead = false;
  }

  /** Counts a line. True when a person should now be told of the noise, once a job. */
  sent(again: boolean): boolean {
    this.#lines += 1;
    if (!again) return false;
    this.#resends += 1;
    const noisy = this.#lines > noiseLinesMin && this.#resends > noiseRatio * this.#lines;
    if (!noisy || this.#noiseTold) return false;
    this.#noiseTold = true;
    return true;
  }
}
