import { Fault, type Log, assert } from '../base/index.ts';
import { type Storage, limitBytes, unknownTerm } from './storage.ts';
import { type Entry, type EntrySize, type Snapshot, entriesBytes, entryBytes, noEntries } from './types.ts';
import { Unstable } from './unstable.ts';

/**
 * The replicated log: what is in storage, the unstable end, and how far it is committed, handed out for
 * application, and applied. Always applied ≤ applying ≤ committed ≤ last index.
 */
export class RaftLog {
  readonly storage: Storage;
  readonly unstable: Unstable;
  committed: number;
  applying: number;
  applied: number;
  readonly #trace: Log | undefined;
  /** Bytes of entries that may be in application at the same time. */
  readonly applyingBytesMax: number;
  readonly #entrySize: EntrySize;
  #applyingBytes = 0;
  #applyingPaused = false;

  constructor(
    storage: Storage,
    trace: Log | undefined,
    applyingBytesMax: number,
    entrySize: EntrySize = entryBytes,
  ) {
    this.storage = storage;
    this.#trace = trace;
    this.applyingBytesMax = applyingBytesMax;
    this.#entrySize = entrySize;
    this.unstable = new Unstable(storage.lastIndex() + 1, trace);
    this.committed = storage.firstIndex() - 1;
    this.applying = this.committed;
    this.applied = this.committed;
  }

  firstIndex(): number {
    const snapshot = this.unstable.snapshot;
    return snapshot === undefined ? this.storage.firstIndex() : snapshot.index + 1;
  }

  lastIndex(): number {
    const last = this.unstable.lastIndex();
    return last >= 0 ? last : this.storage.lastIndex();
  }

  lastTerm(): number {
    const term = this.term(this.lastIndex());
    assert(term !== unknownTerm, 'the last entry of the log has no term');
    return term;
  }

  /** Term of an entry, or `unknownTerm` outside of firstIndex - 1 … lastIndex. */
  term(index: number): number {
    const term = this.unstable.term(index);
    if (term !== unknownTerm) return term;
    if (index + 1 < this.firstIndex() || index > this.lastIndex()) return unknownTerm;
    return this.storage.term(index);
  }

  matches(index: number, term: number): boolean {
    return term !== unknownTerm && this.term(index) === term;
  }

  /** True if a log that ends there is at least as new as ours: later term first, then length. */
  isUpToDate(lastIndex: number, lastTerm: number): boolean {
    const ours = this.lastTerm();
    return lastTerm > ours || (lastTerm === ours && lastIndex >= this.lastIndex());
  }

  /**
   * Takes a leader's entries that follow the entry (prevIndex, prevTerm). Gives the index of the last of them, or -1
   * if our log does not hold that entry. Entries that we hold already are kept: only a conflict truncates.
   */
  maybeAppend(prevIndex: number, prevTerm: number, entries: readonly Entry[], commit: number): number {
    if (!this.matches(prevIndex, prevTerm)) return -1;
    const last = prevIndex + entries.length;
    const skip = this.#countMatching(entries);
    const next = entries[skip];
    if (next !== undefined) {
      if (next.index <= this.committed) {
        throw new Fault(`entry ${next.index} conflicts with a committed one (committed ${this.committed})`);
      }
      this.unstable.append(entries, skip);
    }
    this.commitTo(Math.min(commit, last));
    return last;
  }

  /**
   * The highest index up to `index` whose term is not above `term`, or is unknown: the other log cannot agree with
   * ours in between. Gives the index; its term (0 if unknown) is `termOrZero` of it.
   */
  conflictHint(index: number, term: number): number {
    for (let at = index; at > 0; at--) {
      const ours = this.term(at);
      if (ours === unknownTerm || ours <= term) return at;
    }
    return 0;
  }

  termOrZero(index: number): number {
    const term = this.term(index);
    return term === unknownTerm ? 0 : term;
  }

  commitTo(index: number): void {
    if (index <= this.committed) return;
    assert(
      index <= this.lastIndex(),
      `commit ${index} is beyond the last index ${this.lastIndex()}: acknowledged data was lost`,
    );
    this.committed = index;
  }

  /** Commits up to `index` if its entry is of the given term. */
  maybeCommit(index: number, term: number): boolean {
    if (index <= this.committed || term === 0 || this.term(index) !== term) return false;
    this.commitTo(index);
    return true;
  }

  appliedTo(index: number, bytes: number): void {
    assert(
      index <= this.committed && index >= this.applied,
      `applied ${index} is not between ${this.applied} and ${this.committed}`,
    );
    this.applied = index;
    if (this.applying < index) this.applying = index;
    this.#applyingBytes = Math.max(0, this.#applyingBytes - bytes);
    this.#applyingPaused = this.#applyingBytes >= this.applyingBytesMax;
  }

  hasNextCommitted(allowUnstable: boolean): boolean {
    if (this.#applyingPaused || this.unstable.snapshot !== undefined) return false;
    return this.applying < this.#appliableTo(allowUnstable);
  }

  /** Entries to apply next. With `allowUnstable` also those that are not in storage yet. */
  nextCommitted(allowUnstable: boolean): readonly Entry[] {
    if (!this.hasNextCommitted(allowUnstable)) return noEntries;
    const room = this.applyingBytesMax - this.#applyingBytes;
    assert(room > 0, 'more entries are being applied than allowed');
    const entries = this.slice(this.applying + 1, this.#appliableTo(allowUnstable) + 1, room);
    assert(entries !== undefined, 'committed entries were compacted before they were applied');
    return entries;
  }

  /** Notes that entries up to `index` were handed out for application. */
  acceptApplying(index: number, bytes: number, allowUnstable: boolean): void {
    assert(
      index <= this.committed,
      `entry ${index} was handed out before it was committed (${this.committed})`,
    );
    this.applying = index;
    this.#applyingBytes += bytes;
    // Fewer entries than there are means that the next one did not fit.
    this.#applyingPaused =
      this.#applyingBytes >= this.applyingBytesMax || index < this.#appliableTo(allowUnstable);
  }

  /** The snapshot to send to a member that is too far behind. */
  snapshot(): Snapshot | undefined {
    return this.unstable.snapshot ?? this.storage.snapshot();
  }

  restore(snapshot: Snapshot): void {
    this.#trace?.info(`starts over from snapshot ${snapshot.term}/${snapshot.index}`);
    this.committed = snapshot.index;
    this.unstable.restore(snapshot);
  }

  /** Entries from `index` to the end, within `bytesMax`; undefined if they were compacted away. */
  entriesFrom(index: number, bytesMax: number): readonly Entry[] | undefined {
    const last = this.lastIndex();
    return index > last ? noEntries : this.slice(index, last + 1, bytesMax);
  }

  /** Bytes of entries, as limits on the bytes of entries count them. */
  bytesOf(entries: readonly Entry[]): number {
    return entriesBytes(entries, this.#entrySize);
  }

  /** Entries lo ≤ index < hi within `bytesMax`, at least one; undefined if they were compacted away. */
  slice(lo: number, hi: number, bytesMax: number): readonly Entry[] | undefined {
    const offset = this.unstable.offset;
    if (lo >= offset) return limitBytes(this.unstable.slice(lo, hi), bytesMax, this.#entrySize);
    if (lo < this.firstIndex()) return undefined;
    const cut = Math.min(hi, offset);
    const stored = this.storage.entries(lo, cut, bytesMax);
    // Fewer than asked for: the limit is reached.
    if (hi <= offset || stored.length < cut - lo) return stored;
    if (bytesMax === Infinity) return stored.concat(this.unstable.slice(offset, hi));
    const room = bytesMax - this.bytesOf(stored);
    const rest = room <= 0 ? noEntries : limitBytes(this.unstable.slice(offset, hi), room, this.#entrySize);
    // A first entry that is too large by itself would be taken alone; here there is something before it.
    return this.bytesOf(rest) > room ? stored : stored.concat(rest);
  }

  #appliableTo(allowUnstable: boolean): number {
    return allowUnstable ? this.committed : Math.min(this.committed, this.unstable.offset - 1);
  }

  /** How many of the entries we hold already, from the first on. */
  #countMatching(entries: readonly Entry[]): number {
    for (const [i, entry] of entries.entries()) {
      if (this.term(entry.index) === entry.term) continue;
      if (entry.index <= this.lastIndex()) {
        this.#trace?.info(
          `conflict at index ${entry.index}: term ${this.term(entry.index)} gives way to ${entry.term}`,
        );
      }
      return i;
    }
    return entries.length;
  }
}
