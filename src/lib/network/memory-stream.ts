import type { Bytes } from '../base/index.ts';
import type { WireStream } from './port.ts';

/** One end of a stream inside this process, which its network can break. */
export interface MemoryEnd extends WireStream {
  break(reason: string): void;
}

interface PairOptions {
  /** Runs what arrives at the other end, later. `out`: from the first end to the second. */
  readonly carry: (direction: 'out' | 'back', run: () => void) => void;
  readonly frameBytesMax: number;
  readonly windowBytes: number;
}

/** Two ends of one stream: what is written to the one is read from the other. */
export function memoryStreamPair(options: PairOptions): [MemoryEnd, MemoryEnd] {
  const near = new End(options, 'out');
  const far = new End(options, 'back');
  near.pairWith(far);
  far.pairWith(near);
  return [near, far];
}

class End implements MemoryEnd {
  readonly #options: PairOptions;
  readonly #direction: 'out' | 'back';
  #other: End | undefined;
  readonly #inbox: Bytes[] = [];
  #unreadBytes = 0;
  #broken: Error | undefined;
  #ended = false;
  #otherEnded = false;
  #readWaiter: (() => void) | undefined;
  readonly #writeWaiters: (() => void)[] = [];

  constructor(options: PairOptions, direction: 'out' | 'back') {
    this.#options = options;
    this.#direction = direction;
  }

  pairWith(other: End): void {
    this.#other = other;
  }

  async write(frame: Uint8Array): Promise<void> {
    if (frame.length > this.#options.frameBytesMax) {
      this.abort('A frame is larger than its limit.');
    }
    this.#check();
    if (this.#ended) throw new Error('The stream was closed.');
    // Bytes count as unread from the moment they are written: what is on its way has a place reserved.
    while (this.#unreadBytes > 0 && this.#unreadBytes + frame.length > this.#options.windowBytes) {
      await new Promise<void>((resolve) => this.#writeWaiters.push(resolve));
      this.#check();
    }
    this.#unreadBytes += frame.length;
    const copy = frame.slice() as Bytes;
    this.#options.carry(this.#direction, () => this.#other?.take(copy));
  }

  async read(): Promise<Bytes | undefined> {
    while (this.#inbox.length === 0) {
      this.#check();
      if (this.#otherEnded) return undefined;
      await new Promise<void>((resolve) => (this.#readWaiter = resolve));
    }
    const frame = this.#inbox.shift();
    if (frame !== undefined) this.#options.carry(this.#direction, () => this.#other?.granted(frame.length));
    return frame;
  }

  close(): Promise<void> {
    if (!this.#ended && this.#broken === undefined) {
      this.#ended = true;
      this.#options.carry(this.#direction, () => this.#other?.end());
    }
    return Promise.resolve();
  }

  abort(reason: string): void {
    if (this.#broken !== undefined) return;
    this.break(reason);
    this.#options.carry(this.#direction, () => this.#other?.break(`The other side broke off: ${reason}`));
  }

  break(reason: string): void {
    this.#broken ??= new Error(reason);
    this.#inbox.length = 0;
    this.#wake();
  }

  take(frame: Bytes): void {
    if (this.#broken !== undefined) return;
    this.#inbox.push(frame);
    this.#wake();
  }

  end(): void {
    this.#otherEnded = true;
    this.#wake();
  }

  granted(bytes: number): void {
    this.#unreadBytes -= bytes;
    this.#wake();
  }

  #check(): void {
    if (this.#broken !== undefined) throw this.#broken;
  }

  #wake(): void {
    this.#readWaiter?.();
    this.#readWaiter = undefined;
    for (const wake of this.#writeWaiters.splice(0)) wake();
  }
}
