import { expect, test } from 'vitest';
import { ManualClock } from '../../base/index.ts';
import { logTimeStepMsMax } from '../limits.ts';
import { queueLimits } from '../../queue/index.ts';
import { LogTime } from './log-time.ts';

const { stampMsMax, stampStepMsMax } = queueLimits;

test('log time goes on from the last stamp by the time that passes', () => {
  const clock = new ManualClock();
  const time = new LogTime(clock, 5_000);
  expect(time.nowMs()).toBe(5_000);
  clock.advance(250);
  expect(time.nowMs()).toBe(5_250);
});

test('an hour of sleep ages the queue by one step at most', () => {
  const clock = new ManualClock();
  const time = new LogTime(clock, 0);
  clock.advance(3_600_000);
  expect(time.nowMs()).toBe(logTimeStepMsMax);
});

test('a rest that was planned counts in full, and a sleep in it by one step at most', () => {
  const clock = new ManualClock();
  const time = new LogTime(clock, 0);
  time.rest(30_000);
  clock.advance(12_000);
  expect(time.nowMs()).toBe(12_000);
  clock.advance(3_600_000);
  expect(time.nowMs()).toBe(30_000 + logTimeStepMsMax);
  time.rest(0);
  clock.advance(20_000);
  expect(time.nowMs()).toBe(30_000 + 2 * logTimeStepMsMax);
});

test('log time is never before a stamp that the log already holds', () => {
  const time = new LogTime(new ManualClock(), 100);
  time.atLeast(900);
  expect(time.nowMs()).toBe(900);
  time.atLeast(10);
  expect(time.nowMs()).toBe(900);
});

test('log time stands still once one entry could not take the queue’s time further', () => {
  const clock = new ManualClock();
  const time = new LogTime(clock, 1_000);
  time.rest(10 * stampStepMsMax);
  clock.advance(10 * stampStepMsMax);
  expect(time.nowMs()).toBe(1_000 + stampStepMsMax);
  expect(time.tellByMs).toBeLessThan(time.nowMs());
  time.atLeast(time.nowMs());
  clock.advance(500);
  expect(time.nowMs()).toBe(1_000 + stampStepMsMax + 500);
});

test('log time ends where stamps end, and is not told for ever', () => {
  const clock = new ManualClock();
  const time = new LogTime(clock, stampMsMax - 100);
  clock.advance(900);
  expect(time.nowMs()).toBe(stampMsMax);
  time.atLeast(stampMsMax);
  expect(time.nowMs()).toBe(stampMsMax);
  expect(time.tellByMs).toBeGreaterThan(stampMsMax);
});
