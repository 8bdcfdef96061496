import { expect, test } from 'vitest';
import { ManualClock, seededRandom } from '../base/index.ts';
import { Backoff } from './backoff.ts';

test('pauses double up to the most, each with at most half of it added, and a change ends them', () => {
  const clock = new ManualClock();
  const backoff = new Backoff(clock, seededRandom(3), 100, 1_000);
  expect(backoff.due).toBe(true);
  for (const pauseMs of [100, 200, 400, 800, 1_000, 1_000]) {
    backoff.fail();
    clock.advance(pauseMs - 1);
    expect(backoff.due).toBe(false);
    clock.advance(pauseMs / 2 + 1);
    expect(backoff.due).toBe(true);
  }
  backoff.fail();
  backoff.reset();
  expect(backoff.due).toBe(true);
});
