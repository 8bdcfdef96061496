import { temperatureSampleMs, temperatureSamplesMax } from './limits.ts';
import type { Temperatures, TemperatureSample } from './port.ts';

/**
 * Temperatures over time, bounded: when it is full, every second of the older half goes. So the newest hour stays
 * fine, and a print of a day is still there from its beginning.
 */
export class TemperatureRecord {
  readonly #max: number;
  #samples: TemperatureSample[] = [];

  constructor(max = temperatureSamplesMax) {
    this.#max = max;
  }

  /** `atMs`: wall clock, for the axis. What comes sooner than a sample's length after the last is left out. */
  take(temperatures: Temperatures, atMs: number): void {
    if (temperatures.tools.length === 0 && temperatures.bed === undefined) return;
    const last = this.#samples.at(-1);
    // A wall clock that was set back begins a new record: time on the axis only goes on.
    if (last !== undefined && atMs < last.atMs) this.#samples = [];
    else if (last !== undefined && atMs - last.atMs < temperatureSampleMs) return;
    this.#samples.push({ atMs, ...temperatures });
    if (this.#samples.length > this.#max) {
      const half = this.#max >> 1;
      this.#samples = this.#samples.filter((_, index) => index >= half || index % 2 === 0);
    }
  }

  /** Samples later than that, oldest first. */
  since(atMs: number): readonly TemperatureSample[] {
    let from = this.#samples.length;
    while (from > 0 && (this.#samples[from - 1]?.atMs ?? 0) > atMs) from -= 1;
    return this.#samples.slice(from);
  }
}
