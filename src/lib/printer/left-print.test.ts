import { describe, expect, test } from 'vitest';
import {
  leftPrintAdvice,
  type PrinterNow,
  printerNow,
  type PrintStanding,
  standingOf,
} from './left-print.ts';
import { Room, square } from './test-room.ts';

const half: PrintStanding = {
  touched: true,
  state: 'printing',
  bytesDone: 500,
  bytesTotal: 1000,
  lines: 50,
  percent: 43.9,
  heightMm: 12.4,
  nozzleTargetC: 210,
  bedTargetC: 60,
};
const hot: PrinterNow = { link: 'connected', hottestC: 208, targetC: 210 };

describe('a print that was left', () => {
  test('is never offered to go on, whatever is known', () => {
    for (const touched of [true, false])
      for (const bytesDone of [0, 500, 1000])
        for (const link of ['none', 'connected', 'elsewhere'] as const)
          for (const booted of [true, false])
            for (const targetC of [0, 210]) {
              const now = { link, booted, hottestC: 100, targetC };
              const advice = leftPrintAdvice('a.gcode', { ...half, touched, bytesDone }, now);
              expect(advice.offers.length).toBeGreaterThan(0);
              expect(JSON.stringify(advice)).not.toMatch(/resume|continue|go on with/i);
              // From its start again only where nothing of it lies on the bed.
              expect(advice.offers.includes('print-again')).toBe(!touched && link !== 'elsewhere');
              expect(advice.text).toMatch(/\.$/);
            }
  });

  test('before its first move may simply be printed again', () => {
    const advice = leftPrintAdvice('a.gcode', { ...half, touched: false }, { link: 'none' });
    expect(advice).toMatchObject({ heaters: 'never-on', offers: ['print-again'] });
  });

  test('with no connection: how far, how high, that it may be hot, and what connecting does', () => {
    const advice = leftPrintAdvice('a.gcode', half, { link: 'none' });
    expect(advice.heaters).toBe('unknown');
    expect(advice.offers).toEqual(['look', 'connect', 'report-failed']);
    for (const part of ['43 %', '12.4 mm', 'nozzle 210 °C', 'bed 60 °C', 'resets most boards'])
      expect(advice.text).toContain(part);
  });

  test('with no connection and no heat noted: not said to be off, because the seconds after the last note are unknown', () => {
    const advice = leftPrintAdvice('a.gcode', { ...half, nozzleTargetC: 0, bedTargetC: 0 }, { link: 'none' });
    expect(advice.heaters).toBe('unknown');
    expect(advice.text).toContain('Whether its heaters are on is not known.');
  });

  test('with the printer still hot: cooling is offered first', () => {
    expect(leftPrintAdvice('a.gcode', half, hot)).toMatchObject({
      heaters: 'hot',
      offers: ['cool', 'report-failed'],
    });
  });

  test('after a reset of the printer: off, and only its end is to be said', () => {
    expect(leftPrintAdvice('a.gcode', half, { ...hot, booted: true, targetC: 0 })).toMatchObject({
      heaters: 'off',
      offers: ['report-failed', 'clear-bed'],
    });
  });

  test('with the whole file sent: it may be good, a person says so', () => {
    const sent = { ...half, bytesDone: 1000, state: 'finishing' as const };
    const advice = leftPrintAdvice('a.gcode', sent, { link: 'connected', hottestC: 80, targetC: 0 });
    expect(advice.offers).toEqual(['report-good', 'report-failed', 'clear-bed']);
    expect(advice.text).toContain('still at 80 °C');
  });

  test('that another tab has taken over is left to it', () => {
    expect(leftPrintAdvice('a.gcode', half, { link: 'elsewhere' }).offers).toEqual(['look']);
  });

  test('with a printer that tells no temperatures: nobody knows, so look', () => {
    expect(leftPrintAdvice('a.gcode', half, { link: 'connected' })).toMatchObject({
      heaters: 'unknown',
      offers: ['look', 'cool', 'report-failed'],
    });
  });
});

test('what is written down comes from the printer’s status: bytes, lines, height, targets', async () => {
  const room = await new Room().connect();
  expect(standingOf(room.host.status(), false)).toBeUndefined();
  void room.begin(`${square}\nG1 Z12.4\nG4 S60\n`);
  await room.reach('printing');
  while ((room.host.status().print?.heightMm ?? 0) < 12) await room.clock.pass(1_000);
  const standing = standingOf(room.host.status(), true);
  expect(standing).toMatchObject({ touched: true, state: 'printing', heightMm: 12.4 });
  expect(standing?.bytesDone).toBeGreaterThan(900);
  expect(printerNow(room.host.status())).toMatchObject({ link: 'connected', booted: true });
  expect(printerNow(undefined)).toEqual({ link: 'none' });
  await room.clock.until(room.host.cancel());
});
