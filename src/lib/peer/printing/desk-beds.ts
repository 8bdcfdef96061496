import type { Clock, Log, PrintId, QueueId } from '../../base/index.ts';
import { type BedState, type Command, type Printer, isDisplaced, isUnderWay } from '../../queue/index.ts';
import { bedAfter, bedWord } from '../../schedule/index.ts';
import type { Attached } from './attached-printer.ts';
import type { Begun, BegunPrints } from './begun-prints.ts';
import { isOwn, tell } from '../members/introducing.ts';
import type { QueueHost } from '../host/queue-host.ts';

/** A printer as one of its queues knows it. */
export interface RecordOf {
  readonly host: QueueHost;
  readonly record: Printer;
}

/** What one queue says of a bed, with what this peer has told it and is still under way. */
export interface BedOf {
  readonly queue: QueueId;
  readonly bed: BedState;
  /** What lies there, be it of another queue. `unknown` without one is mere ignorance: nobody has looked since the printer was connected. */
  readonly print: PrintId | undefined;
  /** What was last seen here. */
  readonly before: Seen | undefined;
  /** A print of this queue is under way: the bed is its own until it ends. */
  readonly printing: boolean;
}

interface Seen {
  readonly bed: BedState;
  readonly print: PrintId | undefined;
}

/** What a queue is to be told. */
export interface BedWord {
  readonly bed: 'clear' | 'occupied';
  /** What lies there. */
  readonly print: PrintId | undefined;
}

/**
 * One bed, several queues: what each is to be told so that none starts a print on another's part. Who clears the bed in one queue stood
 * before the printer and clears it for all; what lies there after a print of one lies there for all, by its name, so that no word about what
 * lay there before takes it for gone.
 * @param part what was begun on it last and was not seen to be cleared
 */
export function bedsToTell(beds: readonly BedOf[], part: PrintId | undefined): ReadonlyMap<QueueId, BedWord> {
  const told = new Map<QueueId, BedWord>();
  if (beds.length < 2 || beds.some(({ printing }) => printing)) return told;
  const clear = beds.some(({ bed }) => bed === 'clear');
  const cleared = beds.some((of) => wasCleared(of, part));
  const lying = beds.filter(
    ({ bed, print }) => bed === 'occupied' || (bed === 'unknown' && print !== undefined),
  );
  const name = lying.some(({ print }) => print === part) ? part : lying[0]?.print;
  for (const { queue, bed, print } of beds) {
    if (bed !== 'clear' && (cleared || (clear && lying.length === 0)))
      told.set(queue, { bed: 'clear', print });
    const misses = bed === 'clear' || (name === part && print !== part);
    if (!cleared && lying.length > 0 && misses) told.set(queue, { bed: 'occupied', print: name });
  }
  return told;
}

/** Whether somebody has just taken off what lies there: a word about something else is late, and says nothing of it. */
function wasCleared({ bed, before }: BedOf, part: PrintId | undefined): boolean {
  if (bed !== 'clear' || before === undefined || before.bed === 'clear') return false;
  return part === undefined || before.print === part;
}

/** Milliseconds before a queue that refused the same word is told it again. */
const againMs = 60_000;

interface Ports {
  readonly clock: Clock;
  readonly log: Log;
  readonly begun: BegunPrints;
  readonly recordsOf: (printer: Attached) => readonly RecordOf[];
}

/** What printers tell of their own beds, and what the queues of a printer are told of the one bed that it has. */
export class DeskBeds {
  readonly #ports: Ports;
  readonly #seen = new WeakMap<Attached, Map<QueueId, Seen>>();
  readonly #heard = new WeakMap<Attached, number>();
  readonly #toldMs = new WeakMap<Attached, Map<string, number>>();

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** What was begun on that printer last, and may lie there. */
  partOf(printer: Attached): Begun | undefined {
    return this.#ports.begun.on(printer.id);
  }

  /**
   * Whether no other queue says that something lies there or is under way: a print of this one may begin as far as they go. For one that is
   * not there (yet, or any more) speaks what was begun here: the others are told of it by its name, and a person may clear it in any of them.
   */
  freeFor(printer: Attached, host: QueueHost): boolean {
    const left = this.#leftOn(printer);
    if (left !== undefined && !isOwn(host, left)) return false;
    return this.#ports.recordsOf(printer).every(({ host: other, record }) => {
      if (other === host || !speaks(printer, other)) return true;
      return lying(other, record).bed === 'clear' && !prints(other, record);
    });
  }

  /**
   * The printer itself has cleared its bed, or says that something lies there.
   * @param print what it took off: if another lies there by now, it says nothing
   */
  told(printer: Attached, bed: 'clear' | 'occupied', print?: PrintId): void {
    const records = this.#ports.recordsOf(printer);
    const stale = records.some(
      ({ host, record }) =>
        print !== undefined && host.state.history.has(print) && lying(host, record).print !== print,
    );
    // In the middle of a print, or after another: it speaks of what was before.
    if (stale || records.some(({ host, record }) => prints(host, record))) return;
    for (const of of records) {
      const lies = lying(of.host, of.record);
      if (lies.bed !== bed) this.#tell(of, { bed, print: lies.print });
    }
  }

  /** Looks what its display says and what its queues say of its bed, and tells those that do not know. */
  follow(printer: Attached): void {
    const { bedTold, state } = printer.status ?? {};
    if (bedTold !== undefined && this.#heard.get(printer) !== bedTold.times) {
      this.#heard.set(printer, bedTold.times);
      // In the middle of a print any file may have said it.
      if (printer.work === undefined && state === 'ready')
        this.told(printer, bedTold.clear ? 'clear' : 'occupied');
    }
    const left = this.#leftOn(printer);
    const absent = { bed: 'unknown', before: undefined, printing: false } as const;
    const beds: BedOf[] = [...this.#bedsOf(printer), ...(left === undefined ? [] : [{ ...left, ...absent }])];
    const part = this.partOf(printer);
    const told = bedsToTell(beds, part?.print);
    this.#seen.set(printer, new Map(beds.map(({ queue, bed, print }) => [queue, { bed, print }])));
    for (const of of this.#ports.recordsOf(printer)) {
      const word = told.get(of.host.queue);
      if (word !== undefined && this.#isNews(printer, `${of.host.queue} ${word.bed} ${word.print}`))
        this.#tell(of, word);
    }
    if (part !== undefined && (this.#isOver(printer, part) || beds.some((of) => wasCleared(of, part.print))))
      this.#ports.begun.cleared(printer.id, part.print);
  }

  /** Whether its own queue knows that it has ended, and that its bed is clear. */
  #isOver(printer: Attached, { print }: Begun): boolean {
    return this.#ports
      .recordsOf(printer)
      .some(
        ({ host, record }) =>
          (host.state.history.has(print) || host.reports(print)) && lying(host, record).bed === 'clear',
      );
  }

  /** What was begun on it for a queue that is not there to speak of it: it has no leader, its log is damaged, or this peer was taken out. */
  #leftOn(printer: Attached): Begun | undefined {
    const part = this.partOf(printer);
    const isLeft = part !== undefined && printer.work?.print !== part.print && !this.#isOver(printer, part);
    if (!isLeft) return undefined;
    const records = this.#ports.recordsOf(printer);
    return records.some(({ host }) => speaks(printer, host) && isOwn(host, part)) ? undefined : part;
  }

  #isNews(printer: Attached, word: string): boolean {
    const nowMs = this.#ports.clock.monotonicMs();
    const told = this.#toldMs.get(printer) ?? new Map<string, number>();
    this.#toldMs.set(printer, told);
    if ((told.get(word) ?? -Infinity) + againMs > nowMs) return false;
    told.set(word, nowMs);
    return true;
  }

  #bedsOf(printer: Attached): BedOf[] {
    const seen = this.#seen.get(printer);
    // A queue that was not told yet that the printer is here may say what was true days ago.
    const records = this.#ports.recordsOf(printer).filter(({ host }) => speaks(printer, host));
    return records.map(({ host, record }) => {
      const { bed, print } = lying(host, record);
      return {
        queue: host.queue,
        bed,
        print,
        before: seen?.get(host.queue),
        printing: prints(host, record),
      };
    });
  }

  #tell({ host, record }: RecordOf, { bed, print }: BedWord): void {
    // What lies there after a print of another queue has that queue's name for it.
    const named = bed === 'occupied' && print !== undefined ? { print } : {};
    const command: Command = { ...bedWord(host.state, record, host.unsettled(), bed), ...named };
    tell(this.#ports.log, host, command, `Bed of ${record.name}: ${bed}`);
  }
}

/** Whether what a queue says of the bed is to be heard: it was told of this printer, and has not stopped. */
function speaks(printer: Attached, host: QueueHost): boolean {
  return printer.introduced.has(host.queue) && host.trouble === undefined;
}

function lying(
  host: QueueHost,
  record: Printer,
): { readonly bed: BedState; readonly print: PrintId | undefined } {
  return bedAfter(host.state, record, host.unsettled());
}

function prints(host: QueueHost, record: Printer): boolean {
  return record.prints.some((id) => {
    const print = host.state.prints.get(id);
    return print !== undefined && isUnderWay(print) && !isDisplaced(print, record) && !host.reports(id);
  });
}
