import type { Connection } from '@libp2p/interface';
import type { Clock, Log } from '../base/index.ts';
import { messageOf } from '../base/index.ts';
import { FrameStream } from './frame-stream.ts';
import { dialTimeoutMs, outboundStreamsMax } from './limits.ts';
import type { ProtocolId, ProtocolLimits } from './port.ts';

interface OutboxOptions {
  readonly protocol: ProtocolId;
  readonly limits: ProtocolLimits;
  readonly clock: Clock;
  readonly log: Log;
  /** The connection to send over now. */
  readonly best: () => Connection | undefined;
}

/** Messages of one protocol on their way to one peer: one long-lived stream, over the best connection there is. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #queue: Uint8Array[] = [];
  #waitingBytes = 0;
  #pumping = false;
  #stream: { readonly frames: FrameStream; readonly connection: Connection } | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Takes a message, or refuses it when too much waits already. */
  push(message: Uint8Array): boolean {
    const { limits } = this.#options;
    if (message.length > limits.frameBytesMax || this.#waitingBytes + message.length > limits.outboxBytesMax)
      return false;
    // The caller may use its bytes again before ours are out.
    this.#queue.push(message.slice());
    this.#waitingBytes += message.length;
    if (!this.#pumping) {
      this.#pumping = true;
      void this.#pump().finally(() => (this.#pumping = false));
    }
    return true;
  }

  /** Forgets what waits, and ends the stream. */
  clear(): void {
    this.#queue.length = 0;
    this.#waitingBytes = 0;
    this.#stream?.frames.close();
    this.#stream = undefined;
  }

  async #pump(): Promise<void> {
    for (;;) {
      const message = this.#queue[0];
      if (message === undefined) return;
      try {
        const frames = await this.#open();
        if (frames === undefined) return this.clear();
        if (this.#queue[0] !== message) continue;
        await frames.write(message);
      } catch (error) {
        // This message is lost; the next may have better luck over another connection.
        this.#options.log.debug(`${this.#options.protocol}: a message was lost: ${messageOf(error)}`);
        this.#stream = undefined;
      }
      if (this.#queue[0] === message) {
        this.#queue.shift();
        this.#waitingBytes -= message.length;
      }
    }
  }

  async #open(): Promise<FrameStream | undefined> {
    const connection = this.#options.best();
    if (connection === undefined) return undefined;
    if (this.#stream?.connection === connection && this.#stream.frames.open) return this.#stream.frames;
    this.#stream?.frames.close();
    this.#stream = undefined;
    const timeout = new AbortController();
    const cancel = this.#options.clock.after(dialTimeoutMs, () =>
      timeout.abort(new Error('no answer in time')),
    );
    try {
      const stream = await connection.newStream(this.#options.protocol, {
        signal: timeout.signal,
        runOnLimitedConnection: true,
        maxOutboundStreams: outboundStreamsMax,
      });
      // Nothing comes back on this stream.
      const frames = new FrameStream(stream, this.#options.clock, 0, {
        onFrame: () => frames.abort(new Error('Unexpected data.')),
        onOver: () => {
          if (this.#stream?.frames === frames) this.#stream = undefined;
        },
      });
      this.#stream = { frames, connection };
      return frames;
    } finally {
      cancel();
    }
  }
}
