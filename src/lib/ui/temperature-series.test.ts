import { expect, test } from 'vitest';
import type { TemperatureSample } from '../peer/api.ts';
import { parsePresets, presetsText, standardPresets } from './presets.ts';
import { plotOf, plotWords, trimmed } from './temperature-series.ts';

const samples: readonly TemperatureSample[] = [
  { atMs: 0, tools: [{ actualC: 20, targetC: 0 }], bed: { actualC: 21, targetC: 60 } },
  { atMs: 120_000, tools: [{ actualC: 200, targetC: 210 }] },
];

test('a plot has seconds, one series per heater, gaps where nothing was told, and no target for what is off', () => {
  expect(plotOf(samples)).toEqual({
    times: [0, 120],
    series: [
      { label: 'Nozzle', actual: [20, 200], target: [null, 210] },
      { label: 'Bed', actual: [21, null], target: [60, null] },
    ],
  });
});

test('several nozzles are told apart', () => {
  const [first] = samples;
  if (first === undefined) throw new Error('no sample');
  const two = { ...first, tools: [...first.tools, ...first.tools] };
  expect(plotOf([two]).series.map(({ label }) => label)).toEqual(['Nozzle 1', 'Nozzle 2', 'Bed']);
});

test('the plot is said in words, too', () => {
  expect(plotWords(plotOf(samples))).toBe(
    'The last 2 minutes: Nozzle 200 of 210, between 20 and 200; Bed unknown, off, between 21 and 21 °C.',
  );
  expect(plotWords(plotOf([]))).toMatch(/No temperatures/);
});

test('what is older than a day goes', () => {
  expect(trimmed(samples, 25 * 3_600_000)).toEqual(samples);
  expect(trimmed([...samples, { atMs: 25 * 3_600_000, tools: [] }], 25 * 3_600_000)).toHaveLength(1);
});

test('presets are read a line each, and a bad line is named', () => {
  expect(parsePresets('PLA 215 60\n\nMy nylon, 265 °C, 90 °C')).toEqual({
    ok: true,
    presets: [
      { name: 'PLA', nozzle: 215, bed: 60 },
      { name: 'My nylon', nozzle: 265, bed: 90 },
    ],
  });
  expect(parsePresets('PLA 215 60\nwarm')).toMatchObject({
    ok: false,
    text: expect.stringContaining('Line 2'),
  });
  expect(parsePresets(presetsText(standardPresets))).toEqual({ ok: true, presets: standardPresets });
});
