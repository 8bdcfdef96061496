import { type Checker, violated } from './checker.ts';
import type { Scene } from '../ledger.ts';
import type { Site } from '../site.ts';

/** MoreUpToDateCorrectInv: a log that is at least as new as another (so that it could win its vote) has all that the other has committed. */
export class MoreUpToDate implements Checker {
  readonly name = 'more-up-to-date';
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  onLog(site: Site): void {
    this.#compare(site);
  }

  onCommit(site: Site): void {
    this.#compare(site);
  }

  #compare(site: Site): void {
    for (const other of this.#scene.sites.values()) {
      if (other === site || !other.isUp || other.isRestored || site.isRestored) continue;
      this.#check(site, other);
      this.#check(other, site);
    }
  }

  #check(newer: Site, older: Site): void {
    const term = newer.log.lastTerm;
    const olderTerm = older.log.lastTerm;
    if (term < olderTerm || (term === olderTerm && newer.log.last < older.log.last)) return;
    const index = older.commit;
    const { ledger } = this.#scene;
    // A follower may hear that old entries are committed before it has an entry of the leader's own term. Its log is old then, whatever
    // it knows: who is elected with its vote is decided by the quorum that does have such an entry.
    if ((ledger.chosenIn[index - 1] ?? 0) > olderTerm) return;
    if (!newer.log.holds(index, ledger.term(index))) {
      violated(
        this,
        `the log of ${newer.id} is newer than that of ${older.id} and lacks entry ${index}, which ${older.id} has committed`,
      );
    }
  }
}
