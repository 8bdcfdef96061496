import { type Checker, violated } from './checker.ts';
import type { Site } from '../site.ts';

/** A leader commits by counting only up to an entry of its own term (Raft, 5.4.2 and figure 8); what lies before follows. */
export class OwnTermCommits implements Checker {
  readonly name = 'own-term-commits';

  onCommit(site: Site): void {
    if (site.role !== 'leader') return;
    const term = site.log.term(site.commit);
    if (term !== site.term) {
      violated(this, `leader ${site.id} of term ${site.term} commits up to ${term}/${site.commit}`);
    }
  }
}
