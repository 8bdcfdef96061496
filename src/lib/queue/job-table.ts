import type { JobId, PeerId } from '../base/index.ts';
import { must } from '../base/index.ts';
import type { Noting, Touched } from './rows.ts';
import type { Job } from './state.ts';
import { Tally } from './tally.ts';

/** A job's place in the columns of the table: given to another job when nothing names the one before it any more. */
type Seat = number;

/** The seat before the first job, and behind the last one. */
const end: Seat = -1;

/** Bits of a seat: noted since notes were last taken; its job was deleted, but notes name it. */
const rowNoted = 1;
const placeNoted = 2;
const left = 4;

/** Seats of a new table. */
const seatsMin = 64;

/** Distance between the numbers of neighbours that were put at an end: thirteen halvings. */
const gap = 2 ** 13;
/** Distance that spreading must win, so that it is not needed again at once. */
const gapMin = 2 ** 6;

/**
 * The jobs and their order: a linked list whose jobs carry ascending numbers, so that moving and comparing cost the same however many jobs
 * there are. Where the numbers run out between two neighbours, those around are spread anew. As a map it runs in the order in which jobs
 * were added.
 *
 * Links and numbers lie in columns and not at the jobs: what grows with a queue is no command's work but its waiting for memory that no cache
 * holds, and columns are small enough for one.
 */
export class JobTable implements ReadonlyMap<JobId, Job> {
  readonly #noting: Noting;
  readonly #seats = new Map<JobId, Seat>();
  readonly #rows: (Job | undefined)[] = [];
  #previous = new Int32Array(seatsMin);
  #next = new Int32Array(seatsMin);
  /** They compare positions, mean nothing else and are not part of the state. */
  #labels = new Float64Array(seatsMin);
  #bits = new Uint8Array(seatsMin);
  #first: Seat = end;
  #last: Seat = end;
  readonly #free: Seat[] = [];
  /** Seats that are free once the notes were taken. */
  #left: Seat[] = [];
  /** Jobs as they were before they were first touched; undefined when there was none. */
  #rowsBefore: { readonly seat: Seat; readonly before: Job | undefined }[] = [];
  /** Jobs whose place changed, with the seat before them until then; undefined when they had no place. */
  #placesBefore: { readonly seat: Seat; readonly before: Seat | undefined }[] = [];

  /** Jobs that are not done, by who added them. */
  readonly #open = new Tally<PeerId>();

  constructor(noting: Noting) {
    this.#noting = noting;
  }

  /** Jobs of a member that are not done. */
  openOf(author: PeerId): number {
    return this.#open.of(author);
  }

  get size(): number {
    return this.#seats.size;
  }

  has(id: JobId): boolean {
    return this.#seats.has(id);
  }

  get(id: JobId): Job | undefined {
    const seat = this.#seats.get(id);
    return seat === undefined ? undefined : this.#rows[seat];
  }

  keys(): MapIterator<JobId> {
    return this.#seats.keys();
  }

  *values(): MapIterator<Job> {
    for (const seat of this.#seats.values()) yield this.#row(seat);
    return undefined;
  }

  *entries(): MapIterator<[JobId, Job]> {
    for (const [id, seat] of this.#seats) yield [id, this.#row(seat)];
    return undefined;
  }

  [Symbol.iterator](): MapIterator<[JobId, Job]> {
    return this.entries();
  }

  forEach(visit: (job: Job, id: JobId, table: ReadonlyMap<JobId, Job>) => void): void {
    for (const [id, job] of this) visit(job, id, this);
  }

  /** A number that ascends along the order. Changes when the job moves, or when `add` or `move` says so. */
  labelOf(id: JobId): number {
    return this.#label(this.#seatOf(id));
  }

  before(id: JobId): JobId | undefined {
    const seat = this.#seats.get(id);
    const previous = seat === undefined ? end : this.#previousOf(seat);
    return previous === end ? undefined : this.#row(previous).id;
  }

  /** Every job in the order of the queue, with its number. */
  each(visit: (job: Job, label: number) => void): void {
    for (let seat = this.#first; seat !== end; seat = this.#nextOf(seat)) {
      visit(this.#row(seat), this.#label(seat));
    }
  }

  /** In the order of the queue, from the given job on, that one included, or from the front. */
  *from(id?: JobId): IterableIterator<Job> {
    let seat = id === undefined ? this.#first : (this.#seats.get(id) ?? end);
    while (seat !== end) {
      yield this.#row(seat);
      seat = this.#nextOf(seat);
    }
  }

  /**
   * Puts a new job behind another one, at the front (null) or at the end (undefined). Returns the jobs whose numbers
   * changed beside it, though their order did not.
   */
  add(job: Job, after: JobId | null | undefined): readonly JobId[] {
    const previous = this.#seatBefore(after);
    const seat = this.#free.pop() ?? this.#newSeat();
    if (this.#noting.on) {
      this.#bits[seat] = rowNoted | placeNoted;
      this.#rowsBefore.push({ seat, before: undefined });
      this.#placesBefore.push({ seat, before: undefined });
    }
    this.#rows[seat] = job;
    this.#seats.set(job.id, seat);
    this.#countOpen(job, 1);
    return this.#link(seat, previous);
  }

  /** Puts another row in the place of a job's. */
  replace(job: Job): void {
    const seat = this.#seatOf(job.id);
    this.#noteRow(seat);
    this.#countOpen(this.#row(seat), -1);
    this.#rows[seat] = job;
    this.#countOpen(job, 1);
  }

  /** Puts a job behind another one, or at the front. Returns what `add` does. */
  move(id: JobId, after: JobId | null): readonly JobId[] {
    const seat = this.#seatOf(id);
    const previous = this.#seatBefore(after);
    this.#notePlace(seat);
    this.#unlink(seat);
    return this.#link(seat, previous);
  }

  delete(id: JobId): void {
    const seat = this.#seatOf(id);
    this.#noteRow(seat);
    this.#notePlace(seat);
    this.#countOpen(this.#row(seat), -1);
    this.#unlink(seat);
    this.#seats.delete(id);
    if (this.#noting.on) {
      this.#bits[seat] = rowNoted | placeNoted | left;
      this.#left.push(seat);
    } else this.#empty(seat);
  }

  /** Gives each row touched since the last call, as it was and is, then each job that stands behind another one than it did. */
  takeTouched(
    row: (touched: Touched<JobId, Job>) => void,
    place: (moved: Touched<JobId, JobId | null>) => void,
  ): void {
    for (const { seat, before } of this.#rowsBefore) {
      const now = this.#row(seat);
      row({ key: now.id, before, now: this.#is(seat, left) ? undefined : now });
    }
    const idOf = (seat: Seat | undefined) =>
      seat === undefined ? undefined : seat === end ? null : this.#row(seat).id;
    for (const { seat, before } of this.#placesBefore) {
      const now = this.#is(seat, left) ? undefined : this.#previousOf(seat);
      place({ key: this.#row(seat).id, before: idOf(before), now: idOf(now) });
    }
    for (const { seat } of this.#rowsBefore) this.#bits[seat] = 0;
    for (const { seat } of this.#placesBefore) this.#bits[seat] = 0;
    this.#rowsBefore = [];
    this.#placesBefore = [];
    for (const seat of this.#left) this.#empty(seat);
    this.#left = [];
  }

  #countOpen(job: Job, more: number): void {
    if (!job.done) this.#open.add(job.by, more);
  }

  #row(seat: Seat): Job {
    return must(this.#rows[seat], 'a job has its seat');
  }

  #seatOf(id: JobId): Seat {
    return must(this.#seats.get(id), 'a job that is changed is there');
  }

  #seatBefore(after: JobId | null | undefined): Seat {
    if (after === undefined) return this.#last;
    return after === null ? end : this.#seatOf(after);
  }

  #previousOf(seat: Seat): Seat {
    return must(this.#previous[seat], 'a seat has links');
  }

  #nextOf(seat: Seat): Seat {
    return must(this.#next[seat], 'a seat has links');
  }

  #label(seat: Seat): number {
    return must(this.#labels[seat], 'a seat has a number');
  }

  #is(seat: Seat, bit: number): boolean {
    return ((this.#bits[seat] ?? 0) & bit) !== 0;
  }

  #newSeat(): Seat {
    const seat = this.#rows.length;
    this.#rows.push(undefined);
    if (seat < this.#bits.length) return seat;
    this.#previous = longer(this.#previous, Int32Array);
    this.#next = longer(this.#next, Int32Array);
    this.#labels = longer(this.#labels, Float64Array);
    this.#bits = longer(this.#bits, Uint8Array);
    return seat;
  }

  #empty(seat: Seat): void {
    this.#rows[seat] = undefined;
    this.#free.push(seat);
  }

  #noteRow(seat: Seat): void {
    if (!this.#noting.on || this.#is(seat, rowNoted)) return;
    this.#bits[seat] = (this.#bits[seat] ?? 0) | rowNoted;
    this.#rowsBefore.push({ seat, before: this.#row(seat) });
  }

  #notePlace(seat: Seat): void {
    if (!this.#noting.on || seat === end || this.#is(seat, placeNoted)) return;
    this.#bits[seat] = (this.#bits[seat] ?? 0) | placeNoted;
    this.#placesBefore.push({ seat, before: this.#previousOf(seat) });
  }

  #link(seat: Seat, previous: Seat): readonly JobId[] {
    const next = previous === end ? this.#first : this.#nextOf(previous);
    this.#notePlace(next);
    const label = this.#labelBetween(previous, next);
    this.#labels[seat] = label;
    this.#previous[seat] = previous;
    this.#next[seat] = next;
    if (previous === end) this.#first = seat;
    else this.#next[previous] = seat;
    if (next === end) this.#last = seat;
    else this.#previous[next] = seat;
    const crowded =
      (previous !== end && label <= this.#label(previous)) || (next !== end && label >= this.#label(next));
    return crowded ? this.#spread(seat) : [];
  }

  #unlink(seat: Seat): void {
    const previous = this.#previousOf(seat);
    const next = this.#nextOf(seat);
    this.#notePlace(next);
    if (previous === end) this.#first = next;
    else this.#next[previous] = next;
    if (next === end) this.#last = previous;
    else this.#previous[next] = previous;
  }

  #labelBetween(previous: Seat, next: Seat): number {
    if (previous === end) return next === end ? 0 : this.#label(next) - gap;
    if (next === end) return this.#label(previous) + gap;
    return Math.floor((this.#label(previous) + this.#label(next)) / 2);
  }

  /** Gives the jobs around a crowded one even numbers, taking in more of them until there is room. */
  #spread(crowded: Seat): readonly JobId[] {
    let first = crowded;
    let last = crowded;
    let count = 1;
    for (let reach = 16; ; reach *= 2) {
      for (let i = 0; i < reach && this.#previousOf(first) !== end; i++, count++)
        first = this.#previousOf(first);
      for (let i = 0; i < reach && this.#nextOf(last) !== end; i++, count++) last = this.#nextOf(last);
      const previous = this.#previousOf(first);
      const next = this.#nextOf(last);
      const below = previous === end ? undefined : this.#label(previous);
      const above = next === end ? undefined : this.#label(next);
      const low = below ?? (above ?? 0) - gap * (count + 1);
      const high = above ?? low + gap * (count + 1);
      const step = Math.floor((high - low) / (count + 1));
      if (step < gapMin && (below !== undefined || above !== undefined)) continue;
      const moved: JobId[] = [];
      let label = low;
      for (let seat = first; seat !== next; seat = this.#nextOf(seat)) {
        label += step;
        this.#labels[seat] = label;
        if (seat !== crowded) moved.push(this.#row(seat).id);
      }
      return moved;
    }
  }
}

function longer<Column extends Int32Array | Float64Array | Uint8Array>(
  column: Column,
  make: new (length: number) => Column,
): Column {
  const twice = new make(column.length * 2);
  twice.set(column);
  return twice;
}
