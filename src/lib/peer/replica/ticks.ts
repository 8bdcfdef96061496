import type { Clock } from '../../base/index.ts';
import { frozenAfterMs, tickMs } from '../limits.ts';

/** Raft's ticks of one replica, which stand still while it rests. */
export class Ticks {
  readonly #clock: Clock;
  readonly #tick: (ticks: number) => boolean;
  #lastMs: number;
  #cancel: (() => void) | undefined;

  /** @param tick so many ticks have passed; returns whether to go on */
  constructor(clock: Clock, tick: (ticks: number) => boolean) {
    this.#clock = clock;
    this.#tick = tick;
    this.#lastMs = clock.monotonicMs();
  }

  /** From now on: what has passed until now is none of its business. */
  start(): void {
    this.#lastMs = this.#clock.monotonicMs();
    this.#schedule();
  }

  stop(): void {
    this.#cancel?.();
  }

  #schedule(): void {
    this.#cancel?.();
    this.#cancel = this.#clock.after(tickMs, () => {
      const now = this.#clock.monotonicMs();
      const passed = now - this.#lastMs;
      this.#lastMs = now;
      // After sleep or a freeze the missed ticks are dropped: we must hear from the others before we judge them.
      const ticks = passed > frozenAfterMs ? 1 : Math.max(1, Math.round(passed / tickMs));
      if (this.#tick(ticks)) this.#schedule();
    });
  }
}
