import fc from 'fast-check';
import type { Bytes } from '../bytes.ts';
import { concat } from '../bytes.ts';

/** Characters at which readers and writers of texts go wrong: marks, ends of lines, controls, forms of one letter, wide ones. */
const oddCharacters = [
  '\uFEFF',
  '\uFFFE',
  '\u0000',
  '\u0001',
  '\n',
  '\r',
  '\t',
  '\u007F',
  '\u0085',
  '\u00AD',
  '\u00E9',
  'e\u0301',
  '\u2028',
  '\u2029',
  '\u202E',
  '\u200B',
  '\uFB01',
  '\u212B',
  '\u1E9B\u0323',
  '\uFFFD',
  '\uFFFF',
  '\u{1F600}',
  '\u{10FFFF}',
  '"',
  '\\',
  ';',
  '__proto__',
  'constructor',
  ' ',
  'a',
] as const;

/** Any character but halves of surrogate pairs. (The generator of the test library for all of Unicode takes seconds to begin.) */
const character = fc
  .oneof(fc.nat(0x7f), fc.nat(0x7ff), fc.nat(0xffff), fc.nat(0x10ffff))
  .map((code) => (code >= 0xd800 && code <= 0xdfff ? '\uE000' : String.fromCodePoint(code)));

/** Texts as nobody types them on purpose: all are well-formed, so that UTF-8 has a form of them. */
export function hostileText(charsMax = 60): fc.Arbitrary<string> {
  return fc
    .oneof(
      fc.array(fc.oneof(fc.constantFrom(...oddCharacters), character), { maxLength: 12 }),
      fc.array(character, { maxLength: charsMax }),
    )
    .map((parts) => cut(parts.join(''), charsMax));
}

/** At most that many UTF-16 units, with no half of a pair at the end. */
function cut(text: string, charsMax: number): string {
  const short = text.slice(0, charsMax);
  return short.isWellFormed() ? short : short.slice(0, -1);
}

/** Any value that dag-cbor has a form of. `plain`: texts without a byte order mark in front. */
export function plainValue(texts: 'hostile' | 'plain' = 'hostile'): fc.Arbitrary<unknown> {
  const text = texts === 'plain' ? fc.string({ unit: 'binary-ascii', maxLength: 80 }) : hostileText(80);
  const number = fc.oneof(
    fc.maxSafeInteger(),
    fc.integer(),
    fc.constantFrom(0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, -1, -24, -25, -256, -257),
    fc.constantFrom(Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 2 ** 53, 1e300, 5e-324, 0.1, -1.5),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
  );
  const leaf = fc.oneof(text, number, fc.boolean(), fc.constant(null), bytesOf(48));
  const key = text.filter((each) => each !== '__proto__');
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5, depthSize: 'small' },
      leaf,
      fc.array(tie('value'), { maxLength: 6 }),
      fc.array(fc.tuple(key, tie('value')), { maxLength: 6 }).map((entries) => Object.fromEntries(entries)),
    ),
  }));
  return value;
}

/** At most that many bytes, over a buffer of their own. */
export function bytesOf(lengthMax: number): fc.Arbitrary<Bytes> {
  return fc.uint8Array({ maxLength: lengthMax }).map((bytes) => new Uint8Array(bytes));
}

type Change = readonly [
  kind: 'set' | 'flip' | 'cut' | 'drop' | 'insert' | 'repeat',
  at: number,
  byte: number,
];

/**
 * Bytes of a sample with one to four changes: a byte replaced, one bit turned, the end cut off, bytes left out, put in or told twice. One sample in
 * twenty stays as it was.
 */
export function mutated(samples: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Bytes> {
  const change: fc.Arbitrary<Change> = fc.tuple(
    fc.constantFrom('set', 'flip', 'cut', 'drop', 'insert', 'repeat'),
    fc.nat(),
    fc.oneof(
      fc.nat(255),
      // Heads of dag-cbor and ends of varints: what means most to a reader.
      fc.constantFrom(
        0,
        1,
        0x7f,
        0x80,
        0xff,
        0x18,
        0x1b,
        0x3b,
        0x5b,
        0x7b,
        0x9b,
        0x9f,
        0xbf,
        0xf7,
        0xf9,
        0xfb,
      ),
    ),
  );
  const changes = fc.oneof(
    { weight: 1, arbitrary: fc.constant([] as Change[]) },
    { weight: 19, arbitrary: fc.array(change, { minLength: 1, maxLength: 4 }) },
  );
  return fc.tuple(samples, changes).map(([sample, list]) => list.reduce(changed, new Uint8Array(sample)));
}

function changed(bytes: Bytes, [kind, place, byte]: Change): Bytes {
  const at = bytes.length === 0 ? 0 : place % bytes.length;
  const size = 1 + (byte % 4);
  switch (kind) {
    case 'set':
    case 'flip': {
      if (bytes.length === 0) return bytes;
      const out = new Uint8Array(bytes);
      out[at] = kind === 'set' ? byte : (out[at] ?? 0) ^ (1 << (byte % 8));
      return out;
    }
    case 'cut':
      return bytes.slice(0, at);
    case 'drop':
      return concat(bytes.subarray(0, at), bytes.subarray(at + size));
    case 'insert':
      return concat(bytes.subarray(0, at), new Uint8Array(size).fill(byte), bytes.subarray(at));
    case 'repeat':
      return concat(bytes.subarray(0, at + size), bytes.subarray(at));
  }
}
