import type { PrintId } from '../../../lib/base/index.ts';
import type { Machine, PhysicalPrint } from '../floor.ts';
import type { Room } from '../room.ts';
import type { PeersChecker } from './checker.ts';

/**
 * Promise 3: a copy is never started on two printers, unless a person or the owner's rule decided that the first is lost. Counted on the
 * floor: prints of a set that run or came out good are never more than the copies that were ever wanted of it.
 */
export class OneStart implements PeersChecker {
  readonly name = 'one-start';
  readonly #room: Room;
  readonly #started = new Set<PrintId>();

  constructor(room: Room) {
    this.#room = room;
  }

  onStart(machine: Machine, { print }: PhysicalPrint): void {
    const { book, physical } = this.#room;
    if (this.#started.has(print))
      this.#room.break(this.name, `print ${print} starts a second time, on ${machine.id}`);
    this.#started.add(print);
    if (machine.under !== undefined)
      this.#room.break(this.name, `${machine.id} starts ${print} while it prints ${machine.under.print}`);
    const known = book.prints.get(print);
    if (known === undefined)
      return this.#room.break(this.name, `print ${print} starts and was never claimed`);
    // Decided to be lost, it is printed all the same by a holder who heard of nothing: a surplus that was accepted.
    if (known.verdicts.length > 0) return;
    const others = physical.filter((other) => {
      if (other.end !== undefined && other.end !== 'good') return false;
      if (book.prints.get(other.print)?.set !== known.set) return false;
      // Somebody decided that it is not to count.
      const verdict = book.verdictOf(other.print);
      return verdict === undefined || verdict.outcome === 'good';
    });
    const wanted = book.wantedMost.get(known.set) ?? 0;
    if (others.length >= wanted) {
      this.#room.break(
        this.name,
        `print ${print} starts on ${machine.id}: ${wanted} of ${known.set} were wanted, and ${others.map((each) => each.print).join(', ')} run or are done`,
      );
    }
  }
}
