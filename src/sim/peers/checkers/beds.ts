import type { Line } from '../book.ts';
import type { Machine, PhysicalPrint } from '../floor.ts';
import type { Room } from '../room.ts';
import type { PeersChecker } from './checker.ts';

/**
 * Nothing starts on a bed on which something lies, or that the queue does not know to be clear; and no word clears a bed of what began after
 * it was said, as far as the log can tell.
 */
export class Beds implements PeersChecker {
  readonly name = 'beds';
  readonly #room: Room;

  constructor(room: Room) {
    this.#room = room;
  }

  onLine({ command, applied }: Line): void {
    if (command?.type !== 'set-bed' || command.bed !== 'clear') return;
    if (applied.repeated || applied.result.kind !== 'committed') return;
    const { world, book } = this.#room;
    const machine = world.machines().find(({ id }) => id === command.printer);
    if (machine?.part !== true) return;
    const newest = world.rooms
      .flatMap(({ physical }) => physical.filter(({ printer }) => printer === machine.id))
      .reduce<PhysicalPrint | undefined>(
        (a, b) => (a !== undefined && a.startedMs > b.startedMs ? a : b),
        undefined,
      );
    const known = newest === undefined ? undefined : book.prints.get(newest.print);
    // Of what is begun while nobody hears of it, and of what was given up by others, the log cannot know that it lies there.
    if (known?.startingAt === undefined || known.verdicts.some(({ by }) => by !== 'holder')) return;
    this.#room.break(this.name, `${machine.id} is said to be clear, and print ${known.print} lies there`);
  }

  onStart(machine: Machine, { print }: PhysicalPrint): void {
    if (machine.part)
      this.#room.break(this.name, `print ${print} starts on ${machine.id}, and something lies on its bed`);
    const { book } = this.#room;
    // What begins while nobody hears of it is not on the queue's bed yet.
    const known = book.prints.get(print);
    if (known?.startingAt === undefined) return;
    if (known.ahead && this.#room.knownAt(machine, print)?.phase === 'ahead') return;
    const printer = book.truth?.printers.get(machine.id);
    if (printer?.bedPrint !== print)
      this.#room.break(this.name, `print ${print} starts on ${machine.id}, whose bed is not its own`);
  }
}
