import type { Clock, Log, PrintId, QueueId } from '../../base/index.ts';
import { type BedState, type Command, type Printer, isDisplaced, isUnderWay } from '../../queue/index.ts';
import { bedAfter } from '../../schedule/index.ts';
import type { Attached } from './attached-printer.ts';
import { mayHaveLeft, tell } from '../members/introducing.ts';
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
  /** What was last seen here. */
  readonly before: BedState | undefined;
  /** It knows a print that lies there. `unknown` without one is mere ignorance: nobody has looked since the printer was connected. */
  readonly lies: boolean;
  /** A print of this queue is under way: the bed is its own until it ends. */
  readonly printing: boolean;
}

/**
 * One bed, several queues: what each is to be told so that none starts a print on another's part. Who clears the bed in one queue stood
 * before the printer and clears it for all; what lies there after a print of one lies there for all.
 */
export function bedsToTell(beds: readonly BedOf[]): ReadonlyMap<QueueId, 'clear' | 'occupied'> {
  const told = new Map<QueueId, 'clear' | 'occupied'>();
  if (beds.length < 2 || beds.some(({ printing }) => printing)) return told;
  const clear = beds.some(({ bed }) => bed === 'clear');
  const cleared = beds.some(
    ({ bed, before }) => bed === 'clear' && before !== undefined && before !== 'clear',
  );
  const occupied = beds.some(({ bed, lies }) => bed === 'occupied' || (bed === 'unknown' && lies));
  for (const { queue, bed } of beds) {
    if (bed !== 'clear' && (cleared || (clear && !occupied))) told.set(queue, 'clear');
    if (bed === 'clear' && occupied && !cleared) told.set(queue, 'occupied');
  }
  return told;
}

/** Milliseconds before a queue that refused the same word is told it again. */
const againMs = 60_000;

interface Ports {
  readonly clock: Clock;
  readonly log: Log;
  readonly recordsOf: (printer: Attached) => readonly RecordOf[];
}

/** What printers tell of their own beds, and what the queues of a printer are told of the one bed that it has. */
export class DeskBeds {
  readonly #ports: Ports;
  readonly #seen = new WeakMap<Attached, Map<QueueId, BedState>>();
  readonly #heard = new WeakMap<Attached, number>();
  readonly #toldMs = new WeakMap<Attached, Map<string, number>>();

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /**
   * Whether no other queue says that something lies there or is under way: a print of this one may begin as far as they go. What a queue
   * says that is not there yet was told to those that are, when they were told of this printer: a person who looked has overruled it.
   */
  freeFor(printer: Attached, host: QueueHost): boolean {
    const isTold = printer.introduced.has(host.queue);
    return this.#ports.recordsOf(printer).every(({ host: other, record }) => {
      if (other === host) return true;
      if (printer.introduced.has(other.queue))
        return lying(other, record).bed === 'clear' && !prints(other, record);
      return isTold || !mayHaveLeft(other, record, printer);
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
    for (const of of records) if (lying(of.host, of.record).bed !== bed) this.#tell(of, bed);
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
    const beds = this.#bedsOf(printer);
    const told = bedsToTell(beds);
    this.#seen.set(printer, new Map(beds.map(({ queue, bed }) => [queue, bed])));
    for (const of of this.#ports.recordsOf(printer)) {
      const bed = told.get(of.host.queue);
      if (bed !== undefined && this.#isNews(printer, `${of.host.queue} ${bed}`)) this.#tell(of, bed);
    }
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
    const records = this.#ports.recordsOf(printer).filter(({ host }) => printer.introduced.has(host.queue));
    return records.map(({ host, record }) => {
      const { bed, print } = lying(host, record);
      return {
        queue: host.queue,
        bed,
        before: seen?.get(host.queue),
        lies: print !== undefined,
        printing: prints(host, record),
      };
    });
  }

  #tell({ host, record }: RecordOf, bed: BedState): void {
    const { print } = lying(host, record);
    const command: Command = {
      type: 'set-bed',
      printer: record.id,
      bed,
      ...(bed === 'clear' && print !== undefined && { print }),
    };
    tell(this.#ports.log, host, command, `Bed of ${record.name}: ${bed}`);
  }
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
