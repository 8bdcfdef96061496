import { type Line, wordsOf } from '../book.ts';
import type { Deed, PeersWorld } from '../world.ts';
import type { PeersChecker } from './checker.ts';

/** Promise 1: what a person was told is committed stands in the log at that place, and every peer ends with the same state. */
export class CommittedKept implements PeersChecker {
  readonly name = 'committed-kept';
  readonly #world: PeersWorld;
  readonly #lines = new Map<number, Line>();

  constructor(world: PeersWorld) {
    this.#world = world;
  }

  onLine(line: Line): void {
    this.#lines.set(line.index, line);
  }

  onSettled(deed: Deed): void {
    if (deed.end !== 'committed') return;
    const line = this.#lines.get(deed.index);
    const same =
      line?.applied.author === deed.browser.peerId &&
      line.command !== undefined &&
      wordsOf(line.command) === wordsOf(deed.command);
    if (!same || line.applied.result.kind !== 'committed')
      this.#world.break(this.name, `“${deed.text}” was told to be committed at ${deed.index}, and is not`);
  }

  onEnd(): void {
    const hashes = new Map<string, string>();
    for (const { name, host } of this.#world.browsers) {
      if (host !== undefined) hashes.set(`${host.state.index} ${String(host.state.hash())}`, name);
    }
    if (hashes.size > 1)
      this.#world.break(this.name, `peers end with different states: ${[...hashes.values()].join(', ')}`);
  }
}
