import { type Log, assert } from '../base/index.ts';
import { unknownTerm } from './storage.ts';
import { type Entry, type Snapshot, noEntries } from './types.ts';

/**
 * The end of the log, as far as it is not known to be in storage, and a snapshot that is not yet in storage. Parts
 * of both may have been handed to storage already: they stay here until storage has confirmed them, so that the log
 * can be read as a whole. `offset` can lie before storage's last index: then the next write truncates.
 */
export class Unstable {
  /** The entry at position i has index `offset + i`. */
  #entries: Entry[] = [];
  offset: number;
  /** Index behind the last entry handed to storage. Never before `offset`. */
  offsetInProgress: number;
  snapshot: Snapshot | undefined;
  #snapshotInProgress = false;
  readonly #trace: Log | undefined;

  constructor(offset: number, trace: Log | undefined) {
    this.offset = offset;
    this.offsetInProgress = offset;
    this.#trace = trace;
  }

  get length(): number {
    return this.#entries.length;
  }

  /** Last index of entries and snapshot here, or -1 if there is neither. */
  lastIndex(): number {
    if (this.#entries.length > 0) return this.offset + this.#entries.length - 1;
    return this.snapshot === undefined ? -1 : this.snapshot.index;
  }

  term(index: number): number {
    if (index < this.offset) {
      const snapshot = this.snapshot;
      return snapshot !== undefined && snapshot.index === index ? snapshot.term : unknownTerm;
    }
    const at = index - this.offset;
    // The bounds check keeps V8 from reading past the end of the array, which is slow.
    return at < this.#entries.length ? (this.#entries[at]?.term ?? unknownTerm) : unknownTerm;
  }

  hasNextEntries(): boolean {
    return this.offset + this.#entries.length > this.offsetInProgress;
  }

  /** Entries that were not handed to storage yet. */
  nextEntries(): readonly Entry[] {
    const from = this.offsetInProgress - this.offset;
    return from === this.#entries.length ? noEntries : this.#entries.slice(from);
  }

  /** The snapshot, unless it was handed to storage already. */
  nextSnapshot(): Snapshot | undefined {
    return this.#snapshotInProgress ? undefined : this.snapshot;
  }

  /** Notes that everything here was handed to storage. */
  acceptInProgress(): void {
    if (this.#entries.length > 0) this.offsetInProgress = this.offset + this.#entries.length;
    if (this.snapshot !== undefined) this.#snapshotInProgress = true;
  }

  /**
   * Storage holds the log up to that entry, and no write under way can change it. Ignored if the entry was replaced
   * since.
   */
  stableTo(index: number, term: number): void {
    if (index < this.offset || this.term(index) !== term) {
      this.#trace?.debug(`entry ${term}/${index} is no longer in the unstable log, ignored`);
      return;
    }
    const count = index + 1 - this.offset;
    if (count === this.#entries.length) this.#entries.length = 0;
    else this.#entries.splice(0, count);
    this.offset = index + 1;
    if (this.offsetInProgress < this.offset) this.offsetInProgress = this.offset;
  }

  stableSnapshotTo(index: number): void {
    if (this.snapshot?.index !== index) return;
    this.snapshot = undefined;
    this.#snapshotInProgress = false;
  }

  /** Starts over behind a snapshot. */
  restore(snapshot: Snapshot): void {
    this.offset = snapshot.index + 1;
    this.offsetInProgress = this.offset;
    this.#entries = [];
    this.snapshot = snapshot;
    this.#snapshotInProgress = false;
  }

  /** Appends one entry right behind the last. */
  push(entry: Entry): void {
    this.#entries.push(entry);
  }

  /** Takes entries from position `skip` on, replacing everything from their first index. */
  append(entries: readonly Entry[], skip: number): void {
    const first = entries[skip];
    if (first === undefined) return;
    const from = first.index;
    if (from < this.offset) {
      this.#trace?.info(`replaces the unstable entries from index ${from}`);
      this.#entries.length = 0;
      this.offset = from;
      this.offsetInProgress = from;
    } else if (from < this.offset + this.#entries.length) {
      this.#trace?.info(`truncates the unstable entries from index ${from}`);
      this.#entries.length = from - this.offset;
      this.offsetInProgress = Math.min(this.offsetInProgress, from);
    }
    assert(from === this.offset + this.#entries.length, `a hole in the unstable log before index ${from}`);
    for (let i = skip; i < entries.length; i++) {
      const entry = entries[i];
      if (entry !== undefined) this.#entries.push(entry);
    }
  }

  /** Entries lo ≤ index < hi, all of them here. */
  slice(lo: number, hi: number): readonly Entry[] {
    return this.#entries.slice(lo - this.offset, hi - this.offset);
  }
}
