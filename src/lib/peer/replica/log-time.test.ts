import { expect, test } from 'vitest';
import { ManualClock } from '../../base/index.ts';
import { logTimeStepMsMax } from '../limits.ts';
import { LogTime } from './log-time.ts';

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
