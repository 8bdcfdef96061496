import type { Needs } from './match.ts';
import { needsOf } from './match.ts';
import type { JobSet, QueueFile, Settings } from './types.ts';

/** Needs that many sets share, with a number that no other needs have. */
export interface Needed {
  readonly number: number;
  readonly needs: Needs;
}

/** Different needs remembered by what they say; beyond, equal ones may get a second number, which costs a comparison more. */
const needsRemembered = 10_000;

/**
 * What sets need, worked out once for all that are alike: a hundred thousand sets mostly share a few files and few wishes. It is made for one
 * state of the settings; a file that says something new of itself has new metadata, so what was remembered of the old ones is not met again.
 */
export class NeedsBook {
  readonly #settings: Settings;
  readonly #known = new WeakMap<object, WeakMap<object, Needed>>();
  readonly #byText = new Map<string, Needed>();
  #numbers = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  of(set: JobSet, file: QueueFile | undefined): Needed {
    if (file === undefined) return this.#neededOf(set, undefined);
    let byFile = this.#known.get(set.requirements);
    if (byFile === undefined) {
      byFile = new WeakMap();
      this.#known.set(set.requirements, byFile);
    }
    let needed = byFile.get(file.meta);
    if (needed === undefined) {
      needed = this.#neededOf(set, file);
      byFile.set(file.meta, needed);
    }
    return needed;
  }

  #neededOf(set: JobSet, file: QueueFile | undefined): Needed {
    const needs = needsOf(set, file, this.#settings);
    const text = JSON.stringify(needs);
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    if (this.#byText.size >= needsRemembered) this.#byText.clear();
    const needed = { number: this.#numbers++, needs };
    this.#byText.set(text, needed);
    return needed;
  }
}
