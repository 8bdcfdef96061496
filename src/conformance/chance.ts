import type { Bytes, Random } from '../lib/base/index.ts';

interface Choice {
  picked: number;
  readonly options: number;
}

/**
 * The chance in a script. Election timeouts are drawn at random, and scripts tell only some of them: a run of the
 * core conforms if there are draws with which it prints what is expected. So a script is played with the first draws,
 * and after a difference again with the next ones, in the order of a depth-first search.
 */
export class Chance {
  readonly #choices: Choice[] = [];
  #at = 0;

  /** Number of choices of the present run. */
  get count(): number {
    return this.#at;
  }

  /** A number from 0 up to, not including, `options`. */
  pick(options: number): number {
    const choice = (this.#choices[this.#at++] ??= { picked: 0, options });
    return choice.picked;
  }

  /** Moves on to the next sequence of choices. False if there is none. */
  next(): boolean {
    // Choices behind the last one made belong to another past.
    this.#choices.length = Math.min(this.#choices.length, this.#at);
    this.#at = 0;
    for (let last = this.#choices.pop(); last !== undefined; last = this.#choices.pop()) {
      if (last.picked + 1 < last.options) {
        this.#choices.push({ picked: last.picked + 1, options: last.options });
        return true;
      }
    }
    return false;
  }
}

/**
 * The election timeout of one node. The core draws one whenever its role changes; the choice is put off until a tick
 * for which it matters.
 */
export class DrawnTimeout implements Random {
  /** The last draw has not been settled by a choice or by the script. */
  #open = true;

  below(): number {
    this.#open = true;
    return 0;
  }

  bytes(length: number): Bytes {
    return new Uint8Array(length);
  }

  /** The script itself says what the timeout is. */
  settle(): void {
    this.#open = false;
  }

  /**
   * The timeout to set before a tick, or undefined if nothing is to be chosen now: `elapsed` ticks went by since the
   * leader was heard from, and timeouts lie between `ticksMin` and twice that, exclusive.
   */
  choose(chance: Chance, elapsed: number, ticksMin: number): number | undefined {
    const first = elapsed + 1;
    if (!this.#open || first < ticksMin) return undefined;
    this.#open = false;
    return first + chance.pick(Math.max(1, 2 * ticksMin - first));
  }
}
