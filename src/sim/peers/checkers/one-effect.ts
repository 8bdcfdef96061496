import { type Line, wordsOf } from '../book.ts';
import type { Deed, Room } from '../room.ts';
import type { PeersChecker } from './checker.ts';

/** Promise 2: a command has one effect however often it is sent, and all of them end as committed, refused or unknown. */
export class OneEffect implements PeersChecker {
  readonly name = 'one-effect';
  readonly #room: Room;
  /** How often a command took effect, by its author and words. */
  readonly #effects = new Map<string, number>();
  readonly #places = new Set<string>();

  constructor(room: Room) {
    this.#room = room;
  }

  onLine({ applied, command }: Line): void {
    const { book } = this.#room;
    if (book.twice !== undefined)
      this.#room.break(this.name, `two commands were signed for one place: ${book.twice}`);
    const { author, session, seq, result, repeated, index } = applied;
    if (author === undefined || command === undefined || session === 0) return;
    if (repeated || result.kind !== 'committed') return;
    const place = `${author} ${session} ${seq}`;
    if (this.#places.has(place))
      this.#room.break(this.name, `command ${place} takes effect again at ${index}`);
    this.#places.add(place);
    // Where a printer serves several queues its peer tells each of them of the bed, in the words of people but for a verdict.
    const isOfPeers = command.type === 'set-bed' && command.verdict === undefined;
    if (isOfPeers && this.#room.world.rooms.length > 1) return;
    const key = `${author} ${wordsOf(command)}`;
    this.#effects.set(key, (this.#effects.get(key) ?? 0) + 1);
  }

  onSettled(deed: Deed): void {
    if (deed.end !== 'refused') return;
    const given = this.#given(deed);
    if ((this.#effects.get(given.key) ?? 0) >= given.times)
      this.#room.break(this.name, `“${deed.text}” was told to be refused, and took effect`);
  }

  onEnd(): void {
    const { browsers, deeds } = this.#room;
    for (const browser of browsers) {
      const left = this.#room.hostOf(browser)?.pending().length ?? 0;
      if (left > 0) this.#room.break(this.name, `${left} commands of ${browser.name} have no end`);
    }
    for (const deed of deeds) {
      const { key, times } = this.#given(deed);
      const effects = this.#effects.get(key) ?? 0;
      if (effects > times)
        this.#room.break(
          this.name,
          `“${deed.text}” was given ${times} times and took effect ${effects} times`,
        );
      const lives = deed.browser.life === deed.life;
      if (deed.end === undefined && lives)
        this.#room.break(this.name, `nobody was told how “${deed.text}” ended`);
    }
  }

  /** How often those words were given by that person, and kept by their browser as far as it has said. */
  #given(deed: Deed): { readonly key: string; readonly times: number } {
    const words = wordsOf(deed.command);
    const same = this.#room.deeds.filter(
      ({ browser, command, end }) =>
        end !== 'unkept' && browser === deed.browser && wordsOf(command) === words,
    );
    return { key: `${deed.browser.peerId} ${words}`, times: same.length };
  }
}
