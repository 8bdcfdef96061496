import type { Machine, PhysicalPrint } from '../floor.ts';
import type { Room } from '../room.ts';
import type { PeersChecker } from './checker.ts';

/**
 * The fence: before the first move `starting` is committed, applied here, and nobody can have given the copy away since. A copy held ahead
 * has that behind it: it may begin while nobody hears of it, for as long as the queue keeps it for its printer.
 */
export class Fence implements PeersChecker {
  readonly name = 'fence';
  readonly #room: Room;

  constructor(room: Room) {
    this.#room = room;
  }

  onStart(machine: Machine, { print }: PhysicalPrint): void {
    const { book } = this.#room;
    const broken = (text: string) =>
      this.#room.break(this.name, `print ${print} starts on ${machine.id}: ${text}`);
    const known = book.prints.get(print);
    if (known === undefined) return broken('nobody claimed it');
    if (known.printer !== machine.id) return broken(`it belongs on ${known.printer}`);
    const here = this.#room.knownAt(machine, print);
    const there = book.truth?.prints.get(print);
    // Decided by a person or the rule: whoever holds it ahead and hears of nothing may begin it all the same.
    const goesOnAlone = known.ahead && (known.startingAt === undefined || here?.phase === 'ahead');
    if (goesOnAlone && book.verdictOf(print) !== undefined) return;
    if (there === undefined) return broken('the queue holds it no more');
    if (known.startingAt === undefined) {
      if (!known.ahead) broken('its start is not committed');
      else if (here?.phase !== 'ahead') broken('its own peer does not hold it');
      return;
    }
    // It died before it heard that its start was agreed on, and finds itself alone: it begins what it holds ahead.
    if (goesOnAlone) return;
    if (here === undefined || here.phase === 'claimed')
      return broken('its own peer has not applied its start');
    // Who was taken out is missed from that moment by a person's word, and may hear of it later than it begins.
    if (there.lostMs !== undefined && there.lostMs >= there.leaseUntilMs)
      broken('its lease has run out and the queue has lost contact with it');
  }
}
