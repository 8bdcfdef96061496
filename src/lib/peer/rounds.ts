import type { Clock } from '../base/index.ts';

/** Does something every so many milliseconds, for as long as there is something to do it for: who has nothing to look after sleeps. */
export class Rounds {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #round: () => boolean;
  #cancel: (() => void) | undefined;
  #closed = false;

  /** @param round returns whether another one is to follow */
  constructor(clock: Clock, everyMs: number, round: () => boolean) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#round = round;
  }

  /** There is something to do: the next round comes by itself, if it does not already. */
  start(): void {
    if (this.#closed) return;
    this.#cancel ??= this.#clock.after(this.#everyMs, () => {
      this.#cancel = undefined;
      if (this.#round()) this.start();
    });
  }

  /** For good. */
  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }
}
