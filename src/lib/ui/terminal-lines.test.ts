import { expect, test } from 'vitest';
import { calmFilter, shownLines, withTyped } from './terminal-lines.ts';
import { entries } from './testing/fake-printer.ts';

const all = entries([
  ['sent', 'N1001 G28*23'],
  ['received', 'echo:busy: processing'],
  ['received', 'ok N1001 P15 B3'],
  ['sent', 'N1002 M105*7'],
  ['received', 'ok T:21.0 /0.0 B:21.0 /0.0 @:0 B@:0'],
  ['received', 'T:21.0 /0.0 B:21.0 /0.0'],
  ['received', 'X:0.00 Y:0.00 Z:0.00 E:0.00 Count X:0 Y:0 Z:0'],
  ['received', 'ok'],
  ['received', 'Resend: 1003'],
  ['host', 'Not sent: It prints.'],
]);
const texts = (filter: Parameters<typeof shownLines>[1]) => shownLines(all, filter).map(({ text }) => text);

test('calm: no temperatures, no bare ok, no numbers; errors, resends and answers stay', () => {
  expect(texts(calmFilter)).toEqual([
    'G28',
    'echo:busy: processing',
    'X:0.00 Y:0.00 Z:0.00 E:0.00 Count X:0 Y:0 Z:0',
    'Resend: 1003',
    'Not sent: It prints.',
  ]);
});

test('raw: everything, as it went over the wire', () => {
  expect(texts({ temperatures: true, acknowledgements: true, wire: true, find: '' })).toEqual(
    all.map(({ text }) => text),
  );
});

test('each filter hides only its own', () => {
  expect(texts({ ...calmFilter, acknowledgements: true })).toContain('ok');
  expect(texts({ ...calmFilter, acknowledgements: true })).not.toContain('M105');
  expect(texts({ ...calmFilter, temperatures: true })).toContain('M105');
});

test('a word finds its lines, in capitals or not, among what the other filters leave', () => {
  expect(texts({ ...calmFilter, find: ' BUSY' })).toEqual(['echo:busy: processing']);
  expect(texts({ ...calmFilter, find: 'm105' })).toEqual([]);
  expect(texts({ ...calmFilter, temperatures: true, find: 'm105' })).toEqual(['M105']);
  expect(texts({ ...calmFilter, find: '1001' })).toEqual([]);
  expect(texts({ ...calmFilter, wire: true, find: '1001' })).toEqual(['N1001 G28*23']);
});

test('what was typed is remembered once, newest last, and not without end', () => {
  expect(withTyped(['G28', 'M105'], 'G28')).toEqual(['M105', 'G28']);
  expect(withTyped(['a', 'b'], 'c', 2)).toEqual(['b', 'c']);
});
