import type { Entry } from '../lib/raft/index.ts';

/**
 * A log as an onlooker sees it: the entries behind a base, which is the start of the log or a snapshot. What a replica compacts away
 * stays here, so that the checkers can look back.
 */
export class LogImage {
  baseIndex = 0;
  baseTerm = 0;
  entries: Entry[] = [];

  get last(): number {
    return this.baseIndex + this.entries.length;
  }

  get lastTerm(): number {
    return this.entries.at(-1)?.term ?? this.baseTerm;
  }

  /** The entry's term; -1 if it is not here. */
  term(index: number): number {
    if (index === this.baseIndex) return this.baseTerm;
    return index < this.baseIndex ? -1 : (this.entries[index - this.baseIndex - 1]?.term ?? -1);
  }

  at(index: number): Entry | undefined {
    return this.entries[index - this.baseIndex - 1];
  }

  /** True if that entry is here, or was folded into the snapshot at the base. */
  holds(index: number, term: number): boolean {
    return index < this.baseIndex || this.term(index) === term;
  }

  /** Takes entries, replacing everything from the first of them on. */
  append(entries: readonly Entry[]): void {
    const first = entries[0];
    if (first === undefined) return;
    const keep = first.index - this.baseIndex - 1;
    if (keep < 0) {
      this.entries.length = 0;
      for (const entry of entries) if (entry.index > this.baseIndex) this.entries.push(entry);
      return;
    }
    if (keep < this.entries.length) this.entries.length = keep;
    for (const entry of entries) this.entries.push(entry);
  }

  /** Starts over behind a snapshot. Entries that follow on from it stay. */
  reset(index: number, term: number): void {
    const follows = this.term(index) === term && index >= this.baseIndex;
    this.entries = follows ? this.entries.slice(index - this.baseIndex) : [];
    this.baseIndex = index;
    this.baseTerm = term;
  }

  copy(): LogImage {
    const out = new LogImage();
    out.baseIndex = this.baseIndex;
    out.baseTerm = this.baseTerm;
    out.entries = this.entries.slice();
    return out;
  }
}
