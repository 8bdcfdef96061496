import type { Line } from '../book.ts';
import type { Room } from '../room.ts';
import type { PeersChecker } from './checker.ts';

/**
 * Promise 4: what a printer finished, and its browser wrote down, is in the history as it was, however late it came. Nor is refused what a
 * holder says of its own floor, that a print began there which the queue still keeps for it.
 */
export class NeverForgotten implements PeersChecker {
  readonly name = 'never-forgotten';
  readonly #room: Room;

  constructor(room: Room) {
    this.#room = room;
  }

  onLine({ command, applied }: Line): void {
    if (command?.type !== 'started' || applied.repeated || applied.result.kind !== 'refused') return;
    const { book, physical } = this.#room;
    const known = book.prints.get(command.print);
    const isKept = known !== undefined && book.open.has(known) && known.holder === applied.author;
    if (!isKept || !physical.some(({ print }) => print === command.print)) return;
    const { code } = applied.result.refusal;
    // These it says again, once it may.
    if (code === 'not-a-member' || code === 'session-expired') return;
    this.#room.break(this.name, `print ${command.print} began, and the queue refuses to hear of it: ${code}`);
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
