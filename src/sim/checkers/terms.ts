import { type Checker, violated } from './checker.ts';
import type { Site } from '../site.ts';

/** The term on a replica's disk never falls, and a vote written for a term stays. */
export class Terms implements Checker {
  readonly name = 'terms';
  readonly #known = new Map<number, { readonly term: number; readonly vote: number }>();

  onLog(site: Site): void {
    if (!site.isRestored) this.#compare(site, site.term);
  }

  onFate(site: Site): void {
    if (site.isUp && !site.isRestored) this.#compare(site, site.term);
  }

  #compare(site: Site, term: number): void {
    const known = this.#known.get(site.id);
    const now = site.disk.hardState;
    if (known !== undefined) {
      if (now.term < known.term)
        violated(this, `the written term of ${site.id} falls from ${known.term} to ${now.term}`);
      if (now.term === known.term && known.vote !== 0 && now.vote !== known.vote) {
        violated(
          this,
          `the vote of ${site.id} in term ${now.term} changes from ${known.vote} to ${now.vote}`,
        );
      }
      if (known.term === now.term && known.vote === now.vote) return;
    }
    if (site.isUp && term < now.term) {
      violated(this, `replica ${site.id} goes on in term ${term} and has written ${now.term}`);
    }
    this.#known.set(site.id, { term: now.term, vote: now.vote });
  }
}
