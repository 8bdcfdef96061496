import { SvelteMap } from 'svelte/reactivity';
import { systemClock } from '../../base/clock.ts';
import { toasts } from './toasts.svelte.ts';

/** How long a person can take back what nothing else would bring back, in milliseconds: long enough to notice a slip of the hand. */
const undoMs = 7000;

interface Waiting {
  /** Ends the wait; undefined once it was sent. */
  readonly stop: (() => void) | undefined;
  readonly toast: number;
  readonly send: () => Promise<unknown>;
  readonly back: (() => void) | undefined;
}

/**
 * What a person asked for and a slip would cost work: shown as done at once, sent when nobody took it back in time. Until then nobody
 * else has heard of it, so that taking it back is certain: no printer has begun on a bed that was not clear.
 */
export class Held {
  readonly #waiting = new SvelteMap<string, Waiting>();

  /** How many are held or on their way whose key begins so. */
  count(prefix: string): number {
    return [...this.#waiting.keys()].filter((key) => key.startsWith(prefix)).length;
  }

  /** Whether it is held, or sent and not settled. */
  has(key: string): boolean {
    return this.#waiting.has(key);
  }

  /** Whether it can still be taken back. */
  canUndo(key: string): boolean {
    return this.#waiting.get(key)?.stop !== undefined;
  }

  /**
   * @param key of which one is held at a time: another one sends the first
   * @param text says that it is done
   * @param back what to do when it is taken back
   */
  hold(key: string, text: string, send: () => Promise<unknown>, back?: () => void): void {
    this.sendNow(key);
    const stop = systemClock.after(undoMs, () => this.sendNow(key));
    const toast = toasts.show(text, { ms: undoMs, action: { label: 'Undo', run: () => this.undo(key) } });
    this.#waiting.set(key, { stop, toast, send, back });
  }

  undo(key: string): void {
    const waiting = this.#waiting.get(key);
    if (waiting?.stop === undefined) return;
    waiting.stop();
    toasts.close(waiting.toast);
    this.#waiting.delete(key);
    waiting.back?.();
  }

  /** Sends it without waiting any longer; nothing happens when it was sent or taken back. */
  sendNow(key: string): void {
    const waiting = this.#waiting.get(key);
    if (waiting?.stop === undefined) return;
    waiting.stop();
    toasts.close(waiting.toast);
    const sent = { ...waiting, stop: undefined };
    this.#waiting.set(key, sent);
    void waiting.send().finally(() => {
      if (this.#waiting.get(key) === sent) this.#waiting.delete(key);
    });
  }

  /** Sends everything. The page is about to go. */
  flush(): void {
    for (const key of [...this.#waiting.keys()]) this.sendNow(key);
  }
}
