import type * as v from 'valibot';
import type { Bytes } from '../base/index.ts';
import { NotCanonical, decode, encode, fromUtf8, shape, utf8 } from '../base/index.ts';

/**
 * The form of snapshots: numbers as variable-length bytes, texts and values that repeat written once. Equal states give equal
 * bytes, and a hundred thousand jobs are read well within a second, which a general codec would not do.
 */
export class Writer {
  #bytes = new Uint8Array(64 * 1024);
  #length = 0;
  readonly #texts = new Map<string, number>();
  readonly #values = new Map<string, number>();

  /** A whole number from 0 to 2^53 − 1. */
  uint(value: number): void {
    this.#room(8);
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** A whole number of either sign. */
  int(value: number): void {
    this.bool(value < 0);
    this.uint(Math.abs(value));
  }

  bool(value: boolean): void {
    this.uint(value ? 1 : 0);
  }

  /** A whole number that may be missing. */
  maybe(value: number | undefined): void {
    this.uint(value === undefined ? 0 : value + 1);
  }

  bytes(value: Uint8Array): void {
    this.uint(value.length);
    this.#room(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** A text that is seldom met twice. */
  text(value: string): void {
    const length = value.length;
    this.#room(length + 8);
    const start = this.#length;
    this.uint(length);
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 127) {
        this.#length = start;
        this.bytes(utf8(value));
        return;
      }
      this.#bytes[this.#length++] = code;
    }
  }

  /** A text that is met often: the second time only its number is written. */
  name(value: string): void {
    const known = this.#texts.get(value);
    if (known !== undefined) {
      this.uint(known + 1);
      return;
    }
    this.#texts.set(value, this.#texts.size);
    this.uint(0);
    this.text(value);
  }

  /** A text that is met often, or may be missing. */
  maybeName(value: string | undefined): void {
    this.bool(value !== undefined);
    if (value !== undefined) this.name(value);
  }

  /** Any plain value, as canonical dag-cbor; written once when met again. */
  value(value: object): void {
    let packed = encodedValues.get(value);
    if (packed === undefined) {
      packed = packedOf(encode(value));
      encodedValues.set(value, packed);
    }
    // Only short values are looked for: the key is the whole value then.
    const shared = packed.bytes.length <= sharedBytesMax;
    const known = shared ? this.#values.get(packed.key) : undefined;
    if (known !== undefined) {
      this.uint(known + 2);
      return;
    }
    if (shared) this.#values.set(packed.key, this.#values.size);
    this.uint(shared ? 0 : 1);
    this.bytes(packed.bytes);
  }

  finish(): Bytes {
    return this.#bytes.slice(0, this.#length);
  }

  /** What was written so far, in memory that the next write changes. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Begins anew: nothing was written, nothing was met. */
  reset(): void {
    this.#length = 0;
    if (this.#texts.size > 0) this.#texts.clear();
    if (this.#values.size > 0) this.#values.clear();
  }

  #room(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** Canonical bytes of values that do not change: settings, requirements, metadata. */
const encodedValues = new WeakMap<object, Packed>();

interface Packed {
  readonly bytes: Bytes;
  readonly key: string;
}

/** Values up to this are looked for among those that were written. In bytes; below the arguments that a call may have. */
const sharedBytesMax = 4096;

function packedOf(bytes: Bytes): Packed {
  return { bytes, key: `${String.fromCharCode(...bytes.subarray(0, sharedBytesMax))}/${bytes.length}` };
}

/** Longer texts than this go to the decoder. In characters; far below the arguments that a call may have. */
const textCodesMax = 256;

/** Thrown inside the reader only; `restore` turns it into a refusal. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/**
 * Reads what `Writer` wrote. Throws `Unreadable` on anything else, also on what would be written otherwise (a text or value told a second time),
 * and never allocates more than the bytes at hand.
 */
export class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;
  readonly #texts: string[] = [];
  readonly #knownTexts = new Set<string>();
  readonly #values: { readonly value: unknown; readonly fits: Set<v.GenericSchema> }[] = [];
  readonly #knownValues = new Set<string>();
  readonly #codes: number[] = [];

  constructor(bytes: Uint8Array) {
    // A plain view: a Buffer's `slice` would share its memory.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  uint(): number {
    // Most numbers are small.
    const first = this.#bytes[this.#at];
    if (first !== undefined && first < 128) {
      this.#at++;
      return first;
    }
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new Unreadable('cut short');
      value += (byte & 127) * scale;
      if (byte < 128) {
        if (!Number.isSafeInteger(value) || (byte === 0 && i > 0))
          throw new Unreadable('no canonical number');
        return value;
      }
      scale *= 128;
    }
    throw new Unreadable('number too long');
  }

  int(): number {
    const negative = this.bool();
    const value = this.uint();
    if (negative && value === 0) throw new Unreadable('no canonical number');
    return negative ? -value : value;
  }

  bool(): boolean {
    const value = this.uint();
    if (value > 1) throw new Unreadable('neither true nor false');
    return value === 1;
  }

  maybe(): number | undefined {
    const value = this.uint();
    return value === 0 ? undefined : value - 1;
  }

  /** A count of things that follow, each of which takes a byte at least. */
  count(): number {
    const value = this.uint();
    if (value > this.#bytes.length - this.#at) throw new Unreadable('more things than bytes');
    return value;
  }

  bytes(): Bytes {
    const length = this.count();
    const out = this.#bytes.slice(this.#at, this.#at + length);
    this.#at += length;
    return out as Bytes;
  }

  text(): string {
    const length = this.count();
    if (length === 0) return '';
    const start = this.#at;
    this.#at += length;
    if (length > textCodesMax) return this.#wide(start);
    // Most texts are short and plain: their codes are made a text in one call, which costs half of a decoder or of adding them one by one.
    const codes = this.#codes;
    codes.length = length;
    for (let i = 0; i < length; i++) {
      const code = this.#bytes[start + i] ?? 0;
      if (code > 127) return this.#wide(start);
      codes[i] = code;
    }
    return String.fromCharCode.apply(undefined, codes);
  }

  name(): string {
    const known = this.uint();
    if (known === 0) {
      const text = this.text();
      if (this.#knownTexts.has(text)) throw new Unreadable('a name told twice');
      this.#knownTexts.add(text);
      this.#texts.push(text);
      return text;
    }
    const text = this.#texts[known - 1];
    if (text === undefined) throw new Unreadable('a name that was not written');
    return text;
  }

  maybeName(): string | undefined {
    return this.bool() ? this.name() : undefined;
  }

  /** A value of that shape. */
  value<Schema extends v.GenericSchema>(schema: Schema): v.InferOutput<Schema> {
    const known = this.uint();
    const told = known <= 1 ? this.#newValue(known === 0) : this.#values[known - 2];
    if (told === undefined) throw new Unreadable('a value that was not written');
    if (!told.fits.has(schema)) {
      const checked = shape(schema, told.value);
      if (!checked.ok) throw new Unreadable('a value of another shape');
      told.fits.add(schema);
    }
    // Shapes of bytes change nothing: it is the value that was decoded.
    return told.value as v.InferOutput<Schema>;
  }

  #newValue(shared: boolean) {
    const packed = packedOf(this.bytes());
    if (shared !== packed.bytes.length <= sharedBytesMax) throw new Unreadable('a value of another length');
    const told = { value: decoded(packed.bytes), fits: new Set<v.GenericSchema>() };
    if (typeof told.value === 'object' && told.value !== null) encodedValues.set(told.value, packed);
    if (!shared) return told;
    if (this.#knownValues.has(packed.key)) throw new Unreadable('a value told twice');
    this.#knownValues.add(packed.key);
    this.#values.push(told);
    return told;
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new Unreadable('bytes left over');
  }

  /** The text from a place to where the reader is now. */
  #wide(start: number): string {
    try {
      return fromUtf8(this.#bytes.subarray(start, this.#at));
    } catch {
      throw new Unreadable('not a text');
    }
  }
}

function decoded(bytes: Uint8Array): unknown {
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof NotCanonical) throw new Unreadable('not a value');
    throw error;
  }
}

/** A count and that many things. */
export function list<Item>(
  w: Writer,
  items: Iterable<Item>,
  size: number,
  write: (item: Item) => void,
): void {
  w.uint(size);
  for (const item of items) write(item);
}

const empty: readonly never[] = [];

/** @param rows what the things that are read are put into: none of them may stand there twice */
export function repeat(r: Reader, rows: { readonly size: number }, read: () => void): void {
  const count = r.count();
  const before = rows.size;
  for (let left = count; left > 0; left--) read();
  if (rows.size !== before + count) throw new Unreadable('a row told twice');
}

export function array<Item>(r: Reader, read: () => Item): readonly Item[] {
  let left = r.count();
  // Most lists of a large queue are empty: one stands for all.
  if (left === 0) return empty;
  const out: Item[] = [];
  for (; left > 0; left--) out.push(read());
  return out;
}

/** One of a fixed list, written as its place in it. */
export function pick<Item>(r: Reader, items: readonly Item[]): Item {
  const item = items[r.uint()];
  if (item === undefined) throw new Unreadable('a choice that does not exist');
  return item;
}
