import { expect, test } from 'vitest';
import { unattendedMs } from './night.ts';

const at = (hour: number, minute = 0) => hour * 60 + minute;
const hours = (count: number) => count * 3_600_000;

test.each([
  ['before the night', 22, 7, at(21, 59), undefined],
  ['at its beginning', 22, 7, at(22), hours(9)],
  ['past midnight', 22, 7, at(3), hours(4)],
  ['at its end', 22, 7, at(7), undefined],
  ['in a night that is a day', 9, 17, at(12), hours(5)],
  ['at midnight', 0, 6, at(0), hours(6)],
  ['where somebody is always there', 8, 8, at(8), undefined],
])('%s: how long nobody will be there', (_, from, to, minute, expected) => {
  expect(unattendedMs({ fromMinute: at(from), toMinute: at(to) }, minute)).toBe(expected);
});
