import { type Log, type PrintId, type PrinterId, messageOf } from '../../base/index.ts';
import { type Command, isUnderWay } from '../../queue/index.ts';
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
 * something may lie that was begun for another queue, which need not be there to say so.
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
  } else if (known.bed === 'clear' && (!known.autoClear || wasLeft(printer, host, hosts))) {
    unknown();
  }
}

/** Whether another queue has a print under way there that this printer does not work on. */
function wasLeft(printer: Introduced, host: QueueHost, hosts: Iterable<QueueHost>): boolean {
  return [...hosts].some((other) => {
    const held = other === host ? [] : (other.state.printers.get(printer.id)?.prints ?? []);
    return held.some((id) => {
      const print = other.state.prints.get(id);
      return id !== printer.work?.print && print !== undefined && isUnderWay(print) && !other.reports(id);
    });
  });
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
