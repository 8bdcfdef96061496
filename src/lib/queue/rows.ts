/** Whether tables note what changes: not while they are filled from a snapshot. */
export interface Noting {
  on: boolean;
}

/** A row as it was when somebody last asked, and as it is; undefined where there is none. */
export interface Touched<Key, Row> {
  readonly key: Key;
  readonly before: Row | undefined;
  readonly now: Row | undefined;
}

/** Rows that are set before a place that nobody asked for again is forgotten: it would keep the memory of the table as it was alive. */
const placeKeptFor = 4_096;

/**
 * A table of the state that remembers which rows were touched since it was last asked, and what they were before: so the hash of the
 * state is brought up to date by those rows alone.
 */
export class Rows<Key, Row> extends Map<Key, Row> {
  readonly #noting: Noting;
  /** What a row was before it was first touched; undefined when there was none. */
  readonly #before = new Map<Key, Row | undefined>();
  readonly #keep: (key: Key, row: Row) => Row;
  /** Stands behind the first key, as long as that is known: a map finds its first key only by passing all that were deleted before it. */
  #place: Iterator<Key> | undefined;
  #first: { readonly key: Key } | undefined;
  #setSinceAsked = 0;

  /** @param keep for rows that are changed in place: what is to be remembered of one before it changes */
  constructor(noting: Noting, keep: (key: Key, row: Row) => Row = (_key, row) => row) {
    super();
    this.#noting = noting;
    this.#keep = keep;
  }

  /** The key that was set longest ago of those that are there. */
  oldest(): Key | undefined {
    this.#setSinceAsked = 0;
    if (this.#first !== undefined) return this.#first.key;
    this.#place ??= this.keys();
    const next = this.#place.next();
    if (next.done === true) {
      this.#place = undefined;
      return undefined;
    }
    this.#first = { key: next.value };
    return next.value;
  }

  /**
   * A lookup that costs least when rows are asked for in the order in which they were set, as after reading a snapshot: it goes along
   * with who asks instead of searching. Of no use any more once the table changes.
   */
  following(keyOf: (row: Row) => Key): (key: Key) => Row | undefined {
    const rows = this.values();
    const next = (): Row | undefined => rows.next().value;
    let here = next();
    let ahead = next();
    return (key) => {
      // One that stands elsewhere, or was skipped, costs a search and no more.
      if (ahead !== undefined && keyOf(ahead) === key && (here === undefined || keyOf(here) !== key)) {
        here = ahead;
        ahead = next();
      }
      if (here === undefined || keyOf(here) !== key) return this.get(key);
      const found = here;
      here = ahead;
      ahead = next();
      return found;
    };
  }

  override set(key: Key, row: Row): this {
    if (this.#place !== undefined && ++this.#setSinceAsked > placeKeptFor) {
      this.#place = undefined;
      this.#first = undefined;
    }
    this.#note(key);
    return super.set(key, row);
  }

  override delete(key: Key): boolean {
    if (this.#first?.key === key) this.#first = undefined;
    this.#note(key);
    return super.delete(key);
  }

  /** The rows touched since the last call, as they were and as they are. */
  *takeTouched(): IterableIterator<Touched<Key, Row>> {
    for (const [key, before] of this.#before) yield { key, before, now: this.get(key) };
    this.#before.clear();
  }

  #note(key: Key): void {
    if (!this.#noting.on || this.#before.has(key)) return;
    const row = this.get(key);
    this.#before.set(key, row === undefined ? undefined : this.#keep(key, row));
  }
}
