import { type Checker, violated } from './checker.ts';
import { isQuorum } from './quorums.ts';
import type { Scene } from '../ledger.ts';
import type { Site } from '../site.ts';

/** CommittedIsDurableInv: when an entry is committed, a quorum has it on disk, by the members that its leader goes by. */
export class CommittedDurable implements Checker {
  readonly name = 'committed-durable';
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  onCommit(site: Site, _from: number, fresh: boolean): void {
    if (!fresh) return;
    if (site.role !== 'leader')
      violated(this, `replica ${site.id} commits ${site.commit} before any leader does`);
    const { sites } = this.#scene;
    const term = site.log.term(site.commit);
    // A disk that was lost since counts as it was: what it held, it held when it said so.
    const holds = (id: number) =>
      sites.get(id)?.disk.safe.holds(site.commit, term) === true ||
      sites.get(id)?.before?.holds(site.commit, term) === true;
    if (!isQuorum(site.confState, holds)) {
      violated(this, `leader ${site.id} commits ${term}/${site.commit}, which no quorum has on disk`);
    }
  }
}
