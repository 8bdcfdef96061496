import { type ConfState, type Entry, emptyConfState } from '../lib/raft/index.ts';
import type { Site } from './site.ts';

/** What the group as a whole has decided, as an all-knowing onlooker writes it down. */
export class Ledger {
  /** Committed entries, from index 1 on. */
  readonly chosen: Entry[] = [];
  /** Term of the leader that committed the entry at that place. */
  readonly chosenIn: number[] = [];
  /** Leader of each term. */
  readonly leaders = new Map<number, number>();
  /** Places of all changes of members that were ever in a log. */
  readonly confEntries: { readonly term: number; readonly index: number }[] = [];
  /** Members that some replica has applied, and the index of the change that made them, oldest first. */
  readonly members: { readonly index: number; readonly confState: ConfState }[] = [
    { index: 0, confState: emptyConfState },
  ];
  /** Index of the newest change whose members have committed something behind it: from then on they alone decide. */
  inForce = 0;
  /** How far some replica has applied. */
  applied = 0;

  /** The newest members. */
  get confState(): ConfState {
    return this.members.at(-1)?.confState ?? emptyConfState;
  }

  get confIndex(): number {
    return this.members.at(-1)?.index ?? 0;
  }

  /** Members whose majority is needed: those in force, and those after them, of which some replica may know nothing yet. */
  get deciding(): readonly ConfState[] {
    return this.members.filter(({ index }) => index >= this.inForce).map(({ confState }) => confState);
  }

  get length(): number {
    return this.chosen.length;
  }

  at(index: number): Entry | undefined {
    return this.chosen[index - 1];
  }

  /** Index of the newest change of members in any log, now or earlier. */
  get newestChange(): number {
    let index = 0;
    for (const entry of this.confEntries) index = Math.max(index, entry.index);
    return index;
  }

  /** Term of the committed entry; 0 at index 0. */
  term(index: number): number {
    return index === 0 ? 0 : (this.chosen[index - 1]?.term ?? -1);
  }
}

/** All that checkers may look at. */
export interface Scene {
  readonly sites: ReadonlyMap<number, Site>;
  readonly ledger: Ledger;
}
