import { expect, test } from 'vitest';
import { hex } from '../base/index.ts';
import {
  decodeEntries,
  decodeHead,
  decodeIdentity,
  decodeSnapshot,
  encodeEntries,
  encodeHead,
  encodeIdentity,
  encodeSnapshot,
  seedOf,
} from './record.ts';

const seed = seedOf('queue');
const identity = Uint8Array.of(1, 2, 3);
const head = {
  fence: 1,
  sequence: 300,
  hardState: { term: 7, vote: 2, commit: 6 },
  provenTo: 5,
  acknowledged: [],
};
const heard = {
  ...head,
  acknowledged: [{ replica: 3, epoch: 4, life: 0x89abcdef, term: 6, index: 300, committed: 299 }],
};
const snapshot = { term: 3, index: 5, confState: Uint8Array.of(9), data: Uint8Array.of(8, 8) };
const entries = [
  { term: 3, index: 6, type: 0, data: Uint8Array.of(0xaa) },
  { term: 4, index: 7, type: 2, data: new Uint8Array(0) },
];

test('the rows of log format 1 stay as they are (golden vectors)', () => {
  expect(hex(encodeIdentity(seed, identity))).toBe('01010102032ad87611');
  expect(hex(encodeHead(seed, head))).toBe('010201ac02070206050003bd8029');
  expect(hex(encodeSnapshot(seed, snapshot))).toBe('0103030501090208081ee67574');
  expect(hex(encodeEntries(seed, entries))).toBe('01040602030001aa0402006e390155');
});

test('rows are read back as they were written', () => {
  expect(decodeIdentity(seed, encodeIdentity(seed, identity))).toEqual(identity);
  expect(decodeHead(seed, encodeHead(seed, head))).toEqual(head);
  expect(decodeHead(seed, encodeHead(seed, heard))).toEqual(heard);
  expect(decodeSnapshot(seed, encodeSnapshot(seed, snapshot))).toEqual(snapshot);
  expect(decodeEntries(seed, encodeEntries(seed, entries))).toEqual({ first: 6, entries });
});

test('a row that strayed in from another log is found out', () => {
  expect(() => decodeHead(seedOf('another'), encodeHead(seed, head))).toThrow();
});
