import * as v from 'valibot';
import type { Bytes, PeerId, Result } from '../../base/index.ts';
import { queueLimits } from '../../queue/index.ts';
import type { Identity } from '../identity.ts';
import { openWords, signWords } from './signed-words.ts';

/** A committed entry of the log as listeners get it. */
export type NewsEntry = readonly [term: number, type: number, data: Bytes];

/**
 * What a voter tells those who listen to a queue: entries from `first` on, and a checkpoint, the state hash after entry `at`. The entries may
 * end before that one, or be none; who listens fetches what is missing. Where the entries wanted are folded
 * away there is the offer of a snapshot instead, and `first` is the index behind it.
 */
export interface News {
  readonly queue: Bytes;
  readonly first: number;
  readonly entries: readonly NewsEntry[];
  readonly at: number;
  readonly hash: Bytes;
  readonly offer: SnapshotOffer | null;
}

export interface SnapshotOffer {
  readonly index: number;
  readonly term: number;
  readonly confState: Bytes;
  readonly manifest: Bytes;
}

/** News with the name of the voter who signed all of it. */
export interface SignedNews {
  readonly by: PeerId;
  readonly news: News;
}

const label = 'peerprint/listen/1\n';

const bytes = v.custom<Bytes>((x) => x instanceof Uint8Array, 'must be bytes');
const sized = (length: number) =>
  v.custom<Bytes>((x) => x instanceof Uint8Array && x.length === length, `must be ${length} bytes`);
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(queueLimits.counterMax));

export const newsShape = v.strictObject({
  q: sized(32),
  f: v.pipe(count, v.minValue(1)),
  e: v.array(v.strictTuple([count, v.pipe(count, v.maxValue(255)), bytes])),
  a: count,
  h: sized(32),
  o: v.nullable(v.strictObject({ i: count, t: count, c: bytes, m: bytes })),
});

export function signNews(identity: Pick<Identity, 'seed' | 'publicKey'>, news: News): Bytes {
  const { offer } = news;
  return signWords(label, identity, {
    q: news.queue,
    f: news.first,
    e: news.entries,
    a: news.at,
    h: news.hash,
    o: offer === null ? null : { i: offer.index, t: offer.term, c: offer.confState, m: offer.manifest },
  });
}

/** Reads news and checks the signature. Whether the signer votes is for the listener to say. Codes: those of `parse`, `bad-signature`. */
export function openNews(wire: Uint8Array, bytesMax: number): Result<SignedNews> {
  const opened = openWords(label, newsShape, wire, bytesMax);
  if (!opened.ok) return opened;
  const { by, words } = opened.value;
  const { q, f, e, a, h, o } = words;
  const offer = o === null ? null : { index: o.i, term: o.t, confState: o.c, manifest: o.m };
  return { ok: true, value: { by, news: { queue: q, first: f, entries: e, at: a, hash: h, offer } } };
}
