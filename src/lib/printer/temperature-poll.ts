import type { Clock } from '../base/index.ts';
import type { Driver } from './driver.ts';
import { temperaturePollMs } from './limits.ts';

/** Asks for temperatures where the printer does not tell them by itself. */
export class TemperaturePoll {
  readonly #driver: Driver;
  readonly #clock: Clock;
  #cancel: (() => void) | undefined;
  #asking = false;

  constructor(driver: Driver, clock: Clock) {
    this.#driver = driver;
    this.#clock = clock;
  }

  /** Goes on for as long as `wanted` says so. */
  begin(wanted: () => boolean): void {
    this.end();
    if (!wanted()) return;
    this.#cancel = this.#clock.after(temperaturePollMs, () => {
      // One question at a time: behind a long command they would pile up.
      if (!this.#asking) {
        this.#asking = true;
        void this.#driver.exec('M105').then(() => {
          this.#asking = false;
        });
      }
      this.begin(wanted);
    });
  }

  end(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
