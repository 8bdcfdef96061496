import { expect, test } from 'vitest';
import { quarantineSchema, reasonSchema, stopSchema } from '../queue/index.ts';
import { quarantineText, reasonText, stopText } from './index.ts';
import { samplesOf } from './testing/samples.ts';

test('every reason, quarantine and stop has words, whatever is known of it', () => {
  const texts = [
    ...samplesOf(quarantineSchema).map(quarantineText),
    ...samplesOf(stopSchema).map(stopText),
    ...samplesOf(reasonSchema)
      .filter(({ by }) => by === 'rule')
      .map(reasonText),
  ];
  expect(texts.length).toBeGreaterThan(6);
  for (const text of texts) expect(text).toMatch(/^\S(?!.*(undefined|\[object)).{10,}\.$/);
});

test('what somebody wrote stays as it was written', () => {
  expect(reasonText({ by: 'person', text: ' came off, see photo ' })).toBe(' came off, see photo ');
  expect(reasonText({ by: 'holder', text: 'Probing failed.' })).toBe('Probing failed.');
  expect(reasonText(undefined)).toBe('');
});

test('why something was set aside names where it failed last, and the reason that was given', () => {
  const lastReason = { by: 'holder', text: 'The nozzle is blocked.' } as const;
  expect(quarantineText({ code: 'failed-on-printers', printers: 2, lastPrinter: 'MK3', lastReason })).toBe(
    'It failed on 2 printers, last on MK3 (The nozzle is blocked): look at the file, then release it.',
  );
  expect(quarantineText({ code: 'failed-often', failures: 3 })).toBe(
    'It failed 3 times: look at the file, then release it.',
  );
  expect(stopText({ code: 'sets-failed', sets: 2, lastFile: 'a.gcode', lastReason })).toBe(
    '2 different files failed here in a row, last a.gcode (The nozzle is blocked): look at the printer, then resume it.',
  );
});
