import type { Machine, PhysicalPrint } from '../floor.ts';
import type { PeersWorld } from '../world.ts';
import type { PeersChecker } from './checker.ts';

/** The fence: before the first move `starting` is committed, applied here, and nobody can have given the copy away since. */
export class Fence implements PeersChecker {
  readonly name = 'fence';
  readonly #world: PeersWorld;

  constructor(world: PeersWorld) {
    this.#world = world;
  }

  onStart(machine: Machine, { print }: PhysicalPrint): void {
    const { book, browsers } = this.#world;
    const broken = (text: string) =>
      this.#world.break(this.name, `print ${print} starts on ${machine.id}: ${text}`);
    const known = book.prints.get(print);
    if (known?.startingAt === undefined) return broken('its start is not committed');
    if (known.printer !== machine.id) return broken(`it belongs on ${known.printer}`);
    const home = browsers.find(({ machines }) => machines.includes(machine));
    const here = home?.host?.state.prints.get(print);
    if (here === undefined || here.phase === 'claimed')
      return broken('its own peer has not applied its start');
    const there = book.truth?.prints.get(print);
    if (there === undefined) return broken('the queue holds it no more');
    if (there.lostMs !== undefined) broken('the queue has lost contact with it');
  }
}
