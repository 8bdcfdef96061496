import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Rows } from './rows.ts';

const change = fc.record({
  kind: fc.constantFrom('set', 'delete', 'renew', 'first', 'ask'),
  key: fc.nat(30),
});

it('knows its oldest row, whatever was set, deleted and set again', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 300, size: 'max' }), (changes) => {
      const rows = new Rows<number, number>({ on: false });
      for (const { kind, key } of changes) {
        const [first] = rows.keys();
        if (kind === 'set') rows.set(key, key);
        else if (kind === 'delete') rows.delete(key);
        else if (kind === 'first' && first !== undefined) rows.delete(first);
        else if (kind === 'renew' && rows.delete(key)) rows.set(key, key);
        else if (kind === 'ask') expect(rows.oldest()).toBe(first);
      }
      expect(rows.oldest()).toBe([...rows.keys()][0]);
    }),
    { numRuns: 200 },
  );
});

it('knows it also when nobody asked for long', () => {
  const rows = new Rows<number, number>({ on: false });
  for (let i = 0; i < 20_000; i++) {
    rows.set(i, i);
    if (i >= 100) rows.delete(i - 100);
    if (i === 50 || i === 19_000) expect(rows.oldest()).toBe(Math.max(0, i - 99));
  }
  expect(rows.oldest()).toBe(19_900);
});

it('follows who asks in any order, and finds every row', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(30)), fc.array(fc.nat(30)), (set, asked) => {
      const rows = new Rows<number, { id: number }>({ on: false });
      for (const id of set) rows.set(id, { id });
      for (const keys of [set, asked, set.toReversed(), set.filter((id) => id % 5 > 0)]) {
        const rowOf = rows.following(({ id }) => id);
        for (const key of keys) expect(rowOf(key)).toBe(rows.get(key));
      }
    }),
  );
});
