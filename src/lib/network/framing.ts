import type { Bytes } from '../base/index.ts';

/** A frame whose length prefix breaks the rules: its stream is of no use any more. */
export class FramingError extends Error {
  override readonly name = 'FramingError';
}

/** Longest length prefix: four bytes of seven bits hold 256 MiB. */
const prefixBytesMax = 4;

/** A frame on the wire: its length as an unsigned LEB128 varint, then its parts. */
export function frameOf(...parts: readonly Uint8Array[]): Bytes {
  let length = 0;
  for (const part of parts) length += part.length;
  const prefix: number[] = [];
  for (let rest = length; ; rest >>>= 7) {
    prefix.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
    if (rest <= 0x7f) break;
  }
  const out = new Uint8Array(prefix.length + length);
  out.set(prefix);
  let at = prefix.length;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Cuts a stream of bytes, in whatever pieces it comes, into frames of at most `frameBytesMax`. */
export class FrameDecoder {
  readonly #frameBytesMax: number;
  #length = 0;
  #prefixBytes = 0;
  #frame: Bytes | undefined;
  #filled = 0;

  constructor(frameBytesMax: number) {
    this.#frameBytesMax = frameBytesMax;
  }

  /** True between two frames: a stream that ends elsewhere was cut off. */
  get atBoundary(): boolean {
    return this.#frame === undefined && this.#prefixBytes === 0;
  }

  /** The frames that are complete with these bytes, each with a buffer of its own. Throws FramingError. */
  push(bytes: Uint8Array): Bytes[] {
    const frames: Bytes[] = [];
    for (let at = 0; at < bytes.length;) {
      if (this.#frame === undefined) {
        this.#takePrefix(bytes[at++] ?? 0);
      } else {
        const part = bytes.subarray(at, at + this.#frame.length - this.#filled);
        this.#frame.set(part, this.#filled);
        this.#filled += part.length;
        at += part.length;
      }
      if (this.#frame !== undefined && this.#filled === this.#frame.length) {
        frames.push(this.#frame);
        this.#frame = undefined;
        this.#filled = 0;
      }
    }
    return frames;
  }

  #takePrefix(byte: number): void {
    this.#length |= (byte & 0x7f) << (7 * this.#prefixBytes);
    this.#prefixBytes++;
    if (byte > 0x7f) {
      if (this.#prefixBytes === prefixBytesMax)
        throw new FramingError('The length of a frame makes no sense.');
      return;
    }
    if (byte === 0 && this.#prefixBytes > 1)
      throw new FramingError('The length of a frame is longer than it need be.');
    if (this.#length > this.#frameBytesMax) {
      throw new FramingError(
        `A frame of ${this.#length} bytes is larger than the limit of ${this.#frameBytesMax}.`,
      );
    }
    this.#frame = new Uint8Array(this.#length);
    this.#length = 0;
    this.#prefixBytes = 0;
  }
}
