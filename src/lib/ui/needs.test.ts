import { expect, it } from 'vitest';
import { effectiveNeeds, needsInWords, typedList, typedNumber, typedSize, withRule } from './needs.ts';

it('says what is asked in the words of the workshop', () => {
  expect(
    needsInWords({
      materials: [{ family: 'PLA', colour: 'black' }, { family: 'PVA' }],
      nozzleMm: 0.6,
      models: ['MK3S', 'MK4'],
      sizeMm: { x: 100.2, y: 50, z: 10 },
      surface: 'textured PEI',
    }),
  ).toBe('PLA black + PVA, 0.6 mm nozzle, MK3S or MK4, room for 101 × 50 × 10 mm, a bed of textured PEI');
  expect(needsInWords({})).toBe('');
});

it('takes own words before those of the file, and those before the queue’s', () => {
  const needs = effectiveNeeds({ nozzleMm: 0.6 }, { nozzleMm: 0.4, models: ['MK3S'] }, { models: ['Mini'] });
  expect(needs).toEqual({ nozzleMm: 0.6, models: ['MK3S'] });
});

it('reads numbers and lists as people type them', () => {
  expect(typedNumber('0,6')).toBe(0.6);
  expect(typedNumber('wide')).toBeUndefined();
  expect(typedList(' MK3S, , Mini ')).toEqual(['MK3S', 'Mini']);
  expect(typedList(' ')).toBeUndefined();
  expect(typedSize('250x210 × 220 mm')).toEqual({ x: 250, y: 210, z: 220 });
  expect(typedSize('250')).toBeUndefined();
});

it('leaves a rule out that is no longer said', () => {
  expect(withRule({ nozzleMm: 0.4 }, 'nozzleMm', undefined)).toEqual({});
  expect(withRule({}, 'models', ['Mini'])).toEqual({ models: ['Mini'] });
});
