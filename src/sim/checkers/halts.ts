import { type Checker, violated } from './checker.ts';
import type { Site } from '../site.ts';

/** No replica stops for good that has all it acknowledged: it would be lost for nothing. */
export class Halts implements Checker {
  readonly name = 'halts';

  onHalted(site: Site, code: string): void {
    if (!site.isRestored) violated(this, `replica ${site.id} stops as “${code}” and has lost nothing`);
  }
}
