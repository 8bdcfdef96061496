import { expect, test } from 'vitest';
import { askSchema, doingSchema, pastimeSchema, saying, troubleOf, troubleSchema } from '../printer/facts.ts';
import { printerStates } from '../printer/port.ts';
import { askText, doingText, pastimeText, troubleText } from './index.ts';
import { samplesOf } from './testing/samples.ts';

test('everything that is told of a printer has words, whatever is known of it', () => {
  const asks = samplesOf(askSchema);
  const texts = [
    ...printerStates.map((state) => doingText({ state, doing: { code: 'state' } })),
    ...samplesOf(doingSchema).map((doing) => doingText({ state: 'printing', doing })),
    ...samplesOf(pastimeSchema).map(pastimeText),
    ...asks.map(askText),
    ...samplesOf(troubleSchema).map(troubleText),
  ];
  expect(asks.length).toBeGreaterThan(20);
  for (const text of texts) expect(text).toMatch(/^\S(?!.*(undefined|\[object|NaN)).*\S$/);
});

test('what it waits for has its temperature', () => {
  expect(pastimeText({ code: 'heating', part: 'bed', celsius: 60 })).toBe('Heating the bed to 60 °C');
  expect(pastimeText({ code: 'heating', part: 'chamber' })).toBe('Heating the chamber');
});

test('the words of firmware and file are shown as they came, and end as sentences inside of ours', () => {
  expect(askText({ code: 'file-asks', said: 'Change the plate' })).toBe('Change the plate');
  expect(troubleText({ code: 'halted', said: 'Thermal Runaway' })).toBe(
    'The printer stopped itself: Thermal Runaway. It must be reset.',
  );
  expect(troubleText({ code: 'printer-error', said: 'Probing failed!' })).toBe(
    'The printer reports: Probing failed!',
  );
});

test('a problem that has no words of its own is told as another one, and long words are cut', () => {
  expect(troubleOf({ code: 'beyond-the-machine' })).toEqual({ code: 'beyond-the-machine' });
  expect(troubleOf({ code: 'invented', said: 'Hm' })).toEqual({ code: 'other', said: 'Hm' });
  expect(saying('question', 'x'.repeat(900)).said).toHaveLength(200);
  expect(saying('question', ' ')).toEqual({ code: 'question' });
});
