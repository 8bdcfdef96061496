import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Bytes, concat } from '../base/index.ts';
import { bytesOf } from '../base/testing/arbitrary.ts';
import { fuzzDecoder } from '../base/testing/fuzz.ts';
import { crc32 } from './crc32.ts';
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

const seed = seedOf('a log');
const number = fc.oneof(fc.nat(300), fc.maxSafeInteger().map(Math.abs));
const checkBytes = 4;

/** A row whose checksum fits whatever is in it: damage that no checksum finds. */
function sealed(row: Uint8Array): Bytes {
  const sum = crc32(row, seed, row.length);
  return concat(row, Uint8Array.of(sum & 255, (sum >>> 8) & 255, (sum >>> 16) & 255, (sum >>> 24) & 255));
}

/** Tries a decoder of rows, with sums that fit and with the row as it is. All that it may throw is a refusal of the store. */
function fuzzRow<Value>(
  rows: fc.Arbitrary<Uint8Array>,
  decode: (seed: number, row: Uint8Array) => Value,
  encode: (seed: number, value: Value) => Uint8Array,
): void {
  const read = (row: Uint8Array): Value | undefined => {
    try {
      return decode(seed, row);
    } catch (error) {
      expect(error).toMatchObject({ name: 'RefusalError' });
      return undefined;
    }
  };
  const withoutSum = (row: Uint8Array) => row.slice(0, row.length - checkBytes);
  fuzzDecoder(rows, read, (value) => encode(seed, value), 500);
  fuzzDecoder(
    rows.map(withoutSum),
    (row) => read(sealed(row)),
    (value) => withoutSum(encode(seed, value)),
  );
}

test('rows of a log are refused or taken, and have one form', () => {
  fuzzRow(
    bytesOf(40).map((identity) => encodeIdentity(seed, identity)),
    decodeIdentity,
    encodeIdentity,
  );
  const head = fc.record({
    fence: number,
    sequence: number,
    hardState: fc.record({ term: number, vote: number, commit: number }),
    provenTo: number,
    acknowledged: fc.array(
      fc.record({
        replica: number,
        epoch: number,
        life: number,
        term: number,
        index: number,
        committed: number,
      }),
      { maxLength: 3 },
    ),
  });
  fuzzRow(
    head.map((each) => encodeHead(seed, each)),
    decodeHead,
    encodeHead,
  );
  const snapshot = fc.record({ term: number, index: number, confState: bytesOf(20), data: bytesOf(20) });
  fuzzRow(
    snapshot.map((each) => encodeSnapshot(seed, each)),
    decodeSnapshot,
    encodeSnapshot,
  );
  const entry = fc.record({ term: number, type: fc.nat(3), data: bytesOf(20) });
  const entries = fc
    .tuple(fc.nat(1_000), fc.array(entry, { minLength: 1, maxLength: 4 }))
    .map(([first, list]) => list.map((each, i) => ({ ...each, index: first + i })));
  fuzzRow(
    entries.map((each) => encodeEntries(seed, each)),
    decodeEntries,
    (at, record) => encodeEntries(at, record.entries),
  );
});
