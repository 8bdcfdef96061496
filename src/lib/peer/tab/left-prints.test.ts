import { expect, test } from 'vitest';
import type { PrintId, PrinterId } from '../../base/index.ts';
import type { PrinterStatus } from '../../printer/port.ts';
import { interruptedPrint } from './left-prints.ts';

const left = {
  print: 'p1' as PrintId,
  printer: 'left' as PrinterId,
  printerName: 'Bench',
  fileName: 'a.gcode',
  wallMs: 1_000,
  standing: {
    touched: true,
    state: 'printing',
    bytesDone: 410,
    bytesTotal: 1000,
    lines: 41,
    percent: 41,
    heightMm: 9.8,
    nozzleTargetC: 240,
    bedTargetC: 70,
  },
} as const;

test('a print whose tab ended is told of as it stood on disk, with what is safe while its printer is not connected', () => {
  const told = interruptedPrint(left, undefined);
  expect(told).toMatchObject({ print: 'p1', printerName: 'Bench', percent: 41, state: 'printing' });
  expect(told.advice.heaters).toBe('unknown');
  expect(told.advice.text).toContain('41 %, 9.8 mm high');
  expect(told.advice.offers).toEqual(['look', 'connect', 'report-failed']);
});

test('once its printer is connected again, what that says counts', () => {
  const part = { actualC: 60, targetC: 0 };
  const now: PrinterStatus = { state: 'ready', booted: true, temperatures: { tools: [part], bed: part } };
  const { advice } = interruptedPrint(left, now);
  expect(advice.heaters).toBe('off');
  expect(advice.text).toContain('The printer has been reset since');
});
