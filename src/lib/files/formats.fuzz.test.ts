import fc from 'fast-check';
import { test } from 'vitest';
import { encode, fromUtf8, utf8 } from '../base/index.ts';
import { bytesOf, hostileText } from '../base/testing/arbitrary.ts';
import { fuzzDecoder, fuzzShape, taken } from '../base/testing/fuzz.ts';
import { parseFileId } from './cid.ts';
import { fileIdFromHashes } from './dag.ts';
import { type Answer, type Asking, encodeAnswer, encodeAsking, parseAnswer, parseAsking } from './frames.ts';
import { hashBytes } from './hash.ts';
import { chunkBytes, requestsMax } from './limits.ts';
import { parseStoredFile, storedFileSchema, storedForm } from './manifest.ts';

const hashes = fc.uint8Array({ minLength: hashBytes, maxLength: hashBytes });
const id = fc.constantFrom(
  ...[1, 2, 3].map((byte) => fileIdFromHashes(1, new Uint8Array(hashBytes).fill(byte))),
);
const index = fc.nat(8_000);

test('frames of the files protocol are refused or taken, and have one form', () => {
  const asking: fc.Arbitrary<Asking> = fc.oneof(
    fc.record({ kind: fc.constant('open' as const), id, needManifest: fc.boolean() }),
    fc.record({
      kind: fc.constant('want' as const),
      indexes: fc.array(index, { minLength: 1, maxLength: requestsMax }),
    }),
  );
  fuzzDecoder(asking.map(encodeAsking), (bytes) => taken(parseAsking(bytes)), encodeAsking);
  const answer: fc.Arbitrary<Answer> = fc.oneof(
    fc.record({
      kind: fc.constant('manifest' as const),
      name: hostileText(40),
      size: fc.nat(chunkBytes),
      hashes: hashes.map((hash) => new Uint8Array(hash)),
    }),
    fc.constant({ kind: 'ready' as const }),
    fc.record({ kind: fc.constant('refused' as const), code: fc.constantFrom('absent', 'denied', 'busy') }),
    fc.record({ kind: fc.constant('chunk' as const), index, bytes: bytesOf(60) }),
    fc.record({ kind: fc.constant('lacking' as const), index }),
  );
  fuzzDecoder(answer.map(encodeAnswer), (bytes) => taken(parseAnswer(bytes)), encodeAnswer);
});

test('ids of files are refused or taken, and have one form', () => {
  fuzzDecoder(
    id.map(utf8),
    (bytes) => {
      let text: string;
      try {
        text = fromUtf8(bytes);
      } catch {
        return undefined;
      }
      return taken(parseFileId(text));
    },
    utf8,
  );
});

test('stored manifests are refused or taken, and have one form', () => {
  fuzzShape(storedFileSchema, 4096, 500);
  const one = new Uint8Array(hashBytes).fill(3);
  const of = fileIdFromHashes(5, one);
  const samples = fc
    .constantFrom('cube.gcode', 'Würfel.gcode')
    .map((name) => encode({ v: 1, name, size: 5, hashes: one, whole: true }));
  fuzzDecoder(samples, (bytes) => taken(parseStoredFile(of, bytes)));
  fuzzDecoder(
    samples,
    (bytes) => {
      const stored = taken(parseStoredFile(of, bytes));
      // A name is cleaned when it is read: only what was clean comes out as it was.
      const again = stored === undefined ? undefined : encode(storedForm(stored));
      return again?.length === bytes.length ? again : undefined;
    },
    undefined,
    200,
  );
});
