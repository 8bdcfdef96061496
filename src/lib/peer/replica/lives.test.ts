import { expect, test } from 'vitest';
import { Lives } from './lives.ts';

test('a replica that opened its log again is believed, and what it said before is not', () => {
  const lives = new Lives();
  expect(lives.isNewest(1, { epoch: 4, number: 10 })).toBe(true);
  expect(lives.isNewest(1, { epoch: 5, number: 11 })).toBe(true);
  expect(lives.isNewest(1, { epoch: 4, number: 10 })).toBe(false);
  expect(lives.isNewest(1, { epoch: 5, number: 11 })).toBe(true);
});

test('of two copies that were opened equally often the first one heard of is believed', () => {
  const lives = new Lives();
  expect(lives.isNewest(1, { epoch: 5, number: 11 })).toBe(true);
  expect(lives.isNewest(1, { epoch: 5, number: 12 })).toBe(false);
  expect(lives.isNewest(2, { epoch: 1, number: 12 })).toBe(true);
});
