import type { Room } from '../room.ts';
import type { PeersChecker } from './checker.ts';

/** Promise 4: what a printer finished, and its browser wrote down, is in the history as it was, however late it came. */
export class NeverForgotten implements PeersChecker {
  readonly name = 'never-forgotten';
  readonly #room: Room;

  constructor(room: Room) {
    this.#room = room;
  }

  onEnd(): void {
    const { book, physical, browsers } = this.#room;
    const state = book.truth;
    if (state === undefined) return;
    for (const { print, printer, end, journalled } of physical) {
      const home = browsers.find(({ machines }) => machines.some(({ id }) => id === printer));
      if (!journalled || home?.state === 'lost') continue;
      const entry = state.history.get(print);
      if (entry === undefined) {
        this.#room.break(this.name, `print ${print} ended ${end}, and the history does not know it`);
      } else if (!entry.reported) {
        this.#room.break(
          this.name,
          `print ${print} ended ${end}, and the queue does not know its holder’s report`,
        );
      } else {
        const said = book.prints
          .get(print)
          ?.verdicts.find(({ by, outcome }) => by === 'holder' && outcome === end);
        if (said === undefined)
          this.#room.break(this.name, `print ${print} ended ${end}, and was reported as ${entry.outcome}`);
      }
    }
  }
}
