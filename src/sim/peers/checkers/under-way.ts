import type { Machine, PhysicalPrint } from '../floor.ts';
import type { Room } from '../room.ts';
import type { PeersChecker } from './checker.ts';

/** Promise 4, its second half: nobody stops a print under way without a person. */
export class UnderWay implements PeersChecker {
  readonly name = 'under-way';
  readonly #room: Room;

  constructor(room: Room) {
    this.#room = room;
  }

  onStopped(machine: Machine, { print }: PhysicalPrint): void {
    const known = this.#room.book.prints.get(print);
    if (known?.cancelAsked !== true)
      this.#room.break(this.name, `${machine.id} is told to stop ${print}, and no person asked for it`);
  }
}
