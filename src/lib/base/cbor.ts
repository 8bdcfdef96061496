import type { Bytes } from './bytes.ts';
import { fromUtf8 } from './bytes.ts';

/**
 * How deep values may be nested. Our deepest shape has eight levels; without a limit, a message of nothing but
 * opening brackets would end the reader with a stack overflow.
 */
export const cborDepthMax = 32;

/** Texts up to this length are read byte by byte: a decoder costs more than that. In bytes. */
const plainTextBytesMax = 48;

/** Thrown by `readCanonical`: the bytes are no canonical dag-cbor. */
export class NotCanonical extends Error {
  override readonly name = 'NotCanonical';
}

/**
 * The value that these bytes are the canonical dag-cbor of: `encode` of it gives the very same bytes. Of everything
 * else it throws `NotCanonical`, and nothing but that. It allocates no more than the bytes at hand justify.
 *
 * Refused are: numbers and lengths that are not written in their shortest form, whole numbers beyond 2^53 − 1,
 * floating-point numbers of 16 or 32 bits, those of 64 bits that are whole, −0, NaN or infinite, texts that are not
 * UTF-8, keys that are no text, repeated or out of order, indefinite lengths, tags, undefined and all other simple
 * values, what is nested deeper than `cborDepthMax`, and bytes left over. A byte order mark is a character like any
 * other. The key `__proto__` is refused: no shape has it, and objects treat it apart.
 */
export function readCanonical(bytes: Uint8Array): unknown {
  const cursor: Cursor = { bytes, at: 0 };
  const value = read(cursor, 0);
  if (cursor.at !== bytes.length) throw new NotCanonical('bytes left over');
  return value;
}

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

function read(cursor: Cursor, depth: number): unknown {
  const head = cursor.bytes[cursor.at++];
  if (head === undefined) throw new NotCanonical('cut short');
  const minor = head & 31;
  switch (head >> 5) {
    case 0:
      return argument(cursor, minor);
    case 1: {
      const value = -1 - argument(cursor, minor);
      if (!Number.isSafeInteger(value)) throw new NotCanonical('a number that is too large');
      return value;
    }
    case 2: {
      const start = take(cursor, minor);
      const out: Bytes = new Uint8Array(cursor.at - start);
      out.set(cursor.bytes.subarray(start, cursor.at));
      return out;
    }
    case 3: {
      const start = take(cursor, minor);
      return text(cursor.bytes, start, cursor.at);
    }
    case 4:
      return array(cursor, minor, depth);
    case 5:
      return map(cursor, minor, depth);
    case 7:
      return simple(cursor, minor);
    default:
      throw new NotCanonical('a tag');
  }
}

/** The number beside or behind a head: a value or a length. */
function argument(cursor: Cursor, minor: number): number {
  if (minor < 24) return minor;
  if (minor > 27) throw new NotCanonical('an indefinite or unknown length');
  const { bytes, at } = cursor;
  const size = 1 << (minor - 24);
  if (at + size > bytes.length) throw new NotCanonical('cut short');
  let value = 0;
  for (let i = at; i < at + size; i++) value = value * 256 + (bytes[i] ?? 0);
  cursor.at = at + size;
  const least = size === 1 ? 24 : 256 ** (size / 2);
  if (value < least) throw new NotCanonical('a number that could be written shorter');
  if (value > Number.MAX_SAFE_INTEGER) throw new NotCanonical('a number that is too large');
  return value;
}

/** Steps over that many bytes; where they begin. */
function take(cursor: Cursor, minor: number): number {
  const length = argument(cursor, minor);
  const start = cursor.at;
  if (length > cursor.bytes.length - start) throw new NotCanonical('cut short');
  cursor.at = start + length;
  return start;
}

function text(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > plainTextBytesMax) return wide(bytes.subarray(start, end));
  let out = '';
  for (let i = start; i < end; i++) {
    const code = bytes[i] ?? 0;
    if (code > 127) return wide(bytes.subarray(start, end));
    out += String.fromCharCode(code);
  }
  return out;
}

function wide(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch {
    throw new NotCanonical('a text that is not UTF-8');
  }
}

function array(cursor: Cursor, minor: number, depth: number): unknown[] {
  const length = count(cursor, minor, 1, depth);
  const out: unknown[] = [];
  for (let i = 0; i < length; i++) out.push(read(cursor, depth + 1));
  return out;
}

function map(cursor: Cursor, minor: number, depth: number): Record<string, unknown> {
  const length = count(cursor, minor, 2, depth);
  const { bytes } = cursor;
  const out: Record<string, unknown> = {};
  let before = 0;
  let beforeEnd = 0;
  for (let i = 0; i < length; i++) {
    const head = bytes[cursor.at++] ?? 0;
    if (head >> 5 !== 3) throw new NotCanonical('a key that is no text');
    const start = take(cursor, head & 31);
    if (i > 0 && !ascends(bytes, before, beforeEnd, start, cursor.at))
      throw new NotCanonical('keys that are repeated or out of order');
    before = start;
    beforeEnd = cursor.at;
    const key = text(bytes, start, cursor.at);
    if (key === '__proto__') throw new NotCanonical('a key that no shape has');
    out[key] = read(cursor, depth + 1);
  }
  return out;
}

/** How many things follow, each of which takes so many bytes at least. */
function count(cursor: Cursor, minor: number, bytesEach: number, depth: number): number {
  const length = argument(cursor, minor);
  if (length * bytesEach > cursor.bytes.length - cursor.at) throw new NotCanonical('cut short');
  if (depth >= cborDepthMax) throw new NotCanonical('nested too deep');
  return length;
}

/** Whether the second key belongs behind the first: shorter ones stand first, equally long ones by their bytes. */
function ascends(bytes: Uint8Array, a: number, aEnd: number, b: number, bEnd: number): boolean {
  const difference = bEnd - b - (aEnd - a);
  if (difference !== 0) return difference > 0;
  for (let i = a, j = b; i < aEnd; i++, j++) {
    const step = (bytes[j] ?? 0) - (bytes[i] ?? 0);
    if (step !== 0) return step > 0;
  }
  return false;
}

function simple(cursor: Cursor, minor: number): boolean | number | null {
  if (minor === 20) return false;
  if (minor === 21) return true;
  if (minor === 22) return null;
  if (minor !== 27) throw new NotCanonical('a simple value or number that is not used');
  const { bytes, at } = cursor;
  if (at + 8 > bytes.length) throw new NotCanonical('cut short');
  cursor.at = at + 8;
  const value = new DataView(bytes.buffer, bytes.byteOffset + at, 8).getFloat64(0);
  // −0 is a safe integer too: the encoder writes 0 for it.
  if (!Number.isFinite(value) || Number.isSafeInteger(value))
    throw new NotCanonical('a number that has another form');
  return value;
}
