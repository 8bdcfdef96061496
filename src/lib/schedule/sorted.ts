/** Entries of one piece: small enough to shift, large enough to keep pieces few. */
const pieceMax = 256;

/**
 * A list that stays sorted, in pieces: adding, taking away and finding the first cost nearly the same however long it is.
 * No two entries may compare equal, and an entry must compare the same for as long as it is in the list.
 */
export class Sorted<Item> implements Iterable<Item> {
  readonly #compare: (a: Item, b: Item) => number;
  readonly #pieces: Item[][] = [];
  #size = 0;

  constructor(compare: (a: Item, b: Item) => number) {
    this.#compare = compare;
  }

  /** A list of entries that are in order already. */
  static of<Item>(compare: (a: Item, b: Item) => number, items: readonly Item[]): Sorted<Item> {
    const sorted = new Sorted(compare);
    for (let i = 0; i < items.length; i += pieceMax) sorted.#pieces.push(items.slice(i, i + pieceMax));
    sorted.#size = items.length;
    return sorted;
  }

  /** Entries in any order, for a list that is empty so far: sorted at once, which costs little when they nearly are. */
  fill(items: readonly Item[]): void {
    const sorted = [...items].sort(this.#compare);
    for (let i = 0; i < sorted.length; i += pieceMax) this.#pieces.push(sorted.slice(i, i + pieceMax));
    this.#size = sorted.length;
  }

  get size(): number {
    return this.#size;
  }

  /** The entries from a place on, counted from 0: `count` of them, or as many as there are. */
  slice(from: number, count: number): Item[] {
    const found: Item[] = [];
    let skip = Math.max(0, from);
    for (const piece of this.#pieces) {
      if (skip >= piece.length) {
        skip -= piece.length;
        continue;
      }
      found.push(...piece.slice(skip, skip + count - found.length));
      skip = 0;
      if (found.length >= count) break;
    }
    return found;
  }

  /** How many entries stand before this one. */
  placeOf(item: Item): number {
    const at = this.#pieceOf(item);
    let before = 0;
    for (let i = 0; i < at; i++) before += this.#pieces[i]?.length ?? 0;
    return before + this.#placeIn(this.#pieces[at] ?? [], item);
  }

  first(): Item | undefined {
    return this.#pieces[0]?.[0];
  }

  last(): Item | undefined {
    return this.#pieces.at(-1)?.at(-1);
  }

  add(item: Item): void {
    this.#size++;
    const at = Math.max(0, this.#pieceOf(item));
    const piece = this.#pieces[at];
    if (piece === undefined) {
      this.#pieces.push([item]);
      return;
    }
    piece.splice(this.#placeIn(piece, item), 0, item);
    if (piece.length > pieceMax) this.#pieces.splice(at + 1, 0, piece.splice(pieceMax >> 1));
  }

  /** Whether the entry was there. */
  delete(item: Item): boolean {
    const at = this.#pieceOf(item);
    const piece = this.#pieces[at];
    if (piece === undefined) return false;
    const place = this.#placeIn(piece, item);
    const found = piece[place];
    if (found === undefined || this.#compare(found, item) !== 0) return false;
    piece.splice(place, 1);
    if (piece.length === 0) this.#pieces.splice(at, 1);
    this.#size--;
    return true;
  }

  *[Symbol.iterator](): IterableIterator<Item> {
    for (const piece of this.#pieces) yield* piece;
  }

  *backwards(): IterableIterator<Item> {
    for (let i = this.#pieces.length - 1; i >= 0; i--) {
      const piece = this.#pieces[i] ?? [];
      for (let j = piece.length - 1; j >= 0; j--) {
        const item = piece[j];
        if (item !== undefined) yield item;
      }
    }
  }

  /** The last piece that does not begin behind the entry, -1 if all do. */
  #pieceOf(item: Item): number {
    let low = 0;
    let high = this.#pieces.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const first = this.#pieces[middle]?.[0];
      if (first !== undefined && this.#compare(first, item) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #placeIn(piece: readonly Item[], item: Item): number {
    let low = 0;
    let high = piece.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const there = piece[middle];
      if (there !== undefined && this.#compare(there, item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
