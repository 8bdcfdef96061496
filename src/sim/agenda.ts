/** What is to happen, by virtual time; of one instant in the order in which it was asked for. */
export class Agenda {
  nowMs = 0;
  #nextOrder = 0;
  readonly #heap: Item[] = [];

  get size(): number {
    return this.#heap.length;
  }

  after(delayMs: number, run: () => void): void {
    const heap = this.#heap;
    const item = { atMs: this.nowMs + Math.max(0, delayMs), order: this.#nextOrder++, run };
    let at = heap.length;
    heap.push(item);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || !before(item, parent)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = item;
  }

  /** Runs the next item. False when there is none. */
  step(): boolean {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return false;
    if (heap.length > 0) this.#sink(last);
    this.nowMs = first.atMs;
    first.run();
    return true;
  }

  #sink(item: Item): void {
    const heap = this.#heap;
    const count = heap.length;
    let at = 0;
    for (;;) {
      let below = at * 2 + 1;
      let child = heap[below];
      if (child === undefined) break;
      const right = below + 1 < count ? heap[below + 1] : undefined;
      if (right !== undefined && before(right, child)) {
        below++;
        child = right;
      }
      if (!before(child, item)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = item;
  }
}

interface Item {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

function before(a: Item, b: Item): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
