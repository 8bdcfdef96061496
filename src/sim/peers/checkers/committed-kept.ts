import { type Line, wordsOf } from '../book.ts';
import type { Deed, Room } from '../room.ts';
import type { PeersChecker } from './checker.ts';

/** Promise 1: what a person was told is committed stands in the log at that place, and every peer ends with the same state. */
export class CommittedKept implements PeersChecker {
  readonly name = 'committed-kept';
  readonly #room: Room;
  readonly #lines = new Map<number, Line>();

  constructor(room: Room) {
    this.#room = room;
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
      this.#room.break(this.name, `“${deed.text}” was told to be committed at ${deed.index}, and is not`);
  }

  onEnd(): void {
    const hashes = new Map<string, string>();
    for (const browser of this.#room.browsers) {
      const host = this.#room.hostOf(browser);
      if (host !== undefined) hashes.set(`${host.state.index} ${String(host.state.hash())}`, browser.name);
    }
    if (hashes.size > 1)
      this.#room.break(this.name, `peers end with different states: ${[...hashes.values()].join(', ')}`);
  }
}
