import { expect, it } from 'vitest';
import { rowsOnScreen } from './virtual.ts';

it('shows the head of a list with some rows to spare', () => {
  expect(rowsOnScreen(-200, 800, 80, 1000)).toEqual({ offset: 0, count: 32 });
});

it('does not ask anew for every pixel', () => {
  expect(rowsOnScreen(40_000, 800, 80, 1000)).toEqual(rowsOnScreen(40_079, 800, 80, 1000));
});

it('covers the whole screen wherever it stands', () => {
  for (let top = 0; top < 80_000; top += 37) {
    const { offset, count } = rowsOnScreen(top, 813, 80, 1000);
    expect(offset * 80).toBeLessThanOrEqual(Math.min(top, 1000 * 80 - 813));
    expect((offset + count) * 80).toBeGreaterThanOrEqual(Math.min(top + 813, 1000 * 80));
  }
});

it('stays within a list that became short', () => {
  expect(rowsOnScreen(80_000, 800, 80, 5).offset).toBe(0);
});
