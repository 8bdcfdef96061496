import * as dagCbor from '@ipld/dag-cbor';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cborDepthMax, readCanonical } from './cbor.ts';
import { fromHex, fromUtf8, hex, utf8 } from './bytes.ts';
import { decode, encode } from './codec.ts';
import { hostileText, mutated, plainValue } from './testing/arbitrary.ts';

const runs = { numRuns: 4_000 };

function reads(bytes: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: readCanonical(bytes) };
  } catch (error) {
    expect(error).toMatchObject({ name: 'NotCanonical' });
    return undefined;
  }
}

test('what was encoded reads as the very same value', () => {
  fc.assert(
    fc.property(plainValue(), (value) => {
      const bytes = encode(value);
      expect(decode(bytes)).toEqual(value);
      expect(encode(decode(bytes))).toEqual(bytes);
    }),
    runs,
  );
});

test('whatever is read encodes again to the very same bytes', () => {
  fc.assert(
    fc.property(mutated(plainValue().map(encode)), (bytes) => {
      const read = reads(bytes);
      if (read !== undefined) expect(hex(encode(read.value))).toBe(hex(bytes));
    }),
    runs,
  );
});

test('noise is read or refused, and never anything else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const read = reads(bytes);
      if (read !== undefined) expect(hex(encode(read.value))).toBe(hex(bytes));
    }),
    runs,
  );
});

test('every text survives, byte order marks and odd characters included', () => {
  fc.assert(
    fc.property(hostileText(), (text) => {
      expect(decode(encode({ [`k${text}`]: text }))).toEqual({ [`k${text}`]: text });
      expect(fromUtf8(utf8(text))).toBe(text);
    }),
    runs,
  );
});

test('half of a surrogate pair is no character: it is written as U+FFFD', () => {
  fc.assert(
    fc.property(hostileText(30), hostileText(30), fc.integer({ min: 0xd800, max: 0xdfff }), (a, b, half) => {
      const text = a + String.fromCharCode(half) + b;
      expect(decode(encode(text))).toBe(text.toWellFormed());
      expect(fromUtf8(utf8(text))).toBe(text.toWellFormed());
    }),
    runs,
  );
});

const foreign = {
  'a text that is not UTF-8': '62c328',
  'half of a surrogate pair': '63eda080',
  'a text of more bytes than needed': '62c081',
  'a number in a byte too many': '1817',
  'a number in eight bytes': '1b0000000000000001',
  'a length in a byte too many': '780161',
  'a whole number as a float': 'fb3ff0000000000000',
  'negative zero': 'fb8000000000000000',
  'a float of 16 bits': 'f93e00',
  'a float of 32 bits': 'fa3fc00000',
  'not a number': 'fb7ff8000000000000',
  infinity: 'fb7ff0000000000000',
  undefined: 'f7',
  'another simple value': 'e0',
  'a simple value in two bytes': 'f820',
  'a whole number beyond 2^53': '1b0020000000000000',
  'a negative number beyond 2^53': '3b001fffffffffffff',
  'a large number with a tag': 'c249010000000000000000',
  'a link': 'd82a450001550000',
  'keys out of order': 'a2616201616101',
  'a longer key first': 'a262616101616201',
  'a key twice': 'a2616101616102',
  'a key that is a number': 'a10101',
  'the key that objects treat apart': 'a1695f5f70726f746f5f5f01',
  'an array without an end': '9f01ff',
  'a map without an end': 'bf616101ff',
  'a text without an end': '7f6161ff',
  'bytes without an end': '5f4161ff',
  'an end of nothing': 'ff',
  'a byte too many': '0000',
  'a length beyond the bytes': '9b00000000ffffffff',
  nothing: '',
};

test.each(Object.entries(foreign))('%s is refused', (_, text) => {
  const bytes = fromHex(text);
  expect(bytes).toBeDefined();
  if (bytes === undefined) return;
  expect(() => decode(bytes)).toThrow(expect.objectContaining({ name: 'NotCanonical' }));
});

test('brackets without end are refused before the stack is used up', () => {
  for (const bracket of [0x81, 0xa1]) expect(reads(new Uint8Array(60_000).fill(bracket))).toBeUndefined();
  const nested = (depth: number) => Uint8Array.from([...new Array<number>(depth).fill(0x81), 0x01]);
  expect(reads(nested(cborDepthMax))).toBeDefined();
  expect(reads(nested(cborDepthMax + 1))).toBeUndefined();
});

test('plain values read as the codec of IPLD reads them', () => {
  fc.assert(
    fc.property(plainValue('plain'), (value) => {
      const bytes = encode(value);
      expect(readCanonical(bytes)).toEqual(dagCbor.decode(bytes));
    }),
    { numRuns: 1_000 },
  );
});
