import type { PeerId } from '../base/index.ts';

export interface StrangersOptions {
  /** Strangers that are attended to at once. */
  readonly strangersMax: number;
  /** Streams of one of them at once. */
  readonly streamsMax: number;
}

/** Places for what strangers open towards this peer: a few for each of a few, so that their buffers are bounded whatever they do. */
export class Strangers {
  readonly #options: StrangersOptions;
  readonly #open = new Map<PeerId, number>();

  constructor(options: StrangersOptions) {
    this.#options = options;
  }

  /** Takes a place. @returns what gives it back, once; undefined when there is none. */
  enter(peer: PeerId): (() => void) | undefined {
    const { strangersMax, streamsMax } = this.#options;
    const open = this.#open.get(peer) ?? 0;
    if (open >= streamsMax || (open === 0 && this.#open.size >= strangersMax)) return undefined;
    this.#open.set(peer, open + 1);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      const left = (this.#open.get(peer) ?? 0) - 1;
      if (left > 0) this.#open.set(peer, left);
      else this.#open.delete(peer);
    };
  }
}
