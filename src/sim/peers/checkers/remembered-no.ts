import type { PrintId } from '../../../lib/base/index.ts';
import type { QueueState } from '../../../lib/queue/index.ts';
import { type Line, setKey } from '../book.ts';
import type { Room } from '../room.ts';
import type { PeersChecker } from './checker.ts';

/** A print that holds a copy, by what was committed of it. */
interface Holding {
  /** Set and number of its copy. */
  readonly copy: string;
  /** A person asked for its end. */
  cancelAsked: boolean;
}

/**
 * A person's no is remembered: a copy that a person cancelled is not claimed again before a person has said that it is to be
 * printed. Counted from the commands alone, beside the queue's own lists.
 */
export class RememberedNo implements PeersChecker {
  readonly name = 'remembered-no';
  readonly #room: Room;
  readonly #holdings = new Map<PrintId, Holding>();
  /** The copies that ended prints had. */
  readonly #ended = new Map<PrintId, string>();
  /** Copies that wait for a person's word. */
  readonly #refused = new Set<string>();

  constructor(room: Room) {
    this.#room = room;
  }

  onLine(line: Line, state: QueueState): void {
    const { command, applied } = line;
    const counts = applied.result.kind === 'committed' && !applied.repeated;
    if (command !== undefined && counts) {
      if (command.type === 'claim') this.#claimed(command.print, state, line.index);
      else if (command.type === 'cancel-print') this.#ask(command.print);
      else if (command.type === 'release' && command.why?.code === 'cancelled') this.#ask(command.print);
      else if (command.type === 'decide-copies') {
        const set = state.sets.get(command.set);
        if (set !== undefined)
          for (const copy of command.copies) this.#refused.delete(`${setKey(set)} ${copy}`);
      }
    }
    for (const change of applied.changed) {
      if (change.kind === 'print') this.#follow(change.id, state);
      else if (change.kind === 'history') this.#correct(change.id, state);
    }
  }

  #claimed(id: PrintId, state: QueueState, index: number): void {
    const print = state.prints.get(id);
    const set = print === undefined ? undefined : state.sets.get(print.set);
    if (print === undefined || set === undefined || this.#holdings.has(id)) return;
    const copy = `${setKey(set)} ${print.copy}`;
    this.#holdings.set(id, { copy, cancelAsked: false });
    if (this.#refused.has(copy))
      this.#room.break(this.name, `entry ${index} claims copy ${copy}, which a person cancelled`);
  }

  /** It came out after all, says somebody: whoever says later that it did not, wants it made. */
  #correct(id: PrintId, state: QueueState): void {
    const copy = this.#ended.get(id);
    if (copy !== undefined && state.history.get(id)?.outcome === 'good') this.#refused.delete(copy);
  }

  #ask(id: PrintId): void {
    const holding = this.#holdings.get(id);
    if (holding !== undefined) holding.cancelAsked = true;
  }

  /** A print that is there no more has ended, or gave its copy back. */
  #follow(id: PrintId, state: QueueState): void {
    const holding = this.#holdings.get(id);
    if (holding === undefined || state.prints.has(id)) return;
    this.#holdings.delete(id);
    this.#ended.set(id, holding.copy);
    const outcome = state.history.get(id)?.outcome;
    if (outcome === 'cancelled' || (holding.cancelAsked && outcome !== 'good'))
      this.#refused.add(holding.copy);
  }
}
