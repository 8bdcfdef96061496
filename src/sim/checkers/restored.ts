import { type Checker, violated } from './checker.ts';
import type { Site } from '../site.ts';

/** A disk that was put back from a backup does not take part in deciding where somebody awake and connected knows that it had more. */
export class RestoredTold implements Checker {
  readonly name = 'restored-told';

  onTakesPart(site: Site): void {
    if (site.isRestored)
      violated(
        this,
        `replica ${site.id} takes part with a disk that was put back, and ${site.witness} knows what it had`,
      );
  }
}
