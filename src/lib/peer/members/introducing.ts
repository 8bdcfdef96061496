import { type Log, type PrintId, type PrinterId, messageOf } from '../../base/index.ts';
import { type Command, type Printer, isUnderWay } from '../../queue/index.ts';
import { bedAfter, isTouched } from '../../schedule/index.ts';
import type { QueueHost } from '../host/queue-host.ts';

/** A printer as the tab that it hangs on names it. */
export interface Introduced {
  readonly id: PrinterId;
  readonly name: string;
  readonly virtual: boolean;
  /** What it works on. */
  readonly work: { readonly print: PrintId } | undefined;
}

/**
 * Tells a queue of a printer. A queue that knows it keeps its settings; a real bed is unknown after reconnecting, and so is any on which
 * something may lie that was begun for another queue, which need not be there to say so. What an earlier life told of the bed may still be
 * on its way: it spoke of what was before, so that this is told behind it.
 * @param hosts all queues here
 */
export function introduce(host: QueueHost, printer: Introduced, hosts: Iterable<QueueHost>, log: Log): void {
  const unknown = () =>
    tell(
      log,
      host,
      { type: 'set-bed', printer: printer.id, bed: 'unknown' },
      `Bed of ${printer.name} unknown`,
    );
  const known = host.state.printers.get(printer.id);
  if (known === undefined) {
    tell(
      log,
      host,
      {
        type: 'set-printer',
        printer: printer.id,
        name: printer.name,
        enabled: true,
        autoClear: printer.virtual,
        materials: [],
      },
      `Add printer ${printer.name}`,
    );
    if (printer.virtual && wasLeft(printer, host, hosts)) unknown();
  } else if (mayBecomeClear(host, known) && (!known.autoClear || wasLeft(printer, host, hosts))) {
    unknown();
  }
}

/** Whether the queue takes the bed to be clear, or will when it has heard what waits to be told. */
function mayBecomeClear(host: QueueHost, record: Printer): boolean {
  const pending = host.unsettled();
  return (
    record.bed === 'clear' ||
    bedAfter(host.state, record, pending).bed === 'clear' ||
    pending.some((command) => command.type === 'set-bed' && command.printer === record.id)
  );
}

/** Whether something may lie on the bed, or be under way there, that was begun for another queue. */
function wasLeft(printer: Introduced, host: QueueHost, hosts: Iterable<QueueHost>): boolean {
  return [...hosts].some((other) => {
    const record = other === host ? undefined : other.state.printers.get(printer.id);
    return record !== undefined && mayHaveLeft(other, record, printer);
  });
}

/**
 * Whether this queue may have left something on the bed, by what is known of it here. After a restart, and before it has a leader again, that
 * may be less than what was agreed on: a copy that it only knows to be claimed may have been begun.
 */
export function mayHaveLeft(host: QueueHost, record: Printer, printer: Introduced): boolean {
  const inHand = printer.work?.print;
  const isThere = host.condition().condition === 'ready';
  const pending = host.unsettled();
  const held = record.prints.some((id) => {
    const print = host.state.prints.get(id);
    if (id === inHand || print === undefined || host.reports(id)) return false;
    return isUnderWay(print) || (!isThere && !isTouched(id, pending));
  });
  if (held || isThere) return held;
  // One that is there tells the others what lies there (`DeskBeds`).
  const { bed, print } = bedAfter(host.state, record, pending);
  return bed !== 'clear' && print !== undefined && print !== inHand;
}

/** Gives a command to a queue whose end nobody here waits for; a refusal is logged. */
export function tell(log: Log, host: QueueHost, command: Command, text: string): void {
  host.submit(command, text).then(
    (settled) => {
      if (settled.kind === 'refused') log.warn(`${text}: ${settled.refusal.text}`);
    },
    (error: unknown) => log.error(`${text}: ${messageOf(error)}`),
  );
}
