import { type Checker, violated } from './checker.ts';
import type { Scene } from '../ledger.ts';
import type { Site } from '../site.ts';

/** MoreThanOneLeaderInv: at most one leader per term; and only a voter of the members it goes by leads. */
export class OneLeader implements Checker {
  readonly name = 'one-leader';
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  onLeader(site: Site): void {
    const { leaders } = this.#scene.ledger;
    const other = leaders.get(site.term);
    if (other !== undefined && other !== site.id) {
      violated(this, `replicas ${other} and ${site.id} both lead term ${site.term}`);
    }
    leaders.set(site.term, site.id);
    const { voters, votersOutgoing } = site.confState;
    if (!voters.includes(site.id) && !votersOutgoing.includes(site.id)) {
      violated(this, `replica ${site.id} leads term ${site.term} and is no voter`);
    }
  }
}
