import { Sorted } from '../../schedule/index.ts';

interface Row<Id> {
  readonly id: Id;
  readonly name: string;
  /** Number of the row by its arrival. */
  readonly arrived: number;
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** By name as a person sorts: MK3-2 before MK3-10. */
export function byName(a: Row<unknown>, b: Row<unknown>): number {
  return collator.compare(a.name, b.name) || a.arrived - b.arrived;
}

export function newestFirst(a: Row<unknown>, b: Row<unknown>): number {
  return b.arrived - a.arrived;
}

/** Named things of a queue in order: printers, members, files. It is told which of them changed. */
export class RowIndex<Id> {
  readonly #rows = new Map<Id, Row<Id>>();
  readonly #sorted: Sorted<Row<Id>>;
  #arrivals = 0;

  constructor(
    order: (a: Row<unknown>, b: Row<unknown>) => number,
    things: Iterable<readonly [Id, { readonly name: string }]>,
  ) {
    for (const [id, { name }] of things) this.#rows.set(id, { id, name, arrived: this.#arrivals++ });
    this.#sorted = Sorted.of(order, [...this.#rows.values()].sort(order));
  }

  get size(): number {
    return this.#rows.size;
  }

  /** `thing`: what it is now; undefined when it is gone. */
  changed(id: Id, thing: { readonly name: string } | undefined): void {
    const known = this.#rows.get(id);
    if (known?.name === thing?.name) return;
    if (known !== undefined) {
      this.#sorted.delete(known);
      this.#rows.delete(id);
    }
    if (thing === undefined) return;
    const row = { id, name: thing.name, arrived: known?.arrived ?? this.#arrivals++ };
    this.#rows.set(id, row);
    this.#sorted.add(row);
  }

  slice(from: number, count: number): Id[] {
    return this.#sorted.slice(from, count).map((row) => row.id);
  }

  /** All ids in order. */
  *ids(): IterableIterator<Id> {
    for (const row of this.#sorted) yield row.id;
  }
}
