import type { Machine, PhysicalPrint } from '../floor.ts';
import type { Room } from '../room.ts';
import type { PeersChecker } from './checker.ts';

/** Nothing starts on a bed on which something lies, or that the queue does not know to be clear. */
export class Beds implements PeersChecker {
  readonly name = 'beds';
  readonly #room: Room;

  constructor(room: Room) {
    this.#room = room;
  }

  onStart(machine: Machine, { print }: PhysicalPrint): void {
    if (machine.part)
      this.#room.break(this.name, `print ${print} starts on ${machine.id}, and something lies on its bed`);
    const { book } = this.#room;
    // What begins while nobody hears of it is not on the queue's bed yet.
    if (book.prints.get(print)?.startingAt === undefined) return;
    const printer = book.truth?.printers.get(machine.id);
    if (printer?.bedPrint !== print)
      this.#room.break(this.name, `print ${print} starts on ${machine.id}, whose bed is not its own`);
  }
}
