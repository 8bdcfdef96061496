import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesOf } from '../base/testing/arbitrary.ts';
import { fuzzDecoder, taken } from '../base/testing/fuzz.ts';
import {
  decodeEntries,
  decodeHardState,
  decodeMessage,
  decodeSnapshot,
  encodeEntries,
  encodeHardState,
  encodeMessage,
  encodeSnapshot,
} from './codec.ts';
import { decodeConfChange, encodeConfChange } from './conf-change.ts';
import type { ConfChange } from './conf-change.ts';
import { confChangeContextBytesMax, positionMax, replicaIdMax } from './limits.ts';
import type { EntryType, Message } from './types.ts';
import { EntryType as EntryTypes, MessageType, isLocalType, newEntry, newMessage } from './types.ts';

const position = fc.oneof(fc.nat(200), fc.integer({ min: 0, max: positionMax }), fc.constant(positionMax));
const replica = fc.oneof(fc.nat(200), fc.constant(replicaIdMax));
const ids = fc.array(replica, { maxLength: 4 });
const confState = fc.record({
  voters: ids,
  learners: ids,
  votersOutgoing: ids,
  learnersNext: ids,
  autoLeave: fc.boolean(),
});
const snapshot = fc.record({ index: position, term: position, confState, data: bytesOf(30) });
const entries = fc
  .tuple(
    fc.nat(1_000),
    fc.array(fc.tuple(fc.constantFrom<EntryType>(0, 1, 2), bytesOf(20), fc.nat(9)), { maxLength: 4 }),
  )
  .map(([first, shapes]) => shapes.map(([type, data, term], i) => newEntry(term, first + 1 + i, type, data)));
const messages: fc.Arbitrary<Message> = fc
  .record({
    type: fc.constantFrom(
      ...Object.values(MessageType).filter((type) => !isLocalType(type) && type !== MessageType.ForgetLeader),
    ),
    to: replica,
    from: replica,
    term: position,
    logTerm: position,
    index: position,
    entries,
    commit: position,
    snapshot: fc.option(snapshot, { nil: undefined }),
    reject: fc.boolean(),
    rejectHint: position,
    context: bytesOf(12),
  })
  .map((fields) => ({
    ...newMessage(fields.type, 1, 2, 0),
    ...fields,
    rejectHint: fields.reject ? fields.rejectHint : 0,
  }));

test('messages of Raft are refused or taken, and taken ones have one form', () => {
  fuzzDecoder(messages.map(encodeMessage), (bytes) => taken(decodeMessage(bytes)), encodeMessage);
});

test('entries, hard states and snapshots of Raft are refused or taken, and have one form', () => {
  fuzzDecoder(entries.map(encodeEntries), (bytes) => taken(decodeEntries(bytes)), encodeEntries);
  fuzzDecoder(snapshot.map(encodeSnapshot), (bytes) => taken(decodeSnapshot(bytes)), encodeSnapshot);
  const states = fc.record({ term: position, vote: replica, commit: position });
  fuzzDecoder(states.map(encodeHardState), (bytes) => taken(decodeHardState(bytes)), encodeHardState);
});

test('changes of members are refused or taken, and have one form', () => {
  const changes: fc.Arbitrary<ConfChange> = fc.record({
    version: fc.constant<2>(2),
    transition: fc.constantFrom('auto', 'implicit', 'explicit'),
    steps: fc.array(
      fc.record({ kind: fc.constantFrom('add-voter', 'add-learner', 'remove', 'update'), id: replica }),
      { maxLength: 3 },
    ),
    context: bytesOf(20),
  });
  fuzzDecoder(
    changes.map(encodeConfChange),
    (bytes) => decodeConfChange(EntryTypes.ConfChangeV2, bytes),
    encodeConfChange,
  );
  const oldForm = Uint8Array.of(1, 0, 0, 1, 0, 0, 0, 0, 2);
  fuzzDecoder(
    fc.constant(oldForm),
    (bytes) => decodeConfChange(EntryTypes.ConfChange, bytes),
    encodeConfChange,
  );
  const long = new Uint8Array(oldForm.length + confChangeContextBytesMax + 1);
  long.set(oldForm);
  expect(decodeConfChange(EntryTypes.ConfChange, long)).toBeUndefined();
});
