import { describe, expect, it } from 'vitest';
import {
  ago,
  bytes,
  counted,
  duration,
  jobNameOf,
  listed,
  minuteOf,
  percent,
  timeOf,
  until,
} from './format.ts';

/** Plain spaces, so that expectations can be read. */
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

describe('durations', () => {
  it.each([
    [0, 'under a minute'],
    [29, 'under a minute'],
    [30, '1 min'],
    [18 * 60, '18 min'],
    [59 * 60 + 40, '1 h 00 min'],
    [2 * 3600 + 5 * 60, '2 h 05 min'],
    [27 * 3600, '1 d 3 h'],
    [-1, 'unknown'],
    [Number.NaN, 'unknown'],
  ])('%s seconds are "%s"', (seconds, text) => {
    expect(plain(duration(seconds))).toBe(text);
  });
});

describe('bytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [9940, '9.9 kB'],
    [9960, '10 kB'],
    [999_600, '1.0 MB'],
    [1_440_000, '1.4 MB'],
    [5e12, '5.0 TB'],
    [5e15, '5000 TB'],
  ])('%s bytes are "%s"', (count, text) => {
    expect(plain(bytes(count))).toBe(text);
  });
});

describe('per cent', () => {
  it('says 100 only when it is done', () => {
    expect(percent(0.999)).toBe(99);
    expect(percent(1)).toBe(100);
  });

  it('does not lose one to the nature of doubles', () => {
    expect(percent(0.29)).toBe(29);
    expect(percent(0.57)).toBe(57);
  });

  it('stays between 0 and 100', () => {
    expect([percent(-1), percent(7), percent(Number.NaN)]).toEqual([0, 100, 0]);
  });
});

describe('times', () => {
  const noon = new Date(2026, 10, 21, 12, 0).getTime();

  it('tells how long ago in growing steps', () => {
    expect(ago(noon - 20_000, noon)).toBe('just now');
    expect(plain(ago(noon - 5 * 60_000, noon))).toBe('5 min ago');
    expect(ago(noon - 3 * 3_600_000, noon)).toMatch(/^today /);
    expect(ago(noon - 13 * 3_600_000, noon)).toMatch(/^yesterday /);
    expect(ago(noon - 72 * 3_600_000, noon)).toMatch(/18/);
  });

  it('takes a clock that runs ahead for now', () => {
    expect(ago(noon + 60_000, noon)).toBe('just now');
  });

  it('tells when a link ends', () => {
    expect(until(noon - 1, noon)).toBe('expired');
    expect(until(noon + 60_000, noon)).toBe('in a minute');
    expect(plain(until(noon + 40 * 60_000, noon))).toBe('in 40 min');
    expect(plain(until(noon + 24 * 3_600_000, noon))).toBe('in 24 h');
    expect(plain(until(noon + 7 * 86_400_000, noon))).toBe('in 7 days');
  });
});

describe('words', () => {
  it('counts', () => {
    expect(plain(counted(1, 'copy', 'copies'))).toBe('1 copy');
    expect(plain(counted(0, 'copy', 'copies'))).toBe('0 copies');
  });

  it('lists', () => {
    expect(listed([])).toBe('');
    expect(listed(['Ada'])).toBe('Ada');
    expect(listed(['Ada', 'Ben', 'Cleo'])).toBe('Ada, Ben and Cleo');
  });

  it('makes a name of a file name', () => {
    expect(jobNameOf('visor_clip__v2.gcode')).toBe('visor clip v2');
    expect(jobNameOf('.gcode')).toBe('.gcode');
  });
});

it('writes minutes of the day as a clock does, and reads them back', () => {
  expect([0, 425, 1439].map(timeOf)).toEqual(['00:00', '07:05', '23:59']);
  expect([0, 425, 1439].map((minute) => minuteOf(timeOf(minute)))).toEqual([0, 425, 1439]);
  expect(minuteOf('')).toBeUndefined();
});
