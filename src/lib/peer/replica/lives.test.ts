import { expect, test } from 'vitest';
import { twinForgottenMs } from '../limits.ts';
import { Lives } from './lives.ts';

test('a replica that opened its log again is believed, and what it said before is not', () => {
  const lives = new Lives();
  expect(lives.isNewest(1, { epoch: 4, number: 10 }, 0)).toBe(true);
  expect(lives.isNewest(1, { epoch: 5, number: 11 }, 0)).toBe(true);
  expect(lives.isNewest(1, { epoch: 4, number: 10 }, 2 * twinForgottenMs)).toBe(false);
  expect(lives.isNewest(1, { epoch: 5, number: 11 }, 0)).toBe(true);
});

test('of two copies that were opened equally often the first one heard of is believed, until it was not heard for long', () => {
  const lives = new Lives();
  expect(lives.isNewest(1, { epoch: 5, number: 11 }, 0)).toBe(true);
  expect(lives.isNewest(1, { epoch: 5, number: 12 }, 1)).toBe(false);
  expect(lives.isNewest(2, { epoch: 1, number: 12 }, 1)).toBe(true);
  expect(lives.isNewest(1, { epoch: 5, number: 11 }, 1_000)).toBe(true);
  expect(lives.isNewest(1, { epoch: 5, number: 12 }, twinForgottenMs)).toBe(false);
  expect(lives.isNewest(1, { epoch: 5, number: 12 }, 1_000 + twinForgottenMs)).toBe(true);
  expect(lives.isNewest(1, { epoch: 5, number: 11 }, 1_000 + twinForgottenMs)).toBe(false);
});

test('who asks whether a life is over is told of later openings only, and nothing is remembered of it', () => {
  const lives = new Lives();
  expect(lives.isOver(1, { epoch: 5, number: 11 })).toBe(false);
  expect(lives.isNewest(1, { epoch: 4, number: 12 }, 0)).toBe(true);
  expect(lives.isOver(1, { epoch: 4, number: 11 })).toBe(false);
  expect(lives.isOver(1, { epoch: 3, number: 12 })).toBe(true);
});
