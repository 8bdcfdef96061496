import { type Bytes, assert } from '../base/index.ts';
import type {
  AppendBatch,
  StoredAcknowledgement,
  StoredEntry,
  StoredHardState,
  StoredReplica,
  StoredSnapshot,
} from './port.ts';
import {
  type Head,
  decodeEntries,
  decodeHead,
  decodeIdentity,
  decodeSnapshot,
  encodeEntries,
  encodeHead,
  encodeSnapshot,
} from './record.ts';
import { storageRefusal } from './refusals.ts';

/** The rows of one log as they lie on a disk. Records are in order of their first index. */
export interface LogRows {
  readonly identity: Uint8Array | undefined;
  readonly head: Uint8Array | undefined;
  readonly snapshot: Uint8Array | undefined;
  readonly records: readonly (readonly [first: number, row: Uint8Array])[];
}

/** One atomic change of a log's rows. Made only if the head on disk still has this fence and sequence. */
export interface LogWrite {
  readonly fence: number;
  readonly sequence: number;
  readonly head: Bytes;
  readonly snapshot: Bytes | undefined;
  /** Records to delete before `record` is put, by first index: runs of neighbours on disk, each in order. */
  readonly dropped: readonly (readonly number[])[];
  readonly record: { readonly first: number; readonly row: Bytes } | undefined;
  readonly durable: boolean;
}

/** Where a stretch of entries of one term begins. */
interface TermRun {
  readonly from: number;
  readonly term: number;
}

/**
 * Knows which record holds which entries, and turns appends into row changes without reading anything.
 *
 * Invariants:
 * 1. `#firsts` are the first indexes of exactly the records on disk, ascending. A record holds in truth only what lies
 *    before the next record's first index: a later append that cut into it just put its own record behind, and what
 *    the older one holds from there on is void.
 * 2. Records are dropped only from the front (compaction) with everything they hold, or from the back (a cut), so that
 *    no void entry ever comes to light again.
 * 3. The entries from `#first` to `#last` are without a gap, and `#first` is the snapshot's index + 1, or 1.
 * 4. A write is planned on top of all writes planned before it. If one of them fails, the sequence makes all
 *    later ones fail, and the log must be loaded again.
 * 5. The log is cut only where a term contradicts it: what stands behind an entry that is appended again may have
 *    been acknowledged, and may count for a commit (Raft paper, 5.3, "Log Matching": equal index and term, equal
 *    entries up to there).
 */
export class LogLayout {
  readonly #seed: number;
  readonly #fence: number;
  #sequence: number;
  #hardState: StoredHardState;
  #provenTo: number;
  #acknowledged: readonly StoredAcknowledgement[];
  #snapshot: { readonly term: number; readonly index: number };
  #last: number;
  #firsts: number[];
  #terms: TermRun[];

  private constructor(seed: number, head: Head, snapshot: StoredSnapshot | undefined) {
    this.#seed = seed;
    this.#fence = head.fence;
    this.#sequence = head.sequence;
    this.#hardState = head.hardState;
    this.#provenTo = head.provenTo;
    this.#acknowledged = head.acknowledged;
    this.#snapshot = { term: snapshot?.term ?? 0, index: snapshot?.index ?? 0 };
    this.#last = this.#snapshot.index;
    this.#firsts = [];
    this.#terms = [];
  }

  /**
   * Reads a log's rows and checks all of them: checksums, formats, no hole, no term that falls. Throws a
   * RefusalError: `corrupt`, `unknown-format`, `absent`, or `fenced` when the head carries another fence than ours.
   */
  static read(seed: number, rows: LogRows, fence: number): { layout: LogLayout; replica: StoredReplica } {
    if (rows.identity === undefined && rows.head === undefined) throw storageRefusal('absent');
    if (rows.identity === undefined || rows.head === undefined)
      throw storageRefusal('corrupt', 'a row is missing');
    const identity = decodeIdentity(seed, rows.identity);
    const head = decodeHead(seed, rows.head);
    if (head.fence !== fence) throw storageRefusal('fenced');
    const snapshot = rows.snapshot === undefined ? undefined : decodeSnapshot(seed, rows.snapshot);
    const layout = new LogLayout(seed, head, snapshot);
    const entries = layout.#readEntries(rows.records);
    if (head.hardState.commit > layout.#last)
      throw storageRefusal('corrupt', 'committed entries are missing');
    return {
      layout,
      replica: {
        identity,
        hardState: head.hardState,
        provenTo: head.provenTo,
        acknowledged: head.acknowledged,
        snapshot,
        entries,
      },
    };
  }

  #readEntries(records: LogRows['records']): StoredEntry[] {
    const entries: StoredEntry[] = [];
    records.forEach(([first, row], at) => {
      const record = decodeEntries(this.#seed, row);
      if (record.first !== first)
        throw storageRefusal('corrupt', `record ${first} says it is ${record.first}`);
      // Only the very first record may begin before the snapshot's end.
      if (first > this.#last + 1 || (at > 0 && first <= this.#snapshot.index)) {
        throw storageRefusal('corrupt', `the log has a hole before entry ${first}`);
      }
      const until = records[at + 1]?.[0] ?? Number.POSITIVE_INFINITY;
      for (const entry of record.entries) {
        if (entry.index >= until) break;
        if (entry.index <= this.#snapshot.index) continue;
        this.#extend(entry);
        entries.push(entry);
      }
      this.#firsts.push(first);
    });
    return entries;
  }

  #extend(entry: StoredEntry): void {
    if (entry.index !== this.#last + 1)
      throw storageRefusal('corrupt', `entry ${entry.index} follows ${this.#last}`);
    const before = this.#termAt(this.#last);
    if (entry.term < before) throw storageRefusal('corrupt', `the term falls at entry ${entry.index}`);
    if (entry.term > before || this.#terms.length === 0)
      this.#terms.push({ from: entry.index, term: entry.term });
    this.#last = entry.index;
  }

  #termAt(index: number): number {
    if (index <= this.#snapshot.index) return index === this.#snapshot.index ? this.#snapshot.term : -1;
    for (let at = this.#terms.length - 1; at >= 0; at--) {
      const run = this.#terms[at];
      if (run !== undefined && run.from <= index) return run.term;
    }
    return -1;
  }

  /** The row changes of one append. Faults on a batch that would leave a hole: that is the replica's error, not the disk's. */
  plan(batch: AppendBatch): LogWrite {
    this.#hardState = batch.hardState ?? this.#hardState;
    this.#provenTo = batch.provenTo ?? this.#provenTo;
    this.#acknowledged = batch.acknowledged ?? this.#acknowledged;
    const sequence = this.#sequence;
    this.#sequence += 1;
    const front = batch.snapshot === undefined ? [] : this.#replaceSnapshot(batch.snapshot);
    const entries = this.#unknownOf(batch.entries ?? []);
    const first = entries[0]?.index;
    const back = first === undefined ? [] : this.#cut(first);
    for (const entry of entries) this.#append(entry);
    if (first !== undefined) this.#firsts.push(first);
    assert(
      this.#hardState.commit <= this.#last,
      `commit ${this.#hardState.commit} is past the last entry ${this.#last}`,
    );
    return {
      fence: this.#fence,
      sequence,
      head: encodeHead(this.#seed, {
        fence: this.#fence,
        sequence: sequence + 1,
        hardState: this.#hardState,
        provenTo: this.#provenTo,
        acknowledged: this.#acknowledged,
      }),
      snapshot: batch.snapshot === undefined ? undefined : encodeSnapshot(this.#seed, batch.snapshot),
      dropped: [front, back].filter((run) => run.length > 0),
      record: first === undefined ? undefined : { first, row: encodeEntries(this.#seed, entries) },
      durable: batch.durable,
    };
  }

  /** What of these entries is not here yet: from the first on whose index is new or whose term contradicts. */
  #unknownOf(entries: readonly StoredEntry[]): readonly StoredEntry[] {
    const unknown = entries.findIndex(
      ({ index, term }) => index > this.#last || this.#termAt(index) !== term,
    );
    if (unknown === 0) return entries;
    return unknown < 0 ? [] : entries.slice(unknown);
  }

  #append(entry: StoredEntry): void {
    assert(entry.index === this.#last + 1, `entry ${entry.index} appended after ${this.#last}`);
    const before = this.#termAt(this.#last);
    assert(entry.term >= before, `entry ${entry.index} of term ${entry.term} appended after term ${before}`);
    if (entry.term > before || this.#terms.length === 0)
      this.#terms.push({ from: entry.index, term: entry.term });
    this.#last = entry.index;
  }

  /** Makes the log end right before `first`. */
  #cut(first: number): number[] {
    assert(
      first > this.#snapshot.index && first <= this.#last + 1,
      `entries from ${first} on do not fit between ${this.#snapshot.index} and ${this.#last}`,
    );
    if (first > this.#last) return [];
    this.#last = first - 1;
    while ((this.#terms.at(-1)?.from ?? 0) >= first) this.#terms.pop();
    const keep = this.#firsts.findIndex((begin) => begin >= first);
    return keep < 0 ? [] : this.#firsts.splice(keep);
  }

  #replaceSnapshot(snapshot: StoredSnapshot): number[] {
    assert(
      snapshot.index >= this.#snapshot.index,
      `snapshot ${snapshot.index} is older than ${this.#snapshot.index}`,
    );
    const follows = snapshot.index <= this.#last && this.#termAt(snapshot.index) === snapshot.term;
    this.#snapshot = { term: snapshot.term, index: snapshot.index };
    if (!follows) {
      this.#last = snapshot.index;
      this.#terms = [];
      return this.#firsts.splice(0);
    }
    // A record goes when the next one begins at or before the first entry that stays.
    let gone = 0;
    while (gone < this.#firsts.length && (this.#firsts[gone + 1] ?? this.#last + 1) <= snapshot.index + 1)
      gone += 1;
    const stays = this.#terms.filter(
      (_run, at) => (this.#terms[at + 1]?.from ?? this.#last + 1) > snapshot.index + 1,
    );
    this.#terms = stays.map((run) => ({ ...run, from: Math.max(run.from, snapshot.index + 1) }));
    return this.#firsts.splice(0, gone);
  }
}

/** True when the head row on disk is the one that the write was planned on. Throws `corrupt` on a damaged head. */
export function mayWrite(seed: number, head: Uint8Array | undefined, write: LogWrite): boolean {
  if (head === undefined) return false;
  const stored = decodeHead(seed, head);
  return stored.fence === write.fence && stored.sequence === write.sequence;
}
