import type { Stream } from '@libp2p/interface';
import type { Bytes, Clock } from '../base/index.ts';
import { messageOf } from '../base/index.ts';
import { drainTimeoutMs } from './limits.ts';
import { FrameDecoder, frameOf } from './framing.ts';

export interface FrameEvents {
  onFrame(frame: Bytes): void;
  /**
   * Nothing more will come: with an error when the stream broke. Without one it may still have been cut off: a lost
   * WebRTC connection looks like a clean end. Called once, and last.
   */
  onOver(error: Error | undefined): void;
}

/** Frames over a stream of libp2p, which keeps no boundaries: events in, awaited writes out. */
export class FrameStream {
  readonly #stream: Stream;
  readonly #clock: Clock;
  readonly #decoder: FrameDecoder;
  readonly #events: FrameEvents;
  #over = false;

  constructor(stream: Stream, clock: Clock, frameBytesMax: number, events: FrameEvents) {
    this.#stream = stream;
    this.#clock = clock;
    this.#decoder = new FrameDecoder(frameBytesMax);
    this.#events = events;
    stream.addEventListener('end', () => this.#finish(undefined));
    stream.addEventListener('close', (event) => this.#finish(event.error));
    // Last: what came before we listened is delivered from here on.
    stream.addEventListener('message', (event) => this.#take(event.data.subarray()));
    if (stream.readableEnded) queueMicrotask(() => this.#finish(undefined));
  }

  get open(): boolean {
    return this.#stream.status === 'open' && this.#stream.writeStatus === 'writable';
  }

  /** Hands a frame over. Resolves when the stream has room for the next. Rejects when the stream breaks. */
  async write(...parts: readonly Uint8Array[]): Promise<void> {
    if (this.#stream.send(frameOf(...parts))) return;
    const timeout = new AbortController();
    const cancel = this.#clock.after(drainTimeoutMs, () => timeout.abort());
    try {
      await this.#stream.onDrain({ signal: timeout.signal });
    } catch (error) {
      const stuck = new Error(
        timeout.signal.aborted ? 'The other side takes no more data.' : messageOf(error),
      );
      this.abort(stuck);
      throw stuck;
    } finally {
      cancel();
    }
  }

  /** Hands a small frame over without waiting for room. */
  post(...parts: readonly Uint8Array[]): void {
    this.#stream.send(frameOf(...parts));
  }

  /** Ends our side once everything is out. Errors on the way mean that the other side is gone: so be it. */
  close(): void {
    this.#stream.close().catch((error: unknown) => this.#stream.abort(new Error(messageOf(error))));
  }

  abort(error: Error): void {
    this.#stream.abort(error);
    this.#finish(error);
  }

  #take(bytes: Uint8Array): void {
    if (this.#over) return;
    try {
      for (const frame of this.#decoder.push(bytes)) this.#events.onFrame(frame);
    } catch (error) {
      this.abort(error instanceof Error ? error : new Error(messageOf(error)));
    }
  }

  #finish(error: Error | undefined): void {
    if (this.#over) return;
    // A reset tells of its end before it tells of its error: the error is the better word.
    if (error === undefined && (this.#stream.status === 'reset' || this.#stream.status === 'aborted')) {
      queueMicrotask(() => this.#finish(new Error('The other side broke off.')));
      return;
    }
    this.#over = true;
    this.#events.onOver(
      error ?? (this.#decoder.atBoundary ? undefined : new Error('The stream was cut off.')),
    );
  }
}
