import fc from 'fast-check';
import { test } from 'vitest';
import { peerIdOf, publicKeyOf, signatureBytes } from '../../base/index.ts';
import { bytesOf } from '../../base/testing/arbitrary.ts';
import { fuzzDecoder, taken } from '../../base/testing/fuzz.ts';
import { openQuestion, signQuestion } from './census-words.ts';
import { openNews, signNews } from './news.ts';
import { encodeRaftFrame, parseRaftFrame } from './raft-frame.ts';
import { manifestOf, parseManifest } from './snapshot-manifest.ts';
import { seal, sealNonceBytes, unseal } from './sealed-news.ts';

const digest = new Uint8Array(32).fill(7);
const seed = new Uint8Array(32).fill(1);
const publicKey = publicKeyOf(seed);
const identity = { seed, publicKey, peer: peerIdOf(publicKey) };
const manifests: Record<number, { readonly bytes: Uint8Array }> = Object.fromEntries(
  [1, 300_000, 600_000].map((size) => [size, manifestOf(new Uint8Array(size))]),
);
const word = fc.nat(2 ** 32 - 1);
/** A term or an index of Raft. */
const position = fc.oneof(word, fc.nat(2 ** 48 - 1));

test('frames of Raft are refused or taken, and have one form', () => {
  const frames = fc
    .record({
      sender: fc.record({
        replica: word,
        life: fc.record({ epoch: word, number: word }),
        disk: fc.record({ term: position, last: position, commit: position, commitTerm: position }),
        resting: fc.boolean(),
      }),
      to: word,
      message: bytesOf(40),
      handOver: fc.option(fc.uint8Array({ minLength: signatureBytes, maxLength: signatureBytes }), {
        nil: undefined,
      }),
    })
    .map(({ sender, to, message, handOver }) =>
      encodeRaftFrame(digest, sender, to, Uint8Array.of(1, ...message), handOver),
    );
  fuzzDecoder(
    frames,
    (bytes) => parseRaftFrame(digest, bytes),
    ({ from: replica, to, life, disk, message, resting, handOver }) =>
      encodeRaftFrame(digest, { replica, life, disk, resting }, to, message, handOver),
  );
});

test('manifests of snapshots are refused or taken, and have one form', () => {
  fuzzDecoder(
    fc.constantFrom(1, 300_000, 600_000).map((size) => manifests[size]?.bytes ?? new Uint8Array()),
    (bytes) => taken(parseManifest(bytes)),
    ({ bytes }) => bytes,
    300,
  );
});

test('sealed words are opened or not', () => {
  const nonce = new Uint8Array(sealNonceBytes).fill(3);
  fuzzDecoder(
    bytesOf(40).map((words) => seal(digest, nonce, Uint8Array.of(1, ...words))),
    (bytes) => unseal(digest, bytes),
    undefined,
    500,
  );
});

test('signed words are refused or taken', () => {
  const news = {
    queue: digest,
    first: 5,
    entries: [[1, 0, Uint8Array.of(1, 2, 3)]] as const,
    at: 5,
    hash: digest,
    offer: null,
  };
  fuzzDecoder(fc.constant(signNews(identity, news)), (bytes) => taken(openNews(bytes, 4096)), undefined, 150);
  const question = signQuestion(identity, digest, { id: 3, chance: 4 });
  fuzzDecoder(fc.constant(question), (bytes) => taken(openQuestion(bytes)), undefined, 150);
});
