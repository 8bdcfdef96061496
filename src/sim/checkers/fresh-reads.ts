import { type Checker, violated } from './checker.ts';
import type { Scene } from '../ledger.ts';
import type { Site } from '../site.ts';

/** A read sees everything that was committed, anywhere, before it was asked for. */
export class FreshReads implements Checker {
  readonly name = 'fresh-reads';
  readonly #scene: Scene;
  readonly #asked = new Map<number, number>();

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  onReadAsked(context: number): void {
    this.#asked.set(context, this.#scene.ledger.length);
  }

  onReadState(site: Site, context: number, index: number): void {
    const committed = this.#asked.get(context);
    if (committed === undefined) violated(this, `replica ${site.id} answers a read that nobody asked for`);
    if (index < committed) {
      violated(
        this,
        `a read on ${site.id} may be answered at ${index}, and ${committed} was committed before it was asked`,
      );
    }
  }
}
