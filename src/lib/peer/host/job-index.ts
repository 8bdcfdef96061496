import type { JobId, PeerId } from '../../base/index.ts';
import { type Change, type Job, type JobSet, type QueueView, freeOf, setsOf } from '../../queue/index.ts';
import { Sorted } from '../../schedule/index.ts';
import type { JobFilter } from '../api.ts';
import { searchesKept } from '../limits.ts';

/** One job as lists need it. Never changes: a job that changed gets a new entry. */
interface Entry {
  readonly job: JobId;
  /** Place in the order of the queue. */
  readonly label: number;
  readonly by: PeerId;
  readonly filters: readonly JobFilter[];
  /** Copies to come of a job that may be printed. */
  readonly waiting: number;
  /** What is searched, in small letters; made when somebody searches. */
  text: string | undefined;
}

interface Search {
  readonly list: Sorted<Entry>;
  readonly matches: (entry: Entry) => boolean;
  readonly words: readonly string[];
  readonly filter: JobFilter;
}

/** What a window shows: jobs from a place on, and how many there are. */
export interface JobsFound {
  readonly jobs: readonly JobId[];
  readonly total: number;
}

const inOrder = (a: Entry, b: Entry) => a.label - b.label;
const filters: readonly JobFilter[] = ['all', 'waiting', 'printing', 'asks', 'drafts', 'done', 'mine'];

/**
 * The jobs of a queue in lists that are kept while the queue changes: a window of any of them, its counts and the copies to come cost
 * the same for a hundred jobs and for a hundred thousand. A new search looks at every job once, later changes only at what changed.
 */
export class JobIndex {
  readonly #view: QueueView;
  readonly #self: PeerId;
  readonly #entries = new Map<JobId, Entry>();
  readonly #lists = new Map<JobFilter, Sorted<Entry>>();
  readonly #searches = new Map<string, Search>();
  readonly #combinations: (readonly JobFilter[] | undefined)[] = [];
  #waiting = 0;
  #ahead: Iterator<Entry> | undefined;

  constructor(view: QueueView, self: PeerId) {
    this.#view = view;
    this.#self = self;
    const lists = new Map<JobFilter, Entry[]>(filters.map((filter) => [filter, []]));
    view.eachJob((job, label, sets) => {
      const entry = this.#entryOf(job, label, sets);
      this.#entries.set(job.id, entry);
      this.#waiting += entry.waiting;
      for (const filter of entry.filters) lists.get(filter)?.push(entry);
    });
    for (const [filter, entries] of lists) this.#lists.set(filter, Sorted.of(inOrder, entries));
  }

  /** Copies that wait, over all jobs. */
  get waiting(): number {
    return this.#waiting;
  }

  counts(): Record<JobFilter, number> {
    const count = (filter: JobFilter) => this.#lists.get(filter)?.size ?? 0;
    return {
      all: count('all'),
      waiting: count('waiting'),
      printing: count('printing'),
      asks: count('asks'),
      drafts: count('drafts'),
      done: count('done'),
      mine: count('mine'),
    };
  }

  /** Must be given the changes of every applied entry. */
  update(changed: readonly Change[]): void {
    const jobs = new Set<JobId>();
    for (const change of changed) {
      if (change.kind === 'job') jobs.add(change.id);
      else if (change.kind === 'print') {
        const job = this.#view.prints.get(change.id)?.job;
        if (job !== undefined) jobs.add(job);
      } else if (change.kind === 'member') this.#searches.clear();
      else if (change.kind === 'file' && (this.#view.files.get(change.id)?.uses ?? 0) > 0) this.#readAgain();
    }
    // All out before any goes in: numbers of neighbours may have changed together.
    for (const job of jobs) this.#remove(job);
    for (const job of jobs) this.#add(job);
  }

  /** The jobs of a window. `text`: every word of it must be found in the name, a file's name, the notes or the owner's name. */
  find(filter: JobFilter, text: string, offset: number, count: number): JobsFound {
    const list = this.#listOf(filter, text);
    return { jobs: list.slice(offset, count).map((entry) => entry.job), total: list.size };
  }

  /**
   * Prepares the search in so many more jobs, so that the first keystroke does not have to do it for all.
   * @returns whether there are more
   */
  readAhead(count: number): boolean {
    this.#ahead ??= this.#entries.values();
    for (let i = 0; i < count; i++) {
      const next = this.#ahead.next();
      if (next.done === true) return false;
      this.#textOf(next.value);
    }
    return true;
  }

  /** How many jobs stand before this one in the order of the queue. */
  placeOf(job: JobId): number {
    const entry = this.#entries.get(job);
    return entry === undefined ? 0 : (this.#lists.get('all')?.placeOf(entry) ?? 0);
  }

  /** The job at a place of the whole order. */
  at(place: number): JobId | undefined {
    return this.#lists.get('all')?.slice(place, 1)[0]?.job;
  }

  #listOf(filter: JobFilter, text: string): Sorted<Entry> {
    const base = this.#lists.get(filter) ?? new Sorted(inOrder);
    const words = text
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    if (words.length === 0) return base;
    const key = `${filter} ${words.join(' ')}`;
    const known = this.#searches.get(key);
    if (known !== undefined) return known.list;
    const owners = words.map((word) => this.#ownersNamed(word));
    const matches = (entry: Entry) =>
      words.every((word, at) => this.#textOf(entry).includes(word) || owners[at]?.has(entry.by) === true);
    // Typing on narrows the search: what did not match before does not match now.
    const wider = [...this.#searches.values()].find(
      (search) =>
        search.filter === filter &&
        search.words.every((word) => words.some((longer) => longer.includes(word))),
    );
    const found: Entry[] = [];
    for (const entry of wider?.list ?? base) if (matches(entry)) found.push(entry);
    const list = Sorted.of(inOrder, found);
    this.#searches.set(key, { list, matches, words, filter });
    const [oldest] = this.#searches.keys();
    if (this.#searches.size > searchesKept && oldest !== undefined) this.#searches.delete(oldest);
    return list;
  }

  #ownersNamed(word: string): ReadonlySet<PeerId> {
    const found = new Set<PeerId>();
    for (const { peer, name } of this.#view.members.values())
      if (name.toLowerCase().includes(word)) found.add(peer);
    return found;
  }

  #textOf(entry: Entry): string {
    if (entry.text !== undefined) return entry.text;
    const job = this.#view.jobs.get(entry.job);
    if (job === undefined) return '';
    let text = job.name;
    for (const id of job.sets) {
      const set = this.#view.sets.get(id);
      if (set !== undefined) text += `\n${this.#view.files.get(set.file)?.name ?? ''}`;
    }
    if (job.notes !== '') text += `\n${job.notes}`;
    entry.text = text.toLowerCase();
    return entry.text;
  }

  /** A file has another name: any job may name it. */
  #readAgain(): void {
    this.#searches.clear();
    for (const entry of this.#entries.values()) entry.text = undefined;
  }

  #remove(job: JobId): void {
    const entry = this.#entries.get(job);
    if (entry === undefined) return;
    this.#entries.delete(job);
    this.#waiting -= entry.waiting;
    for (const filter of entry.filters) this.#lists.get(filter)?.delete(entry);
    for (const { list } of this.#searches.values()) list.delete(entry);
  }

  #add(id: JobId): void {
    const job = this.#view.jobs.get(id);
    if (job === undefined) return;
    const entry = this.#entryOf(job, this.#view.jobLabel(id), setsOf(this.#view, job));
    this.#entries.set(id, entry);
    this.#waiting += entry.waiting;
    for (const filter of entry.filters) this.#lists.get(filter)?.add(entry);
    for (const { list, matches, filter } of this.#searches.values())
      if (entry.filters.includes(filter) && matches(entry)) list.add(entry);
  }

  #entryOf(job: Job, label: number, sets: readonly JobSet[]): Entry {
    let free = 0;
    let printing = false;
    let asks = false;
    for (const set of sets) {
      free += freeOf(job, set);
      printing ||= set.active.length > 0;
      asks ||= set.quarantine !== undefined || set.onHold.length > 0;
      asks ||= set.active.some((print) => this.#view.prints.get(print)?.lostMs !== undefined);
    }
    const waits = free > 0 && !job.draft && !job.done;
    // In the order of `filters`.
    const bits =
      1 |
      (waits ? 2 : 0) |
      (printing ? 4 : 0) |
      (asks ? 8 : 0) |
      (job.draft ? 16 : 0) |
      (job.done ? 32 : 0) |
      (job.by === this.#self ? 64 : 0);
    return {
      job: job.id,
      label,
      by: job.by,
      filters: this.#filtersOf(bits),
      waiting: waits ? free : 0,
      text: undefined,
    };
  }

  /** Shared by all jobs that stand in the same lists. */
  #filtersOf(bits: number): readonly JobFilter[] {
    let known = this.#combinations[bits];
    if (known === undefined) {
      known = filters.filter((_, at) => (bits & (1 << at)) !== 0);
      this.#combinations[bits] = known;
    }
    return known;
  }
}
