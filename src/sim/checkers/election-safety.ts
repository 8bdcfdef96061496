import type { Entry } from '../../lib/raft/index.ts';
import { type Checker, type KnownEntry, violated } from './checker.ts';
import type { Scene } from '../ledger.ts';
import type { Site } from '../site.ts';

/** ElectionSafetyInv: nobody's log has an entry of a term that the leader of that term has not written first. */
export class ElectionSafety implements Checker {
  readonly name = 'election-safety';
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  onEntry(site: Site, entry: Entry, _prevTerm: number, known: KnownEntry | undefined): void {
    if (known !== undefined) return;
    // A new leader writes its first entry in the step that makes it one.
    const leads = site.role === 'leader' && site.term === entry.term;
    if (!leads || this.#scene.ledger.leaders.get(entry.term) !== site.id) {
      violated(
        this,
        `entry ${entry.term}/${entry.index} appears on ${site.id}, which does not lead its term`,
      );
    }
  }
}
