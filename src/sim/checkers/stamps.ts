import { type Checker, violated } from './checker.ts';
import type { Scene } from '../ledger.ts';
import type { Site } from '../site.ts';

const headBytes = 7;

/** Log time: the stamps of committed entries never run backwards. */
export class Stamps implements Checker {
  readonly name = 'stamps';
  readonly #scene: Scene;
  #checked = 0;
  #stampMs = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  onCommit(_site: Site, _from: number, fresh: boolean): void {
    if (!fresh) return;
    const { ledger } = this.#scene;
    while (this.#checked < ledger.length) {
      const entry = ledger.at(++this.#checked);
      if (entry === undefined || entry.type !== 0 || entry.data.length < headBytes) continue;
      let stampMs = 0;
      for (let i = 1; i < headBytes; i++) stampMs = stampMs * 256 + (entry.data[i] ?? 0);
      if (stampMs < this.#stampMs) {
        violated(this, `entry ${entry.index} is stamped ${stampMs} ms, behind one of ${this.#stampMs} ms`);
      }
      this.#stampMs = stampMs;
    }
  }
}
