import { expect, it } from 'vitest';
import { EntryType } from '../../raft/index.ts';
import { ConfirmedMembers } from './confirmed-members.ts';

const entry = (index: number, term: number, type: EntryType = EntryType.Normal) => ({
  index,
  term,
  type,
  data: new Uint8Array(),
});
const nothing = { snapshot: undefined, entries: [] };

it('entries behind a change of members count only from who knows that it is committed', () => {
  const members = new ConfirmedMembers(nothing);
  members.appended([entry(1, 1), entry(2, 1)], undefined);
  expect(members.counts(2, 0)).toBe(2);
  members.appended([entry(3, 1, EntryType.ConfChangeV2), entry(4, 1)], undefined);
  expect(members.counts(4, 2)).toBe(3);
  expect(members.counts(3, 2)).toBe(3);
  expect(members.counts(2, 2)).toBe(2);
  expect(members.counts(4, 3)).toBe(4);
});

it('a change that a leader inherits is committed by the first entry of its own term, which counts, too', () => {
  const members = new ConfirmedMembers({
    snapshot: undefined,
    entries: [entry(1, 1), entry(2, 1, EntryType.ConfChange)],
  });
  members.appended([entry(3, 4), entry(4, 4)], undefined);
  expect(members.counts(4, 1)).toBe(3);
  expect(members.counts(4, 2)).toBe(4);
});

it('what a snapshot says of the members is known to who knows that its entry is committed', () => {
  const members = new ConfirmedMembers({
    snapshot: { index: 10, term: 2, confState: new Uint8Array(), data: new Uint8Array() },
    entries: [],
  });
  expect(members.counts(12, 9)).toBe(10);
  expect(members.counts(12, 10)).toBe(12);
});
