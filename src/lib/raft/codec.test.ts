import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { fromHex, hex, utf8 } from '../base/index.ts';
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
import { MessageGuard } from './guard.ts';
import { positionMax, replicaIdMax } from './limits.ts';
import { Replica, entry, logOf, message } from './testing.ts';
import {
  type EntryType,
  type Message,
  MessageType,
  emptyConfState,
  isLocalType,
  newEntry,
  newMessage,
} from './types.ts';

/** Cases per property; a million were run once (see docs/benchmarks.md). */
const numRuns = Number(process.env['RAFT_FUZZ_RUNS'] ?? 3000);
vi.setConfig({ testTimeout: 60_000 + numRuns * 20 });

const networkTypes = Object.values(MessageType).filter(
  (type) => !isLocalType(type) && type !== MessageType.ForgetLeader,
);
const position = fc.oneof(fc.nat(8), fc.integer({ min: 0, max: positionMax - 100 }));
const ids = fc.uniqueArray(fc.integer({ min: 1, max: replicaIdMax }), { maxLength: 4 });
const confState = fc.record({
  voters: ids,
  learners: ids,
  votersOutgoing: ids,
  learnersNext: ids,
  autoLeave: fc.boolean(),
});
const data = fc.uint8Array({ maxLength: 200 });
const snapshot = fc.record({ index: position, term: position, confState, data });
const entryShape = fc.tuple(fc.constantFrom<EntryType>(0, 1, 2), data, position);
const messages: fc.Arbitrary<Message> = fc
  .record({
    type: fc.constantFrom(...networkTypes),
    to: fc.constantFrom(1, 1, 1, 2, 3),
    from: fc.constantFrom(2, 3, 1, 9),
    term: position,
    logTerm: position,
    index: position,
    entries: fc.array(entryShape, { maxLength: 4 }),
    commit: position,
    snapshot: fc.option(snapshot, { nil: undefined }),
    reject: fc.boolean(),
    rejectHint: position,
    context: fc.uint8Array({ maxLength: 12 }),
  })
  .map(({ entries, ...fields }) => ({
    ...newMessage(fields.type, 1, 2, 0),
    ...fields,
    rejectHint: fields.reject ? fields.rejectHint : 0,
    entries: entries.map(([type, bytes, term], i) => newEntry(term, fields.index + 1 + i, type, bytes)),
  }));

describe('bytes of a message', () => {
  test('are read back as the same message', () => {
    fc.assert(
      fc.property(messages, (given) => {
        expect(decodeMessage(encodeMessage(given))).toEqual({ ok: true, value: given });
      }),
      { numRuns: Math.min(numRuns, 20_000) },
    );
  });

  test('are what they were in the first version', () => {
    const append = message(MessageType.App, 2, 5, {
      index: 300,
      logTerm: 4,
      commit: 299,
      entries: [newEntry(4, 301, 0, utf8('a')), newEntry(5, 302, 2, utf8(''))],
    });
    expect(hex(encodeMessage(append))).toBe('01030f01020504ac02ab0202ad0204086106' + '05');
    expect(hex(encodeMessage(message(MessageType.VoteResp, 3, 7, { reject: true })))).toBe(
      '0106200103070' + '0',
    );
    expect(decodeMessage(fromHex('01030f01020504ac02ab0202ad020408610605') ?? utf8(''))).toEqual({
      ok: true,
      value: append,
    });
  });

  test('of a message inside a larger buffer keep nothing of that buffer alive', () => {
    const bytes = encodeMessage(message(MessageType.App, 2, 1, { entries: [entry(1, 1, 'x'.repeat(300))] }));
    const larger = new Uint8Array(10_000);
    larger.set(bytes, 500);
    const decoded = decodeMessage(larger.subarray(500, 500 + bytes.length));
    expect(decoded.ok && decoded.value.entries[0]?.data.buffer.byteLength).toBe(300);
  });

  test('that are cut short, too long or of another version are refused', () => {
    const bytes = encodeMessage(message(MessageType.App, 2, 1, { entries: logOf(1, 1, 1), commit: 2 }));
    for (let length = 0; length < bytes.length; length++)
      expect(decodeMessage(bytes.slice(0, length)).ok).toBe(false);
    expect(decodeMessage(Uint8Array.of(...bytes, 0)).ok).toBe(false);
    const other = decodeMessage(bytes.with(0, 2));
    expect(!other.ok && other.refusal.code).toBe('unknown-version');
    const local = decodeMessage(bytes.with(1, MessageType.StorageAppendResp));
    expect(!local.ok && local.refusal.code).toBe('unknown-type');
  });

  test('that promise more entries than they can hold are refused at once', () => {
    expect(decodeEntries(Uint8Array.of(1, 0xff, 0x7f, 1, 1, 0)).ok).toBe(false);
  });

  test('never make the decoders throw', () => {
    const good = messages.map((given) => encodeMessage(given));
    const flipped = fc
      .tuple(good, fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 3 }))
      .map(([bytes, flips]) => {
        for (const [at, value] of flips) bytes[at % bytes.length] = value;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), flipped), (bytes) => {
        for (const decode of [decodeMessage, decodeEntries, decodeHardState, decodeSnapshot]) {
          const result = decode(bytes);
          if (!result.ok) expect(result.refusal.text.length).toBeGreaterThan(0);
        }
      }),
      { numRuns },
    );
  });
});

describe('bytes of what is stored', () => {
  test('are read back as they were', () => {
    fc.assert(
      fc.property(snapshot, fc.array(entryShape, { maxLength: 5 }), position, (given, shapes, at) => {
        expect(decodeSnapshot(encodeSnapshot(given))).toEqual({ ok: true, value: given });
        const entries = shapes.map(([type, bytes, term], i) => newEntry(term, at + 1 + i, type, bytes));
        expect(decodeEntries(encodeEntries(entries))).toEqual({ ok: true, value: entries });
        const state = { term: at, vote: 3, commit: at };
        expect(decodeHardState(encodeHardState(state))).toEqual({ ok: true, value: state });
      }),
    );
  });
});

describe('messages from strangers', () => {
  /** What must hold of a replica whatever it was sent. */
  function expectSound({ node, storage }: Replica): void {
    const { commit, applied, term, lastIndex } = node.status();
    expect(applied).toBeLessThanOrEqual(commit);
    expect(commit).toBeLessThanOrEqual(lastIndex);
    expect(storage.initialState().hardState.term).toBeLessThanOrEqual(term);
    expect(node.term).toBeLessThanOrEqual(positionMax);
  }

  test('never stop a replica, whatever it is doing, and never break what must hold', () => {
    const roles = fc.constantFrom('follower', 'candidate', 'leader', 'empty');
    fc.assert(
      fc.property(roles, fc.array(messages, { minLength: 1, maxLength: 12 }), (role, sent) => {
        const replica = replicaIn(role);
        const guard = new MessageGuard(replica.node);
        for (const item of sent) {
          guard.step(item);
          replica.take();
          expectSound(replica);
        }
        replica.tick(3);
      }),
      { numRuns },
    );
  });

  test.each([
    ['local-type', message(MessageType.Hup, 2, 0)],
    ['local-type', message(MessageType.StorageAppendResp, 2, 1, { index: 1 })],
    ['local-type', message(MessageType.ForgetLeader, 2, 0)],
    ['wrong-target', message(MessageType.Vote, 2, 1, { to: 2 })],
    ['wrong-sender', message(MessageType.Vote, 0, 1)],
    ['wrong-sender', message(MessageType.App, 1, 1)],
    ['wrong-sender', message(MessageType.App, -1, 1)],
    ['unknown-peer', message(MessageType.AppResp, 9, 1)],
    ['out-of-range', message(MessageType.Vote, 2, 2 ** 40)],
    ['out-of-range', message(MessageType.App, 2, 0)],
    ['out-of-range', message(MessageType.Vote, 2, 1, { logTerm: 2 })],
    ['bad-entries', message(MessageType.App, 2, 1, { entries: [entry(1, 2)] })],
    ['bad-entries', message(MessageType.App, 2, 1, { entries: [entry(2, 1)] })],
    ['bad-entries', message(MessageType.App, 2, 1, { entries: [newEntry(1, 1, 2, utf8('?'))] })],
    ['bad-entries', message(MessageType.Prop, 2, 0)],
    ['bad-entries', message(MessageType.ReadIndex, 2, 0)],
    ['bad-index', message(MessageType.App, 2, 1, { logTerm: 1 })],
    ['bad-snapshot', message(MessageType.Snap, 2, 1)],
    [
      'bad-snapshot',
      message(MessageType.Snap, 2, 1, {
        snapshot: { index: 5, term: 1, confState: { ...emptyConfState, voters: [1, 1] }, data: utf8('') },
      }),
    ],
    ['lost-data', message(MessageType.Heartbeat, 2, 1, { commit: 7 })],
  ] as const)('are dropped and counted: %s (%#)', (reason, sent) => {
    const replica = new Replica();
    const guard = new MessageGuard(replica.node);
    const before = JSON.stringify(replica.node.status());
    expect(guard.step(sent)?.code).toBe(reason);
    expect(guard.counts().get(reason)).toBe(1);
    expect(JSON.stringify(replica.node.status())).toBe(before);
    expect(replica.take()).toEqual([]);
  });

  test('that acknowledge what a leader never sent are dropped', () => {
    const replica = replicaIn('leader');
    const guard = new MessageGuard(replica.node);
    expect(guard.step(message(MessageType.AppResp, 2, replica.node.term, { index: 99 }))?.code).toBe(
      'bad-index',
    );
  });
});

function replicaIn(role: 'follower' | 'candidate' | 'leader' | 'empty'): Replica {
  const start =
    role === 'empty' ? { voters: [] } : { log: logOf(1, 1, 2), hardState: { term: 2, vote: 0, commit: 1 } };
  const replica = new Replica(start, { preVote: false, checkQuorum: true });
  if (role === 'candidate' || role === 'leader') replica.tick(10);
  if (role === 'leader') replica.step(message(MessageType.VoteResp, 2, 3));
  return replica;
}
