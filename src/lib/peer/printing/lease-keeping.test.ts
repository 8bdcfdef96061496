import { expect, test } from 'vitest';
import type { Clock } from '../../base/index.ts';
import { surelyHeld } from './lease-keeping.ts';

const until = { monotonicMs: 60_000, wallMs: 1_060_000 };

function at(monotonicMs: number, wallMs: number): Clock {
  return { monotonicMs: () => monotonicMs, wallMs: () => wallMs, after: () => () => undefined };
}

test('a lease is surely held while both clocks say so', () => {
  expect(surelyHeld(at(10_000, 1_010_000), until)).toBe(true);
  expect(surelyHeld(at(59_999, 1_059_999), until)).toBe(true);
  expect(surelyHeld(at(60_000, 1_059_999), until)).toBe(false);
});

test('after a sleep in which the monotonic clock stood still, the wall’s decides', () => {
  expect(surelyHeld(at(10_000, 1_061_000), until)).toBe(false);
  expect(surelyHeld(at(10_000, 1_030_000), until)).toBe(true);
});

test('where the wall’s clock was set back nothing is sure: it may have been while the other stood still', () => {
  expect(surelyHeld(at(10_000, 1_008_000), until)).toBe(false);
  expect(surelyHeld(at(10_000, 0), until)).toBe(false);
  expect(surelyHeld(at(10_000, 1_009_200), until)).toBe(true);
});
