import type { Machine, PhysicalPrint } from '../floor.ts';
import type { PeersWorld } from '../world.ts';
import type { PeersChecker } from './checker.ts';

/** Nothing starts on a bed on which something lies, or that the queue does not know to be clear. */
export class Beds implements PeersChecker {
  readonly name = 'beds';
  readonly #world: PeersWorld;

  constructor(world: PeersWorld) {
    this.#world = world;
  }

  onStart(machine: Machine, { print }: PhysicalPrint): void {
    if (machine.part)
      this.#world.break(this.name, `print ${print} starts on ${machine.id}, and something lies on its bed`);
    const { book } = this.#world;
    // What begins while nobody hears of it is not on the queue's bed yet.
    if (book.prints.get(print)?.startingAt === undefined) return;
    const printer = book.truth?.printers.get(machine.id);
    if (printer?.bedPrint !== print)
      this.#world.break(this.name, `print ${print} starts on ${machine.id}, whose bed is not its own`);
  }
}
