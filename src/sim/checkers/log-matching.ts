import { equalBytes } from '../../lib/base/index.ts';
import type { Entry } from '../../lib/raft/index.ts';
import { type Checker, type KnownEntry, violated } from './checker.ts';
import type { Site } from '../site.ts';

/**
 * LogMatchingInv: logs that have an entry of the same index and term agree in it and in all before it. Each entry is compared with the
 * first of its place and term that was seen, and so is the term of the one before it; the rest follows by induction.
 */
export class LogMatching implements Checker {
  readonly name = 'log-matching';

  onEntry(site: Site, entry: Entry, prevTerm: number, known: KnownEntry | undefined): void {
    if (known === undefined) return;
    const other = known.entry;
    if (other.type !== entry.type || !equalBytes(other.data, entry.data)) {
      violated(this, `entry ${entry.term}/${entry.index} has other content on ${site.id}`);
    }
    if (known.prevTerm !== prevTerm) {
      violated(
        this,
        `entry ${entry.term}/${entry.index} follows term ${prevTerm} on ${site.id} and term ${known.prevTerm} elsewhere`,
      );
    }
  }
}
