import { describe, expect, test } from 'vitest';
import {
  type FileId,
  type PrintId,
  type PrinterId,
  encode,
  fromHex,
  hex,
  must,
  parse,
  peerIdOf,
  publicKeyOf,
} from '../base/index.ts';
import { openNews, signNews } from './replica/news.ts';
import { seal, topicOf, unseal } from './replica/sealed-news.ts';
import { signQuestion } from './replica/census-words.ts';
import { type Presence, commandReply, commandRequest, joinReply, presence } from './wire-shapes.ts';

const bytesMax = 64 * 1024;
const digest = new Uint8Array(32).fill(7);
const peer = peerIdOf(publicKeyOf(new Uint8Array(32).fill(4)));

const told: Presence = {
  v: 1,
  q: digest,
  n: 12,
  printers: [
    {
      printer: 'mk3' as PrinterId,
      state: 'printing',
      doing: { code: 'waiting', for: { code: 'heating', part: 'bed', celsius: 60 } },
      virtual: false,
      nozzle: [214.5, 215],
      plate: null,
      needs: { code: 'file-asks', said: 'Load some filament' },
      print: 'p1' as PrintId,
      progress: 0.25,
      secondsLeft: 360,
      lines: 1200,
      resends: 1,
    },
  ],
  files: ['bafy-a' as FileId],
  fetching: [['bafy-b' as FileId, 4096]],
};

const request = { v: 1, q: digest, envelope: Uint8Array.of(1, 2, 3) } as const;
const joined = {
  kind: 'joined',
  genesis: Uint8Array.of(9),
  replicaId: 2,
  book: [{ replicaId: 1, peer }],
} as const;

const seed = new Uint8Array(32).fill(4);
const identity = { seed, publicKey: publicKeyOf(seed) };
const entries = {
  queue: digest,
  first: 8,
  entries: [
    [2, 0, Uint8Array.of(1, 2)],
    [2, 1, Uint8Array.of()],
  ] as const,
  at: 9,
  hash: new Uint8Array(32).fill(5),
  offer: null,
};
const folded = {
  ...entries,
  entries: [],
  offer: { index: 7, term: 2, confState: Uint8Array.of(3), manifest: Uint8Array.of(4) },
};

test.each([
  ['entries', entries],
  ['the offer of a snapshot', folded],
])(
  'news with %s keep their bytes and signature (golden vector), and one changed byte is refused',
  (_, news) => {
    const signed = signNews(identity, news);
    expect(hex(signed)).toMatchSnapshot();
    expect(openNews(signed, bytesMax)).toEqual({ ok: true, value: { by: peer, news } });
    for (let i = 0; i < signed.length; i++) {
      const changed = signed.map((byte, at) => (at === i ? byte ^ 1 : byte));
      expect(openNews(changed, bytesMax).ok).toBe(false);
    }
  },
);

test('the name of a topic, and what is sealed for a room, stay as they are (golden vector); another key opens nothing', () => {
  expect(topicOf({ key: digest, number: 3 })).toBe('peerprint/listen/1/2b42be82a8eb077a778fdc7c9cdd51d5/3');
  const words = new Uint8Array(100).fill(65);
  const sealed = seal(digest, new Uint8Array(24).fill(9), words);
  expect(hex(sealed)).toMatchSnapshot();
  expect(unseal(digest, sealed)).toEqual(words);
  expect(unseal(new Uint8Array(32), sealed)).not.toEqual(words);
  expect(unseal(digest, new Uint8Array(24))).toBeUndefined();
});

describe('The bytes of what peers say to each other stay as they are (golden vectors)', () => {
  test.each([
    ['a request to commit or to join', request],
    ['an accepted command', { kind: 'accepted' }],
    [
      'a refused command',
      { kind: 'refused', refusal: { code: 'nothing-left', job: 'Shields', rest: 'none' } },
    ],
    ['a command given to one who does not lead', { kind: 'not-leader', leader: peer }],
    ['a join that was granted', joined],
    ['a join that is decided elsewhere', { kind: 'elsewhere', peers: [peer] }],
    ['presence', told],
    ['a question for a chunk of a snapshot', { v: 1, q: digest, s: digest, i: 3 }],
    ['a chunk of a snapshot', { kind: 'chunk', bytes: Uint8Array.of(1, 2, 3) }],
    ['a snapshot that is gone', { kind: 'gone' }],
    ['a chunk that was denied', { kind: 'denied' }],
    ['a question for a proof of standing', { v: 1, q: digest }],
    [
      'a proof of standing',
      { kind: 'proof', replicaId: 4, envelopes: [Uint8Array.of(1), Uint8Array.of(2, 3)] },
    ],
    ['no standing', { kind: 'none' }],
    ['word to a replica', { v: 1, q: digest, replica: 4, epoch: 2, life: 9, word: 'superseded' }],
    ['a question of a replica whether it is heard', { v: 1, q: digest, replica: 4, epoch: 2, life: 9 }],
    ['word to who asked for it', { kind: 'word', word: 'removed' }],
    ['a question for what was committed', { v: 1, q: digest, replica: 4, epoch: 2, life: 9, after: 7 }],
    [
      'an answer to who listens',
      { kind: 'news', news: Uint8Array.of(1, 2), room: { k: digest, n: 0 }, leader: peer },
    ],
    ['news that are told straight', { v: 1, q: digest, news: Uint8Array.of(1, 2) }],
    ['a listener sent elsewhere', { kind: 'elsewhere', peers: [peer] }],
    [
      'a question of a census, as it was signed',
      {
        v: 1,
        q: digest,
        kind: 'question',
        question: signQuestion(identity, digest, { id: 9, chance: 2 ** 31 }),
      },
    ],
    ['an answer to a census', { v: 1, q: digest, kind: 'answer', i: 9, state: 'busy' }],
    ['word of a queue that goes on', { v: 1, q: digest, genesis: Uint8Array.of(9), link: 'pp' }],
  ])('%s', (_, value) => {
    expect(hex(encode(value))).toMatchSnapshot();
  });
});

test('what was written is read back as it was', () => {
  expect(parse(presence, encode(told), bytesMax)).toEqual({ ok: true, value: told });
  expect(parse(commandRequest, encode(request), bytesMax)).toEqual({ ok: true, value: request });
  expect(parse(joinReply, encode(joined), bytesMax)).toEqual({ ok: true, value: joined });
  const leaderless = { kind: 'not-leader', leader: null };
  expect(parse(commandReply, encode(leaderless), bytesMax)).toEqual({ ok: true, value: leaderless });
});

test.each([
  ['an unknown key', { ...told, extra: 1 }],
  ['another version', { ...told, v: 2 }],
  ['a digest that is too short', { ...told, q: digest.subarray(1) }],
  [
    'more printers than one peer has',
    { ...told, printers: Array.from({ length: 33 }, () => told.printers[0]) },
  ],
  ['a progress beyond its end', { ...told, printers: [{ ...told.printers[0], progress: 1.5 }] }],
])('presence with %s is refused', (_, value) => {
  expect(parse(presence, encode(value), bytesMax).ok).toBe(false);
});

test('cut short at any byte, a message is refused and nothing is thrown', () => {
  const whole = must(fromHex(hex(encode(told))), 'hex');
  for (let length = 0; length < whole.length; length++)
    expect(parse(presence, whole.subarray(0, length), bytesMax).ok).toBe(false);
});
