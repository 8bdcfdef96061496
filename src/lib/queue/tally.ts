import { assert } from '../base/index.ts';

/** How many of something each key has. Derived from a table, and no part of a snapshot. */
export class Tally<Key> {
  readonly #counts = new Map<Key, number>();

  of(key: Key): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: Key, more: number): void {
    const count = this.of(key) + more;
    assert(count >= 0, 'a tally counts no less than nothing');
    if (count === 0) this.#counts.delete(key);
    else this.#counts.set(key, count);
  }
}
