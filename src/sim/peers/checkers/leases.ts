import type { Command, QueueState } from '../../../lib/queue/index.ts';
import type { BookPrint, Line } from '../book.ts';
import type { Room } from '../room.ts';
import type { PeersChecker } from './checker.ts';

/**
 * What time alone may decide: a claim is freed when its lease has run out and not before, a print that began is only missed then, and
 * the owner's rule decides after its time. A new leader grants a whole lease first, because nobody could renew without one.
 */
export class Leases implements PeersChecker {
  readonly name = 'leases';
  readonly #room: Room;
  #stampMs = 0;

  constructor(room: Room) {
    this.#room = room;
  }

  onLine(line: Line, state: QueueState): void {
    const { stampMs, index, applied } = line;
    if (stampMs < this.#stampMs)
      this.#room.break(this.name, `entry ${index} is stamped ${stampMs} ms, behind ${this.#stampMs} ms`);
    this.#stampMs = stampMs;
    const { book, counts } = this.#room;
    this.#checkLate(line);
    for (const print of book.open) {
      const now = state.prints.get(print.print);
      if (now === undefined) this.#gone(print, line, state);
      else if (now.lostMs === undefined) print.lostSinceMs = undefined;
      else if (print.lostSinceMs === undefined) {
        counts.lostContacts++;
        print.lostSinceMs = now.lostMs;
        if (print.startingAt === undefined && !print.ahead)
          this.#room.break(this.name, `print ${print.print} is missed before it began`);
        if (!this.#isDisplaced(print, line) && !isTakenOut(print, line))
          this.#expectOver(print, line, state, 'is missed');
      }
    }
    // Whatever the entry was: no claim stands whose set or printer is barred.
    for (const { id, phase, set, printer } of state.prints.values()) {
      if (phase !== 'claimed') continue;
      const barred = state.sets.get(set)?.quarantine ?? state.printers.get(printer)?.stopped;
      if (barred !== undefined)
        this.#room.break(this.name, `behind entry ${index} print ${id} is claimed, although: ${barred.code}`);
    }
    if (applied.result.kind === 'committed' && line.command?.type === 'finish' && !applied.repeated) {
      const before = book.prints.get(line.command.print)?.verdicts.at(-2);
      if (before !== undefined) counts.lateResults++;
    }
  }

  /** A command must not revive what had run out when it was applied. */
  #checkLate({ command, applied, stampMs, index }: Line): void {
    if (applied.result.kind !== 'committed' || applied.repeated || command === undefined) return;
    const print = command.type === 'starting' ? this.#room.book.prints.get(command.print) : undefined;
    if (print?.freedAt !== undefined && print.freedAt < index)
      this.#room.break(
        this.name,
        `print ${print.print} was freed at ${print.freedAt} and starts at ${index}, ${stampMs} ms`,
      );
  }

  #gone(print: BookPrint, line: Line, state: QueueState): void {
    const { book, counts } = this.#room;
    const ended = state.history.get(print.print);
    if (ended?.decidedBy === 'rule') {
      counts.byRule++;
      book.end(print, { index: line.index, outcome: ended.outcome, by: 'rule' });
      const { lostAfterMs } = state.head.settings;
      if (lostAfterMs === null || print.lostSinceMs === undefined)
        return this.#room.break(this.name, `print ${print.print} is given up by a rule that there is not`);
      if (line.stampMs < print.lostSinceMs + lostAfterMs)
        this.#room.break(this.name, `print ${print.print} is given up by the rule before its time`);
      const graceMs = Math.min(state.head.settings.leaseMs, lostAfterMs);
      if (state.members.has(print.holder) && line.stampMs < book.reignMs + graceMs)
        this.#room.break(
          this.name,
          `print ${print.print} is given up by the rule, and its holder had no time to come back`,
        );
      return;
    }
    book.free(print, line.index);
    if (ended !== undefined)
      return this.#room.break(this.name, `print ${print.print} has ended and nobody said how`);
    const asked = namesIt(line.command, print);
    if (!asked && print.startingAt !== undefined)
      return this.#room.break(this.name, `print ${print.print} began and is given away at ${line.index}`);
    if (!asked && mayNotFree(line.command) && print.ahead)
      return this.#room.break(
        this.name,
        `print ${print.print} was held ahead and is given away at ${line.index}`,
      );
    if (!asked && mayNotFree(line.command)) this.#expectOver(print, line, state, 'is freed');
  }

  /** Its holder says that it has begun another copy, held ahead, on that printer. */
  #isDisplaced({ printer, holder }: BookPrint, { command, applied }: Line): boolean {
    if (command?.type !== 'started' || applied.author !== holder) return false;
    const begun = this.#room.book.prints.get(command.print);
    return begun?.ahead === true && begun.printer === printer;
  }

  #expectOver(print: BookPrint, line: Line, state: QueueState, what: string): void {
    const { leaseMs } = state.head.settings;
    const untilMs = Math.max(print.leaseUntilMs, this.#room.book.reignMs + leaseMs);
    if (line.stampMs < untilMs) {
      this.#room.break(
        this.name,
        `print ${print.print} ${what} at ${line.stampMs} ms, and its lease holds until ${untilMs} ms`,
      );
    }
  }
}

/** Its holder is a member no more: a person decided that. */
function isTakenOut({ holder }: BookPrint, { command }: Line): boolean {
  return command?.type === 'remove-member' && command.peer === holder;
}

/** A command that takes exactly this print away. */
function namesIt(command: Command | undefined, { print }: BookPrint): boolean {
  return command !== undefined && 'print' in command && command.print === print;
}

/** Entries that free no claim but by the time they bear. */
function mayNotFree(command: Command | undefined): boolean {
  return (
    command === undefined ||
    ['renew', 'claim', 'starting', 'started', 'add-job', 'add-file'].includes(command.type)
  );
}
