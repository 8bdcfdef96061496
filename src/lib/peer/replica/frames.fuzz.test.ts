import fc from 'fast-check';
import { test } from 'vitest';
import { peerIdOf, publicKeyOf } from '../../base/index.ts';
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

test('frames of Raft are refused or taken, and have one form', () => {
  const frames = fc
    .tuple(word, word, word, word, bytesOf(40), fc.boolean())
    .map(([from, to, epoch, number, message, resting]) =>
      encodeRaftFrame(digest, from, to, { epoch, number }, Uint8Array.of(1, ...message), resting),
    );
  fuzzDecoder(
    frames,
    (bytes) => parseRaftFrame(digest, bytes),
    ({ from, to, life, message, resting }) => encodeRaftFrame(digest, from, to, life, message, resting),
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
