import { type Entry, EntryType } from '../../lib/raft/index.ts';
import { type Checker, type KnownEntry, violated } from './checker.ts';
import type { Site } from '../site.ts';

/** One change of members at a time: a leader writes one only when it has applied all that are in its log already. */
export class OneChange implements Checker {
  readonly name = 'one-change';

  onEntry(site: Site, entry: Entry, _prevTerm: number, known: KnownEntry | undefined): void {
    if (known !== undefined || entry.type === EntryType.Normal) return;
    const { log } = site;
    for (let index = entry.index - 1; index > Math.max(site.applied, log.baseIndex); index--) {
      if (log.at(index)?.type !== EntryType.Normal) {
        violated(
          this,
          `leader ${site.id} proposes a change of members at ${entry.index} before that of ${index} is applied`,
        );
      }
    }
  }
}
