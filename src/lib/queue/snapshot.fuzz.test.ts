import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { Fault, concat, encode, hex, must } from '../base/index.ts';
import { fuzzDecoder, fuzzRuns } from '../base/testing/fuzz.ts';
import { encodeTickEntry } from './entry.ts';
import { openTrustedEnvelope } from './envelope.ts';
import { TestQueue } from './fixture.ts';
import { Writer } from './pack.ts';
import { QueueState } from './queue-state.ts';
import { readTables } from './snapshot.ts';
import { Walk, verbs } from './walk.ts';
import type { Step, Verb } from './walk.ts';

const names = Object.keys(verbs) as Verb[];
const step: fc.Arbitrary<Step> = fc.record({
  verb: fc.constantFrom(...names),
  a: fc.nat(99),
  b: fc.nat(99),
  c: fc.nat(99),
  meddling: fc.constant(false),
});

function walked(steps: readonly Step[]): TestQueue {
  const walk = new Walk();
  for (const next of steps) {
    const sent = walk.commandOf(next);
    if (sent === undefined) walk.pass(next);
    else walk.queue.apply(sent.author, sent.command);
  }
  return walk.queue;
}

/** What stands before the index in every snapshot of these queues: the signature of the genesis finds all damage there. */
const front = (() => {
  const { genesis } = walked([]);
  const w = new Writer();
  w.uint(1);
  w.uint(1);
  w.bytes(genesis);
  return w.finish();
})();

/** Snapshots of a few queues with a life behind them. */
const backs = fc
  .sample(fc.array(step, { minLength: 30, maxLength: 120, size: 'max' }), { numRuns: 12, seed: 5 })
  .map((steps) => {
    const bytes = walked(steps).state.snapshot();
    expect(hex(bytes.subarray(0, front.length))).toBe(hex(front));
    return bytes.subarray(front.length);
  });

/** A fault stops a replica loudly; anything else would be a bug. */
function orFault(use: () => void): void {
  try {
    use();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
}

test('snapshots are refused by a value or taken, and have one form; what is taken can be used', () => {
  let taken = 0;
  fuzzDecoder(
    fc.constantFrom(...backs),
    (back) => {
      const bytes = concat(front, back);
      const restored = QueueState.restore(bytes, openTrustedEnvelope);
      if (!restored.ok) {
        expect(restored.refusal.code).not.toBe('');
        return undefined;
      }
      taken++;
      return restored.value;
    },
    (state) => {
      const again = state.snapshot().subarray(front.length);
      expect(state.hash()).toHaveLength(32);
      expect(state.provenHash()).toHaveLength(32);
      expect([...state.jobsInOrder()]).toHaveLength(state.jobs.size);
      state.eachJob(() => undefined);
      orFault(() => state.nextDeadlineMs());
      orFault(() => state.apply(state.index + 1, encodeTickEntry(state.stampMs, true)));
      orFault(() => state.apply(state.index + 1, encodeTickEntry(state.stampMs + 3_600_000, false)));
      return again;
    },
    // Each checks the signature of the genesis, which takes most of the time.
    fuzzRuns / 2,
  );
  // Damage that makes another state of the same form is found by checksums and hashes, not here.
  expect(taken).toBeGreaterThan(100);
});

test('the tables of a snapshot are refused by a value, wherever it is cut', () => {
  const bytes = concat(front, must(backs[0], 'a snapshot'));
  for (let length = 0; length < bytes.length; length += 3)
    expect(readTables(bytes.subarray(0, length)).ok).toBe(false);
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** A queue with a job, a file, a printer and a print, and its snapshot as a writer writes it that `forge` has changed. */
function forged(forge: () => void): string | undefined {
  const queue = new TestQueue();
  const { owner } = queue;
  const printer = queue.printer(owner);
  queue.start(owner, must(queue.job(owner, [2]).sets[0], 'a set'), printer);
  queue.job(owner, [1]);
  queue.must(owner, {
    type: 'set-settings',
    settings: { defaultRequirements: { nozzleMm: 0.4 } },
  });
  forge();
  const bytes = queue.state.snapshot();
  vi.restoreAllMocks();
  const restored = QueueState.restore(bytes, openTrustedEnvelope);
  return restored.ok ? undefined : restored.refusal.code;
}

/** Has the writer write a value as others would. */
function writeInstead(other: (value: object) => object, firstByte = 0): void {
  vi.spyOn(Writer.prototype, 'value').mockImplementation(function (this: Writer, value) {
    this.uint(firstByte);
    this.bytes(encode(other(value)));
  });
}

test('a snapshot as our writer writes it is taken', () => {
  expect(forged(() => undefined)).toBeUndefined();
});

test('names and values that are told twice are another form, and refused', () => {
  expect(
    forged(() =>
      vi.spyOn(Writer.prototype, 'name').mockImplementation(function (this: Writer, value) {
        this.uint(0);
        this.text(value);
      }),
    ),
  ).toBe('malformed');
  expect(forged(() => writeInstead((value) => value))).toBe('malformed');
  expect(forged(() => writeInstead((value) => value, 1))).toBe('malformed');
});

test.each([
  ['a number for a map', () => 5 as unknown as object],
  ['an unknown key', (value: object) => ({ ...value, more: 1 })],
  ['a list for a map and a map for a list', (value: object) => (Array.isArray(value) ? {} : [value])],
])('values of another shape are refused: %s', (_, other) => {
  // Each told anew under a number of its own would be refused for that: only one value is there.
  const seen = new Map<string, number>();
  expect(
    forged(() =>
      vi.spyOn(Writer.prototype, 'value').mockImplementation(function (this: Writer, value) {
        const bytes = encode('leaseMs' in value ? value : other(value));
        const known = seen.get(hex(bytes));
        if (known !== undefined) {
          this.uint(known + 2);
          return;
        }
        seen.set(hex(bytes), seen.size);
        this.uint(0);
        this.bytes(bytes);
      }),
    ),
  ).toBe('malformed');
});
