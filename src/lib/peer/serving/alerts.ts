import type { AlertCause } from '../api-facts.ts';
import type { Alert, QueueView } from '../api.ts';
import type { AlertFacts, PrinterFacts } from '../view-facts.ts';

/** What of a queue is looked at. */
export type AlertSource = Pick<QueueView, 'queue' | 'name'> & { readonly printers: readonly PrinterFacts[] };

/** What in these queues waits for a person, the most pressing first. A printer that is switched off in the queue asks for nothing. */
export function alertsOf(queues: readonly AlertSource[]): readonly AlertFacts[] {
  const all = queues.flatMap((queue) => queue.printers.flatMap((printer) => alertOf(queue, printer) ?? []));
  return all.sort(
    (a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || a.printerName.localeCompare(b.printerName),
  );
}

const order: readonly Alert['kind'][] = ['question', 'failed', 'lost', 'stopped', 'bed'];

/** The one thing that a printer needs first. */
function alertOf(queue: AlertSource, printer: PrinterFacts): AlertFacts | undefined {
  const alert = (cause: AlertCause): AlertFacts => ({
    key: `${queue.queue}/${printer.printer}/${cause.kind}`,
    queue: queue.queue,
    queueName: queue.name,
    printer: printer.printer,
    printerName: printer.name,
    mine: printer.mine,
    kind: cause.kind,
    cause,
  });
  const { asks, doing, stop, print, bed } = printer;
  if (printer.online && asks !== undefined) return alert({ kind: 'question', ask: asks });
  if (printer.online && printer.state === 'failed')
    return alert({ kind: 'failed', doing: doing ?? { code: 'state' } });
  if (print?.phase === 'lost-contact') return alert({ kind: 'lost', job: print.jobName });
  if (!printer.enabled) return undefined;
  if (stop !== undefined) return alert({ kind: 'stopped', stop });
  // While a print is under way its bed is meant to be occupied.
  const underWay = print !== undefined && print.phase !== 'claimed';
  if (!printer.online || underWay || bed === 'clear') return undefined;
  return alert({ kind: 'bed', bed });
}
