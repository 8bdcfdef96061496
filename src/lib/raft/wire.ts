import { assert } from '../base/index.ts';
import { noBytes } from './types.ts';

/** Bytes that a writer starts with: most messages fit. */
const initialBytes = 4096;
/** A writer that grew beyond this gives the memory back when it is cleared. */
const keptBytes = 256 * 1024;

/** Arrays up to this are copied without asking whose they are. */
const smallBytes = 128;

/** Collects bytes. Reusable. */
export class Writer {
  #bytes = new Uint8Array(initialBytes);
  #at = 0;

  clear(): void {
    this.#at = 0;
    if (this.#bytes.length > keptBytes) this.#bytes = new Uint8Array(initialBytes);
  }

  /** A copy of what was written. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#at);
  }

  byte(value: number): void {
    if (this.#at === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#at++] = value;
  }

  /** A whole number from 0 to 2^53 - 1 in at most 8 bytes. */
  varint(value: number): void {
    assert(value >= 0 && Number.isSafeInteger(value), `${value} cannot be written as a varint`);
    if (this.#at + 8 > this.#bytes.length) this.#grow(8);
    const bytes = this.#bytes;
    let at = this.#at;
    let rest = value;
    // Bit operations hold 31 bits; what is larger is divided first.
    while (rest > 0x7fffffff) {
      bytes[at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      bytes[at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    this.#at = at;
  }

  raw(data: Uint8Array): void {
    if (this.#at + data.length > this.#bytes.length) this.#grow(data.length);
    this.#bytes.set(data, this.#at);
    this.#at += data.length;
  }

  /** Length and bytes. */
  block(data: Uint8Array): void {
    this.varint(data.length);
    this.raw(data);
  }

  #grow(by: number): void {
    const bytes = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + by));
    bytes.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = bytes;
  }
}

/**
 * Reads bytes from outside. After the first thing that does not fit it has failed: it gives zeros and nothing more,
 * and whoever reads asks once, at the end.
 */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #owned: boolean;
  #at = 0;
  #failed = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    // V8 keeps small arrays without a buffer, and would make one if asked for it.
    this.#owned = bytes.length > smallBytes && bytes.length === bytes.buffer.byteLength;
  }

  get failed(): boolean {
    return this.#failed;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  fail(): void {
    this.#failed = true;
    this.#at = this.#bytes.length;
  }

  /** True if everything was read and all of it fitted. */
  finished(): boolean {
    return !this.#failed && this.#at === this.#bytes.length;
  }

  byte(): number {
    const value = this.#bytes[this.#at];
    if (value === undefined) {
      this.fail();
      return 0;
    }
    this.#at++;
    return value;
  }

  /** A number up to `max`, in its shortest form. */
  varint(max: number): number {
    const bytes = this.#bytes;
    let value = 0;
    let unit = 1;
    for (let i = 0; i < 8; i++) {
      const byte = bytes[this.#at++];
      if (byte === undefined) break;
      value += (byte & 127) * unit;
      if (byte < 128) {
        if (value > max || (byte === 0 && i > 0)) break;
        return value;
      }
      unit *= 128;
    }
    this.fail();
    return 0;
  }

  /**
   * Bytes of a message that owns its buffer are given as views: they keep nothing alive but their own message. Of a
   * message inside a larger buffer they are copied.
   */
  raw(length: number): Uint8Array {
    if (length > this.remaining) {
      this.fail();
      return noBytes;
    }
    if (length === 0) return noBytes;
    const from = this.#at;
    this.#at += length;
    return this.#owned ? this.#bytes.subarray(from, this.#at) : this.#bytes.slice(from, this.#at);
  }

  block(max: number): Uint8Array {
    return this.raw(this.varint(max));
  }
}
