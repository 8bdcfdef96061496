import { expect, test } from 'vitest';
import { type Clock, ManualClock } from '../base/index.ts';
import { onWaking, sleptMs, wakingLookMs } from './waking.ts';

test('a machine that slept is noticed once, at its first look after waking', () => {
  const steps = new ManualClock();
  let sleptForMs = 0;
  const clock: Clock = {
    monotonicMs: () => steps.monotonicMs(),
    wallMs: () => steps.wallMs() + sleptForMs,
    after: (delayMs, run) => steps.after(delayMs, run),
  };
  let woken = 0;
  onWaking(clock, () => woken++);
  steps.advance(20 * wakingLookMs);
  expect(woken).toBe(0);
  // A busy moment is no sleep.
  sleptForMs += sleptMs;
  steps.advance(wakingLookMs);
  expect(woken).toBe(0);
  sleptForMs += 3_600_000;
  steps.advance(3 * wakingLookMs);
  expect(woken).toBe(1);
});
