import type { Clock, SetId } from '../../base/index.ts';

/** A set whose file did not come is left to other printers for this long, in ms: claims and releases must not fill the log. */
const skipMs = 15_000;

/** Sets whose file could not be brought here, and until when they are left to others. */
export class SkippedSets {
  readonly #clock: Clock;
  readonly #untilMs = new Map<SetId, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(set: SetId): void {
    this.#untilMs.set(set, this.#clock.monotonicMs() + skipMs);
  }

  has(set: SetId): boolean {
    const untilMs = this.#untilMs.get(set);
    if (untilMs === undefined) return false;
    if (this.#clock.monotonicMs() < untilMs) return true;
    this.#untilMs.delete(set);
    return false;
  }
}
