import type { Machine, PhysicalPrint } from '../floor.ts';
import type { PeersWorld } from '../world.ts';
import type { PeersChecker } from './checker.ts';

/** Promise 4, its second half: nobody stops a print under way without a person. */
export class UnderWay implements PeersChecker {
  readonly name = 'under-way';
  readonly #world: PeersWorld;

  constructor(world: PeersWorld) {
    this.#world = world;
  }

  onStopped(machine: Machine, { print }: PhysicalPrint): void {
    const known = this.#world.book.prints.get(print);
    if (known?.cancelAsked !== true)
      this.#world.break(this.name, `${machine.id} is told to stop ${print}, and no person asked for it`);
  }
}
