import { type Checker, violated } from './checker.ts';
import type { Scene } from '../ledger.ts';
import type { Site } from '../site.ts';

/** LeaderCompletenessInv: an entry committed in a term is in the log of every leader of a later term. */
export class LeaderCompleteness implements Checker {
  readonly name = 'leader-completeness';
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  onLeader(site: Site): void {
    const { ledger } = this.#scene;
    let last = ledger.length;
    while (last > 0 && (ledger.chosenIn[last - 1] ?? 0) >= site.term) last--;
    this.#check(site, last);
  }

  onCommit(site: Site, _from: number, fresh: boolean): void {
    if (!fresh) return;
    for (const other of this.#scene.sites.values()) {
      if (other.isUp && other.role === 'leader' && other.term > site.term) this.#check(other, site.commit);
    }
  }

  #check(leader: Site, index: number): void {
    const term = this.#scene.ledger.term(index);
    if (index > 0 && !leader.log.holds(index, term)) {
      violated(
        this,
        `entry ${term}/${index} is committed and not in the log of ${leader.id}, leader of term ${leader.term}`,
      );
    }
  }
}
