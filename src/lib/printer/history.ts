import { historyLinesMax } from './limits.ts';

/** A numbered command that was sent at least once. */
export interface Entry {
  readonly number: number;
  readonly command: string;
  readonly id: number;
  readonly long: boolean;
  readonly dwellMs: number;
  /** Whether the printer was told to have taken it. */
  done: boolean;
}

/** The newest numbered commands, for when the printer asks for one again. */
export class History {
  readonly #ring: (Entry | undefined)[] = [];
  #oldest: number;
  #next: number;

  constructor(first: number) {
    this.#oldest = first;
    this.#next = first;
  }

  /** The number the next command gets. */
  get next(): number {
    return this.#next;
  }

  add(command: Omit<Entry, 'number' | 'done'>): Entry {
    const entry: Entry = { ...command, number: this.#next, done: false };
    this.#ring[this.#next % historyLinesMax] = entry;
    this.#next += 1;
    if (this.#next - this.#oldest > historyLinesMax) this.#oldest = this.#next - historyLinesMax;
    return entry;
  }

  /** The command of this number, or undefined if it was never sent or is forgotten. */
  get(number: number): Entry | undefined {
    if (number < this.#oldest || number >= this.#next) return undefined;
    const entry = this.#ring[number % historyLinesMax];
    return entry?.number === number ? entry : undefined;
  }
}
