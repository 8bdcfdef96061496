/** Whether tables note what changes: not while they are filled from a snapshot. */
export interface Noting {
  on: boolean;
}

/**
 * A table of the state that remembers which rows were touched since it was last asked, and what they were before: so the hash of the
 * state is brought up to date by those rows alone.
 */
export class Rows<Key, Row> extends Map<Key, Row> {
  readonly #noting: Noting;
  /** What a row was before it was first touched; undefined when there was none. */
  readonly #before = new Map<Key, Row | undefined>();
  readonly #keep: (key: Key, row: Row) => Row;

  /** @param keep for rows that are changed in place: what is to be remembered of one before it changes */
  constructor(noting: Noting, keep: (key: Key, row: Row) => Row = (_key, row) => row) {
    super();
    this.#noting = noting;
    this.#keep = keep;
  }

  override set(key: Key, row: Row): this {
    this.#note(key);
    return super.set(key, row);
  }

  override delete(key: Key): boolean {
    this.#note(key);
    return super.delete(key);
  }

  /** The rows touched since the last call, as they were and as they are; undefined where there is none. */
  *takeTouched(): IterableIterator<{
    readonly key: Key;
    readonly before: Row | undefined;
    readonly now: Row | undefined;
  }> {
    for (const [key, before] of this.#before) yield { key, before, now: this.get(key) };
    this.#before.clear();
  }

  #note(key: Key): void {
    if (!this.#noting.on || this.#before.has(key)) return;
    const row = this.get(key);
    this.#before.set(key, row === undefined ? undefined : this.#keep(key, row));
  }
}
