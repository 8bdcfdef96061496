interface Due {
  readonly atMs: number;
  readonly id: string;
}

/**
 * Which print must be looked at when: a heap that may hold a time that has since moved later, never one that is
 * too late. Whoever asks for the first gives the real time, and the heap is put right. So a renewal costs nothing here.
 */
export class Deadlines<Id extends string> {
  readonly #heap: Due[] = [];
  /** The one entry of each id that counts. */
  readonly #queued = new Map<Id, number>();

  /** Must be called when a deadline appears or moves earlier. */
  add(id: Id, atMs: number): void {
    const queued = this.#queued.get(id);
    if (queued !== undefined && queued <= atMs) return;
    this.#queued.set(id, atMs);
    this.#heap.push({ atMs, id });
    this.#up(this.#heap.length - 1);
  }

  /**
   * The earliest deadline. `real` gives the true one of an id, undefined if it has none. Equal times come in order
   * of ids, on every replica alike.
   */
  first(real: (id: Id) => number | undefined): { readonly id: Id; readonly atMs: number } | undefined {
    for (;;) {
      const top = this.#heap[0];
      if (top === undefined) return undefined;
      const id = top.id as Id;
      if (this.#queued.get(id) === top.atMs) {
        const atMs = real(id);
        if (atMs === top.atMs) return { id, atMs };
        this.#queued.delete(id);
        this.#pop();
        if (atMs !== undefined) this.add(id, atMs);
      } else {
        this.#pop();
      }
    }
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    let at = 0;
    for (;;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.#heap.length && this.#less(child, least)) least = child;
      }
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #up(from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#less(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #less(a: number, b: number): boolean {
    const left = this.#heap[a];
    const right = this.#heap[b];
    if (left === undefined || right === undefined) return false;
    return left.atMs < right.atMs || (left.atMs === right.atMs && left.id < right.id);
  }

  #swap(a: number, b: number): void {
    const left = this.#heap[a];
    const right = this.#heap[b];
    if (left === undefined || right === undefined) return;
    this.#heap[a] = right;
    this.#heap[b] = left;
  }
}
