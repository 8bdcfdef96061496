import type { Clock } from '../../lib/base/index.ts';
import type { Agenda } from '../agenda.ts';

/** The world's own clock: for the network and for what happens between machines. */
export class WorldClock implements Clock {
  readonly #agenda: Agenda;

  constructor(agenda: Agenda) {
    this.#agenda = agenda;
  }

  monotonicMs(): number {
    return this.#agenda.nowMs;
  }

  wallMs(): number {
    return this.#agenda.nowMs;
  }

  after(delayMs: number, run: () => void): () => void {
    let cancelled = false;
    this.#agenda.after(delayMs, () => {
      if (!cancelled) run();
    });
    return () => (cancelled = true);
  }
}

/** When the wall clocks begin, ms since 1970. */
const epochMs = 1_700_000_000_000;

/**
 * The clocks of one machine. Both run at its rate; the wall clock can be set, and the monotonic one can stand still while the machine
 * sleeps. While it is frozen nothing of it runs: what falls due waits for the thaw.
 */
export class MachineClock implements Clock {
  frozen = false;
  readonly #agenda: Agenda;
  readonly #rate: number;
  #wallShiftMs = 0;
  #sleptMs = 0;
  #sleepsSinceMs: number | undefined;
  #backlog: (() => void)[] = [];

  constructor(agenda: Agenda, rate: number) {
    this.#agenda = agenda;
    this.#rate = rate;
  }

  monotonicMs(): number {
    const now = this.#sleepsSinceMs ?? this.#agenda.nowMs;
    return (now - this.#sleptMs) * this.#rate;
  }

  wallMs(): number {
    return epochMs + this.#agenda.nowMs * this.#rate + this.#wallShiftMs;
  }

  after(delayMs: number, run: () => void): () => void {
    let cancelled = false;
    this.#agenda.after(
      delayMs / this.#rate,
      this.gated(() => {
        if (!cancelled) run();
      }),
    );
    return () => (cancelled = true);
  }

  setWall(byMs: number): void {
    this.#wallShiftMs += byMs;
  }

  /** @param asleep the whole machine, not just this browser: its monotonic clock stands still */
  freeze(asleep: boolean): void {
    this.frozen = true;
    if (asleep) this.#sleepsSinceMs = this.#agenda.nowMs;
  }

  thaw(): void {
    if (!this.frozen) return;
    this.frozen = false;
    if (this.#sleepsSinceMs !== undefined) this.#sleptMs += this.#agenda.nowMs - this.#sleepsSinceMs;
    this.#sleepsSinceMs = undefined;
    const backlog = this.#backlog;
    this.#backlog = [];
    for (const run of backlog) this.#agenda.after(0, this.gated(run));
  }

  /** Runs now, or after the thaw. */
  gated(run: () => void): () => void {
    return () => {
      if (this.frozen) this.#backlog.push(run);
      else run();
    };
  }
}

/** A machine's clock for one process: its timers die with it. */
export class LifeClock implements Clock {
  over = false;
  readonly #clock: MachineClock;

  constructor(clock: MachineClock) {
    this.#clock = clock;
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  wallMs(): number {
    return this.#clock.wallMs();
  }

  after(delayMs: number, run: () => void): () => void {
    return this.#clock.after(delayMs, () => {
      if (!this.over) run();
    });
  }
}
