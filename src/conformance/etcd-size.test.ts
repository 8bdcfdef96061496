import { expect, test } from 'vitest';
import { utf8 } from '../lib/base/index.ts';
import {
  type ConfChangeStep,
  EntryType,
  type Entry,
  confChange,
  encodeConfChange,
  newEntry,
  noBytes,
} from '../lib/raft/index.ts';
import { etcdEntrySize } from './etcd-size.ts';

/** What it takes besides type, term and index while these are below 128. */
function dataSize(entry: Pick<Entry, 'type' | 'data'>): number {
  return etcdEntrySize(newEntry(1, 1, entry.type, entry.data)) - 6;
}

test('type, term and index take a tag and a varint each', () => {
  const sizes = [
    [1, 1],
    [127, 127],
    [128, 127],
    [128, 16_384],
    [2 ** 35, 2 ** 42],
  ].map(([term = 0, index = 0]) => etcdEntrySize(newEntry(term, index, EntryType.Normal, noBytes)));
  expect(sizes).toEqual([6, 6, 7, 9, 2 + 1 + 6 + 1 + 7]);
});

test('absent data takes nothing, empty data its tag and length', () => {
  expect(dataSize({ type: EntryType.Normal, data: noBytes })).toBe(0);
  expect(dataSize({ type: EntryType.Normal, data: new Uint8Array(0) })).toBe(2);
  expect(dataSize({ type: EntryType.Normal, data: utf8('x'.repeat(127)) })).toBe(129);
  expect(dataSize({ type: EntryType.Normal, data: utf8('x'.repeat(128)) })).toBe(131);
});

test('a change of members counts as what etcd would have written', () => {
  const steps: readonly ConfChangeStep[] = [
    { kind: 'add-voter', id: 4 },
    { kind: 'remove', id: 300 },
  ];
  const joint = encodeConfChange(confChange(steps, 'explicit'));
  // Transition 2, then 2 + 4 and 2 + 5 for the steps; around it tag and length.
  expect(dataSize({ type: EntryType.ConfChangeV2, data: joint })).toBe(2 + 2 + 6 + 7);
  const old = encodeConfChange({
    version: 1,
    transition: 'auto',
    steps: steps.slice(0, 1),
    context: noBytes,
  });
  expect(dataSize({ type: EntryType.ConfChange, data: old })).toBe(2 + 6);
});

test('leaving a joint configuration has data when a script proposes it, and none when the core does', () => {
  expect(dataSize({ type: EntryType.ConfChangeV2, data: new Uint8Array(0) })).toBe(2 + 2);
  expect(dataSize({ type: EntryType.ConfChangeV2, data: noBytes })).toBe(0);
});
