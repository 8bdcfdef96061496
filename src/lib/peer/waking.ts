import type { Clock } from '../base/index.ts';

/** How often the time is looked at, and what more than that must have passed for a sleep. Milliseconds. */
export const wakingLookMs = 5_000;
export const sleptMs = 15_000;

/**
 * Calls `run` after this process stood still: a shut laptop, a frozen browser. By the wall clock, because the monotonic one may stand still
 * with the machine. A person who sets the clock forward causes one call too many, which costs a few pings.
 */
export function onWaking(clock: Clock, run: () => void): void {
  const look = (beforeMs: number) => {
    clock.after(wakingLookMs, () => {
      const nowMs = clock.wallMs();
      if (nowMs - beforeMs > wakingLookMs + sleptMs) run();
      look(nowMs);
    });
  };
  look(clock.wallMs());
}
