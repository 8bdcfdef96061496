import { type Refusal, assert } from '../base/index.ts';
import {
  type ConfState,
  type Entry,
  type EntrySize,
  type HardState,
  type Snapshot,
  emptyHardState,
  emptySnapshot,
  entryBytes,
  noEntries,
} from './types.ts';

/** What `term` gives for an index that was compacted away or is not in the log. */
export const unknownTerm = -1;

/**
 * What the core reads from its driver: the part of the log that is already written. Reads are synchronous, so the
 * driver keeps the log's tail in memory and writes it through. The core never writes here: it hands out work.
 */
export interface Storage {
  /** What was durable when the replica started. */
  initialState(): { readonly hardState: HardState; readonly confState: ConfState };
  /** Entries lo ≤ index < hi, all of them in the log; as many as fit in `bytesMax`, at least one. */
  entries(lo: number, hi: number, bytesMax: number): readonly Entry[];
  /** Term of the entry, from firstIndex - 1 to lastIndex; otherwise `unknownTerm`. */
  term(index: number): number;
  firstIndex(): number;
  lastIndex(): number;
  /** A snapshot for a member that is too far behind; undefined if there is none right now. */
  snapshot(): Snapshot | undefined;
}

export const compactedRefusal: Refusal = {
  code: 'compacted',
  text: 'requested index is unavailable due to compaction',
};
export const outdatedSnapshotRefusal: Refusal = {
  code: 'snapshot-outdated',
  text: 'requested index is older than the existing snapshot',
};

/** The longest prefix within `bytesMax`, but at least one entry. Gives the same array if all fit. */
export function limitBytes(
  entries: readonly Entry[],
  bytesMax: number,
  entrySize: EntrySize,
): readonly Entry[] {
  if (bytesMax === Infinity) return entries;
  let bytes = 0;
  for (const [i, entry] of entries.entries()) {
    bytes += entrySize(entry);
    if (bytes > bytesMax && i > 0) return entries.slice(0, i);
  }
  return entries;
}

/** A log in memory: the tail behind the last compaction, and one snapshot. */
export class MemoryStorage implements Storage {
  #hardState: HardState = emptyHardState;
  #snapshot: Snapshot = emptySnapshot;
  /** Index and term of the entry just before the first one. */
  #beforeIndex = 0;
  #beforeTerm = 0;
  #entries: Entry[] = [];
  readonly #entrySize: EntrySize;

  /** `entrySize` must be the one that the core counts with. */
  constructor(entrySize: EntrySize = entryBytes) {
    this.#entrySize = entrySize;
  }

  initialState(): { readonly hardState: HardState; readonly confState: ConfState } {
    return { hardState: this.#hardState, confState: this.#snapshot.confState };
  }

  entries(lo: number, hi: number, bytesMax: number): readonly Entry[] {
    assert(lo > this.#beforeIndex && hi <= this.lastIndex() + 1, `entries ${lo} to ${hi} are not in the log`);
    const from = lo - this.#beforeIndex - 1;
    return limitBytes(this.#entries.slice(from, from + hi - lo), bytesMax, this.#entrySize);
  }

  term(index: number): number {
    if (index === this.#beforeIndex) return this.#beforeTerm;
    return this.#entries[index - this.#beforeIndex - 1]?.term ?? unknownTerm;
  }

  firstIndex(): number {
    return this.#beforeIndex + 1;
  }

  lastIndex(): number {
    return this.#beforeIndex + this.#entries.length;
  }

  snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  setHardState(state: HardState): void {
    this.#hardState = state;
  }

  /** Takes entries that follow the log without a hole. Those from the first new index on are replaced. */
  append(entries: readonly Entry[]): void {
    const first = entries[0];
    if (first === undefined) return;
    const at = first.index - this.#beforeIndex - 1;
    // What was compacted away meanwhile is left out.
    const skip = Math.max(0, -at);
    if (skip >= entries.length) return;
    const keep = at + skip;
    assert(
      keep <= this.#entries.length,
      `a hole in the log: last ${this.lastIndex()}, append at ${first.index}`,
    );
    if (keep < this.#entries.length) this.#entries.length = keep;
    for (let i = skip; i < entries.length; i++) {
      const entry = entries[i];
      if (entry !== undefined) this.#entries.push(entry);
    }
  }

  /** Drops all entries up to and including `index`, which must be applied and covered by a snapshot. */
  compact(index: number): Refusal | undefined {
    if (index <= this.#beforeIndex) return compactedRefusal;
    assert(index <= this.lastIndex(), `compaction to ${index} goes past the last index ${this.lastIndex()}`);
    this.#beforeTerm = this.term(index);
    this.#entries = this.#entries.slice(index - this.#beforeIndex);
    this.#beforeIndex = index;
    return undefined;
  }

  /** Keeps a snapshot of the state after `index`. */
  createSnapshot(index: number, confState: ConfState | undefined, data: Uint8Array): Refusal | undefined {
    if (index <= this.#snapshot.index) return outdatedSnapshotRefusal;
    assert(index <= this.lastIndex(), `snapshot ${index} goes past the last index ${this.lastIndex()}`);
    const term = this.term(index);
    this.#snapshot = { index, term, confState: confState ?? this.#snapshot.confState, data };
    return undefined;
  }

  /** Replaces everything by a snapshot. Refused if it is older than the one at hand. */
  applySnapshot(snapshot: Snapshot): Refusal | undefined {
    if (this.#snapshot.index >= snapshot.index) return outdatedSnapshotRefusal;
    this.#snapshot = snapshot;
    this.#beforeIndex = snapshot.index;
    this.#beforeTerm = snapshot.term;
    this.#entries = [];
    return undefined;
  }

  /** All entries at hand, for tests and inspection. */
  all(): readonly Entry[] {
    return this.#entries.length === 0 ? noEntries : this.#entries.slice();
  }
}
