import type { JobId } from '../base/index.ts';
import { must } from '../base/index.ts';
import type { Noting } from './rows.ts';

interface Node {
  readonly id: JobId;
  /** Compares positions; means nothing else and is not part of the state. */
  label: number;
  previous: Node | undefined;
  next: Node | undefined;
}

/**
 * Distance between the labels of neighbours that were put at an end: thirteen halvings. The labels of a hundred thousand jobs stay below 2^30,
 * where engines keep a number in its place instead of beside it.
 */
const gap = 2 ** 13;
/** Distance that spreading must win, so that it is not needed again at once. */
const gapMin = 2 ** 6;

/**
 * The order of jobs: a linked list whose nodes carry ascending numbers, so that moving and comparing cost the same
 * however many jobs there are. Where the numbers run out between two neighbours, those around are spread anew.
 */
export class JobOrder {
  readonly #nodes = new Map<JobId, Node>();
  readonly #noting: Noting;
  /** Jobs whose place changed, with the job before them until then: null at the front, undefined when they had no place. */
  readonly #before = new Map<JobId, JobId | null | undefined>();
  #first: Node | undefined;
  #last: Node | undefined;

  constructor(noting: Noting) {
    this.#noting = noting;
  }

  get size(): number {
    return this.#nodes.size;
  }

  /** The jobs that came to stand behind another one since the last call, as `Rows.takeTouched` tells them. */
  *takeTouched(): IterableIterator<{
    readonly key: JobId;
    readonly before: JobId | null | undefined;
    readonly now: JobId | null | undefined;
  }> {
    for (const [key, before] of this.#before) yield { key, before, now: this.#placeOf(key) };
    this.#before.clear();
  }

  #placeOf(job: JobId): JobId | null | undefined {
    const node = this.#nodes.get(job);
    return node === undefined ? undefined : (node.previous?.id ?? null);
  }

  #note(job: JobId | undefined): void {
    if (job !== undefined && this.#noting.on && !this.#before.has(job))
      this.#before.set(job, this.#placeOf(job));
  }

  has(job: JobId): boolean {
    return this.#nodes.has(job);
  }

  /** A number that ascends along the order. Changes when the job moves or `insert` says so. */
  labelOf(job: JobId): number {
    return must(this.#nodes.get(job), 'a job has its place in the order').label;
  }

  before(job: JobId): JobId | undefined {
    return this.#nodes.get(job)?.previous?.id;
  }

  /**
   * Puts a job behind another one, at the front (null) or at the end (undefined). Returns the jobs whose labels
   * changed beside it, though their order did not.
   */
  insert(job: JobId, after: JobId | null | undefined): readonly JobId[] {
    const previous =
      after === undefined
        ? this.#last
        : after === null
          ? undefined
          : must(this.#nodes.get(after), 'a job stands behind one that is there');
    const next = previous === undefined ? this.#first : previous.next;
    this.#note(job);
    this.#note(next?.id);
    const node: Node = { id: job, label: labelBetween(previous, next), previous, next };
    if (previous === undefined) this.#first = node;
    else previous.next = node;
    if (next === undefined) this.#last = node;
    else next.previous = node;
    this.#nodes.set(job, node);
    const crowded =
      (previous !== undefined && node.label <= previous.label) ||
      (next !== undefined && node.label >= next.label);
    return crowded ? spread(node) : [];
  }

  remove(job: JobId): void {
    const node = must(this.#nodes.get(job), 'a removed job has its place in the order');
    this.#note(job);
    this.#note(node.next?.id);
    if (node.previous === undefined) this.#first = node.next;
    else node.previous.next = node.next;
    if (node.next === undefined) this.#last = node.previous;
    else node.next.previous = node.previous;
    this.#nodes.delete(job);
  }

  /** Every job from the front, with its label. */
  each(visit: (job: JobId, label: number) => void): void {
    for (let node = this.#first; node !== undefined; node = node.next) visit(node.id, node.label);
  }

  /** From the given job on, that one included, or from the front. */
  *from(job?: JobId): IterableIterator<JobId> {
    let node = job === undefined ? this.#first : this.#nodes.get(job);
    while (node !== undefined) {
      yield node.id;
      node = node.next;
    }
  }
}

function labelBetween(previous: Node | undefined, next: Node | undefined): number {
  if (previous === undefined) return next === undefined ? 0 : next.label - gap;
  if (next === undefined) return previous.label + gap;
  return Math.floor((previous.label + next.label) / 2);
}

/** Gives the nodes around a crowded one even labels, taking in more of them until there is room. */
function spread(crowded: Node): readonly JobId[] {
  let first = crowded;
  let last = crowded;
  let count = 1;
  for (let reach = 16; ; reach *= 2) {
    for (let i = 0; i < reach && first.previous !== undefined; i++, count++) first = first.previous;
    for (let i = 0; i < reach && last.next !== undefined; i++, count++) last = last.next;
    const below = first.previous?.label;
    const above = last.next?.label;
    const low = below ?? (above ?? 0) - gap * (count + 1);
    const high = above ?? low + gap * (count + 1);
    const step = Math.floor((high - low) / (count + 1));
    if (step < gapMin && (below !== undefined || above !== undefined)) continue;
    const moved: JobId[] = [];
    let label = low;
    for (
      let node: Node | undefined = first;
      node !== undefined;
      node = node === last ? undefined : node.next
    ) {
      label += step;
      node.label = label;
      if (node !== crowded) moved.push(node.id);
    }
    return moved;
  }
}
