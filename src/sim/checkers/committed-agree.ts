import { equalBytes } from '../../lib/base/index.ts';
import { type Checker, violated } from './checker.ts';
import type { Scene } from '../ledger.ts';
import type { Site } from '../site.ts';

/** LogInv: what two replicas have committed agrees, as far as both go. */
export class CommittedAgree implements Checker {
  readonly name = 'committed-agree';
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  onCommit(site: Site, from: number): void {
    const { ledger } = this.#scene;
    if (site.commit < from)
      violated(this, `the commit index of ${site.id} falls from ${from} to ${site.commit}`);
    for (let index = Math.max(from + 1, site.log.baseIndex); index <= site.commit; index++) {
      const chosen = ledger.at(index);
      if (chosen === undefined || !site.log.holds(index, chosen.term)) {
        violated(
          this,
          `replica ${site.id} commits ${site.log.term(index)}/${index}, where ${chosen?.term ?? '?'}/${index} was committed`,
        );
      }
      const own = site.log.at(index);
      if (own !== undefined && own !== chosen && !equalBytes(own.data, chosen.data)) {
        violated(this, `replica ${site.id} commits another entry ${index} than others did`);
      }
    }
  }
}
