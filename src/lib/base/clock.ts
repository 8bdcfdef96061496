/**
 * Time, handed in. Nothing outside this file may read the machine's clocks, so that the simulator can run
 * whole peers on a clock of its own.
 */
export interface Clock {
  /** Milliseconds that never run backwards, from an arbitrary start. May stand still while the machine sleeps. */
  monotonicMs(): number;
  /** Milliseconds since 1970, as the person's clock shows them. For display only: it decides nothing. */
  wallMs(): number;
  /** Calls `run` once after `delayMs`. The returned function cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

/** The machine's own clocks. */
export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs`, or rejects with the signal's reason when it aborts first. */
export function delay(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** A clock that moves only when told to, for tests. Timers fire in order of their deadlines. */
export class ManualClock implements Clock {
  #nowMs = 0;
  #nextId = 0;
  readonly #timers = new Map<number, { atMs: number; run: () => void }>();

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const id = this.#nextId++;
    this.#timers.set(id, { atMs: this.#nowMs + Math.max(0, delayMs), run });
    return () => this.#timers.delete(id);
  }

  /** Moves time forward, firing every timer that falls due on the way. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (;;) {
      let next: { id: number; atMs: number } | undefined;
      for (const [id, timer] of this.#timers) {
        if (timer.atMs <= untilMs && (next === undefined || timer.atMs < next.atMs))
          next = { id, atMs: timer.atMs };
      }
      if (next === undefined) break;
      const timer = this.#timers.get(next.id);
      this.#timers.delete(next.id);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      timer?.run();
    }
    this.#nowMs = untilMs;
  }
}
