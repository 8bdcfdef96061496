import { type Checker, violated } from './checker.ts';
import { isQuorum } from './quorums.ts';
import type { Scene } from '../ledger.ts';
import type { Site } from '../site.ts';

/**
 * QuorumLogInv: every quorum that could still come together has somebody who holds all that is committed. Looked at whenever a leader
 * commits, and whenever a process or a disk is lost.
 */
export class QuorumLog implements Checker {
  readonly name = 'quorum-log';
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  onCommit(site: Site, _from: number, fresh: boolean): void {
    if (fresh) this.#check(site);
  }

  onFate(): void {
    for (const site of this.#scene.sites.values()) {
      if (site.isUp && site.role === 'leader') this.#check(site);
    }
  }

  #check(leader: Site): void {
    const index = leader.commit;
    if (index === 0) return;
    const { sites, ledger } = this.#scene;
    const term = ledger.term(index);
    const lacks = (id: number) => {
      const site = sites.get(id);
      // A lost disk's replica never votes again, nor does one whose disk was put back.
      return site !== undefined && !site.isGone && !site.disk.safe.holds(index, term);
    };
    if (isQuorum(leader.confState, lacks)) {
      violated(this, `a quorum of voters does not hold ${term}/${index}, which is committed`);
    }
  }
}
