import type { Stream } from '@libp2p/interface';
import type { Bytes, Clock } from '../base/index.ts';
import { messageOf } from '../base/index.ts';
import { FrameStream } from './frame-stream.ts';
import { streamGrantBytes, streamWindowBytes } from './limits.ts';
import type { ProtocolLimits, WireStream } from './port.ts';

/** First byte of every frame of a stream. */
const kinds = { data: 0, grant: 1, end: 2 } as const;
const dataPrefix = new Uint8Array([kinds.data]);
const grantBytes = 5;

/**
 * A stream whose reader grants the writer bytes, because WebRTC has no back-pressure for readers: unread data would
 * pile up until the stream breaks. The end of each side is told in a frame of its own, because a lost connection
 * looks like a clean end of the bytes.
 */
export class FlowStream implements WireStream {
  readonly #frames: FrameStream;
  readonly #limits: ProtocolLimits;
  readonly #windowBytes: number;
  readonly #inbox: Bytes[] = [];
  /** Bytes written that the other side has not read, as far as we were told. */
  #unreadThereBytes = 0;
  /** Bytes that came and were not read. */
  #unreadHereBytes = 0;
  #readSinceGrantBytes = 0;
  #broken: Error | undefined;
  #ended = false;
  #otherEnded = false;
  #lastWrite: Promise<void> = Promise.resolve();
  #readWaiter: (() => void) | undefined;
  #writeWaiter: (() => void) | undefined;

  constructor(stream: Stream, clock: Clock, limits: ProtocolLimits) {
    this.#limits = limits;
    this.#windowBytes = Math.max(streamWindowBytes, 2 * limits.frameBytesMax);
    this.#frames = new FrameStream(stream, clock, Math.max(limits.frameBytesMax + 1, grantBytes), {
      onFrame: (frame) => this.#take(frame),
      onOver: (error) => this.#over(error),
    });
  }

  write(frame: Uint8Array): Promise<void> {
    if (frame.length > this.#limits.frameBytesMax) {
      this.abort(
        `A frame of ${frame.length} bytes is larger than the limit of ${this.#limits.frameBytesMax}.`,
      );
    }
    const write = this.#lastWrite.then(() => this.#write(frame));
    this.#lastWrite = write.catch(() => undefined);
    return write;
  }

  async read(): Promise<Bytes | undefined> {
    for (;;) {
      const frame = this.#inbox.shift();
      if (frame !== undefined) {
        this.#grant(frame.length);
        return frame;
      }
      if (this.#otherEnded) return undefined;
      if (this.#broken !== undefined) throw this.#broken;
      await new Promise<void>((resolve) => (this.#readWaiter = resolve));
    }
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#lastWrite;
    if (this.#broken !== undefined) return;
    this.#frames.post(new Uint8Array([kinds.end]));
    this.#closeWhenBothEnded();
  }

  abort(reason: string): void {
    if (this.#broken !== undefined) return;
    this.#break(new Error(reason));
    this.#frames.abort(new Error(reason));
  }

  async #write(frame: Uint8Array): Promise<void> {
    while (this.#unreadThereBytes > 0 && this.#unreadThereBytes + frame.length > this.#windowBytes) {
      if (this.#broken !== undefined) throw this.#broken;
      await new Promise<void>((resolve) => (this.#writeWaiter = resolve));
    }
    if (this.#broken !== undefined) throw this.#broken;
    if (this.#ended) throw new Error('The stream was closed.');
    this.#unreadThereBytes += frame.length;
    await this.#frames.write(dataPrefix, frame);
  }

  #take(frame: Bytes): void {
    const kind = frame[0];
    if (kind === kinds.data && !this.#otherEnded) {
      const data = frame.subarray(1);
      this.#unreadHereBytes += data.length;
      // The other side knows our window: more than that, and one frame, is no accident.
      if (this.#unreadHereBytes > this.#windowBytes + this.#limits.frameBytesMax) {
        this.abort('The other side sends more than was granted.');
        return;
      }
      this.#inbox.push(data);
    } else if (kind === kinds.grant && frame.length === grantBytes) {
      const granted = new DataView(frame.buffer, frame.byteOffset).getUint32(1);
      this.#unreadThereBytes = Math.max(0, this.#unreadThereBytes - granted);
    } else if (kind === kinds.end && !this.#otherEnded) {
      this.#otherEnded = true;
      this.#closeWhenBothEnded();
    } else {
      this.abort('The other side breaks the rules of the stream.');
      return;
    }
    this.#wake();
  }

  #grant(bytes: number): void {
    this.#unreadHereBytes -= bytes;
    this.#readSinceGrantBytes += bytes;
    // Empty hands grant at once: a frame as large as the window must not wait for its own grant.
    if (this.#readSinceGrantBytes < streamGrantBytes && this.#inbox.length > 0) return;
    if (this.#readSinceGrantBytes === 0 || this.#otherEnded || this.#broken !== undefined) return;
    const grant = new Uint8Array(grantBytes);
    grant[0] = kinds.grant;
    new DataView(grant.buffer).setUint32(1, this.#readSinceGrantBytes);
    this.#readSinceGrantBytes = 0;
    try {
      this.#frames.post(grant);
    } catch (error) {
      this.#break(new Error(messageOf(error)));
    }
  }

  #closeWhenBothEnded(): void {
    if (this.#ended && this.#otherEnded) this.#frames.close();
  }

  #over(error: Error | undefined): void {
    if (this.#ended && this.#otherEnded) return;
    this.#break(error ?? new Error('The connection was lost.'));
  }

  #break(error: Error): void {
    this.#broken ??= error;
    this.#inbox.length = 0;
    this.#wake();
  }

  #wake(): void {
    this.#readWaiter?.();
    this.#readWaiter = undefined;
    this.#writeWaiter?.();
    this.#writeWaiter = undefined;
  }
}
