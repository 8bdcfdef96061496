import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { Fault } from '../base/index.ts';
import { RaftLog } from './raft-log.ts';
import { MemoryStorage } from './storage.ts';
import { entry, logOf } from './testing.ts';
import { type Entry, emptyConfState, entryOverheadBytes, noBytes } from './types.ts';
import { Unstable } from './unstable.ts';

vi.setConfig({ testTimeout: 60_000 });

function logWith(stored: readonly Entry[], unstable: readonly Entry[] = []): RaftLog {
  const storage = new MemoryStorage();
  storage.append(stored);
  const log = new RaftLog(storage, undefined, Infinity);
  log.unstable.append(unstable, 0);
  return log;
}

describe('the log', () => {
  test('reads stored and unstable entries as one', () => {
    const log = logWith(logOf(1, 1, 2), [entry(2, 4), entry(3, 5)]);
    expect([0, 1, 3, 4, 5, 6].map((index) => log.term(index))).toEqual([0, 1, 2, 2, 3, -1]);
    expect(log.entriesFrom(2, Infinity)?.map(({ index }) => index)).toEqual([2, 3, 4, 5]);
    expect(log.lastIndex()).toBe(5);
  });

  test('sees the unstable entry where a stored one is about to be replaced', () => {
    const log = logWith(logOf(1, 1, 1), [entry(2, 2)]);
    expect(log.term(2)).toBe(2);
    expect(log.lastIndex()).toBe(2);
    expect(log.slice(1, 3, Infinity)?.map(({ term }) => term)).toEqual([1, 2]);
  });

  test('gives entries within the limit, but at least one, across the border of storage', () => {
    const unit = entryOverheadBytes;
    const log = logWith([entry(1, 1), entry(1, 2)], [entry(1, 3), entry(1, 4)]);
    const counts = [0, 1, 2, 3, 4, 9].map((units) => log.slice(1, 5, units * unit)?.length);
    expect(counts).toEqual([1, 1, 2, 3, 4, 4]);
  });

  test('tells a compacted entry from one that never was only by giving a snapshot', () => {
    const storage = new MemoryStorage();
    storage.append(logOf(1, 1, 2, 2));
    storage.compact(3);
    const log = new RaftLog(storage, undefined, Infinity);
    expect([2, 3, 4, 5].map((index) => log.term(index))).toEqual([-1, 2, 2, -1]);
    expect(log.entriesFrom(3, Infinity)).toBeUndefined();
  });

  test('never lets go of a committed entry', () => {
    const log = logWith(logOf(1, 1));
    log.commitTo(2);
    expect(() => log.maybeAppend(0, 0, [entry(2, 1)], 0)).toThrow(Fault);
  });

  test('stops when told to commit what it does not hold: acknowledged data was lost', () => {
    expect(() => logWith(logOf(1)).commitTo(2)).toThrow(/lost/);
  });

  test.each([
    [[1, 1, 1], 3, 1, 3],
    [[1, 1, 2, 2], 4, 1, 2],
    [[2, 2, 2], 3, 1, 0],
    [[1, 4, 4], 5, 4, 5],
  ])('hints at the last place where it may agree with another one (%j)', (terms, index, term, hint) => {
    expect(logWith(logOf(...terms)).conflictHint(index, term)).toBe(hint);
  });

  test('hands out no more for application than the limit, until some is applied', () => {
    const storage = new MemoryStorage();
    storage.append(logOf(1, 1, 1));
    const log = new RaftLog(storage, undefined, 1);
    log.commitTo(3);
    expect(log.nextCommitted(true).map(({ index }) => index)).toEqual([1]);
    log.acceptApplying(1, 20, true);
    expect(log.hasNextCommitted(true)).toBe(false);
    log.appliedTo(1, 20);
    expect(log.nextCommitted(true).map(({ index }) => index)).toEqual([2]);
  });

  test('hands out unstable entries for application only if that is allowed', () => {
    const log = logWith(logOf(1), [entry(1, 2)]);
    log.commitTo(2);
    expect(log.nextCommitted(false)).toHaveLength(1);
    expect(log.nextCommitted(true)).toHaveLength(2);
  });

  test('holds what a plain array would hold after any appends of a leader', () => {
    const append = fc.record({
      prev: fc.nat(6),
      terms: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(append, { maxLength: 8 }), (appends) => {
        const log = logWith([]);
        let model: Entry[] = [];
        for (const { prev, terms } of appends) {
          const prevTerm = prev === 0 ? 0 : model[prev - 1]?.term;
          const entries = terms.sort().map((term, i) => entry(term, prev + i + 1));
          const last = log.maybeAppend(prev, prevTerm ?? 9, entries, 0);
          if (prevTerm === undefined) {
            expect(last).toBe(-1);
            continue;
          }
          const conflict = entries.find((item) => model[item.index - 1]?.term !== item.term);
          if (conflict !== undefined) {
            model = [...model.slice(0, conflict.index - 1), ...entries.slice(conflict.index - prev - 1)];
          }
          expect(last).toBe(prev + entries.length);
          expect(log.entriesFrom(1, Infinity)).toEqual(model);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the unstable end of the log', () => {
  function unstableWith(entries: readonly Entry[]): Unstable {
    const unstable = new Unstable(5, undefined);
    unstable.append(entries, 0);
    return unstable;
  }

  test('hands out each entry to storage once', () => {
    const unstable = unstableWith([entry(1, 5), entry(1, 6)]);
    expect(unstable.nextEntries()).toHaveLength(2);
    unstable.acceptInProgress();
    expect(unstable.hasNextEntries()).toBe(false);
    unstable.push(entry(1, 7));
    expect(unstable.nextEntries().map(({ index }) => index)).toEqual([7]);
  });

  test('keeps what was handed to storage until storage confirms it', () => {
    const unstable = unstableWith([entry(1, 5), entry(1, 6)]);
    unstable.acceptInProgress();
    expect(unstable.term(6)).toBe(1);
    unstable.stableTo(5, 1);
    expect([unstable.term(5), unstable.term(6), unstable.offset]).toEqual([-1, 1, 6]);
  });

  test('ignores the confirmation of an entry that was replaced since', () => {
    const unstable = unstableWith([entry(1, 5)]);
    unstable.acceptInProgress();
    unstable.append([entry(2, 5)], 0);
    unstable.stableTo(5, 1);
    expect(unstable.term(5)).toBe(2);
    expect(unstable.nextEntries()).toHaveLength(1);
  });

  test('starts over behind a snapshot, and forgets it when it is stored', () => {
    const unstable = unstableWith([entry(1, 5)]);
    unstable.restore({ index: 9, term: 3, confState: emptyConfState, data: noBytes });
    expect([unstable.lastIndex(), unstable.term(9), unstable.term(5)]).toEqual([9, 3, -1]);
    unstable.stableSnapshotTo(8);
    expect(unstable.snapshot).toBeDefined();
    unstable.stableSnapshotTo(9);
    expect(unstable.lastIndex()).toBe(-1);
  });
});

describe('storage in memory', () => {
  test('refuses a hole in the log', () => {
    expect(() => new MemoryStorage().append([entry(1, 3)])).toThrow(Fault);
  });

  test('keeps the term of the last compacted entry', () => {
    const storage = new MemoryStorage();
    storage.append(logOf(1, 2, 3));
    storage.compact(2);
    expect([storage.firstIndex(), storage.term(1), storage.term(2), storage.term(3)]).toEqual([3, -1, 2, 3]);
    expect(storage.compact(1)?.code).toBe('compacted');
  });

  test('takes no snapshot older than the one it has', () => {
    const storage = new MemoryStorage();
    storage.append(logOf(1, 1, 1));
    expect(storage.createSnapshot(2, undefined, noBytes)).toBeUndefined();
    expect(storage.createSnapshot(2, undefined, noBytes)?.code).toBe('snapshot-outdated');
    expect(storage.applySnapshot({ index: 1, term: 1, confState: emptyConfState, data: noBytes })?.code).toBe(
      'snapshot-outdated',
    );
  });

  test('leaves out of an append what was compacted away meanwhile', () => {
    const storage = new MemoryStorage();
    storage.append(logOf(1, 1, 1));
    storage.compact(2);
    storage.append([...logOf(1, 1, 1), entry(1, 4)]);
    expect(storage.all().map(({ index }) => index)).toEqual([3, 4]);
  });
});
