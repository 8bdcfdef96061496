import type { Alert, PrinterView, QueueView } from '../api.ts';

/** What of a queue is looked at. */
export type AlertSource = Pick<QueueView, 'queue' | 'name'> & { readonly printers: readonly PrinterView[] };

/** What in these queues waits for a person, the most pressing first. A printer that is switched off in the queue asks for nothing. */
export function alertsOf(queues: readonly AlertSource[]): readonly Alert[] {
  const all = queues.flatMap((queue) => queue.printers.flatMap((printer) => alertOf(queue, printer) ?? []));
  return all.sort(
    (a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || a.printerName.localeCompare(b.printerName),
  );
}

const order: readonly Alert['kind'][] = ['question', 'failed', 'lost', 'stopped', 'bed'];

/** The one thing that a printer needs first. */
function alertOf(queue: AlertSource, printer: PrinterView): Alert | undefined {
  const { name } = printer;
  const alert = (kind: Alert['kind'], text: string): Alert => ({
    key: `${queue.queue}/${printer.printer}/${kind}`,
    queue: queue.queue,
    queueName: queue.name,
    printer: printer.printer,
    printerName: name,
    mine: printer.mine,
    kind,
    text,
  });
  if (printer.online && printer.needs !== undefined) return alert('question', `${name}: ${printer.needs}`);
  if (printer.online && printer.state === 'failed') return alert('failed', `${name}: ${printer.text}`);
  if (printer.print?.phase === 'lost-contact')
    return alert('lost', `Contact with ${name} is lost in the middle of “${printer.print.jobName}”.`);
  if (!printer.enabled) return undefined;
  if (printer.stopped !== undefined) return alert('stopped', `${name} takes no work: ${printer.stopped}`);
  // While a print is under way its bed is meant to be occupied.
  const underWay = printer.print !== undefined && printer.print.phase !== 'claimed';
  if (!printer.online || underWay || printer.bed === 'clear') return undefined;
  return alert(
    'bed',
    printer.bed === 'occupied' ? `Clear the bed of ${name}.` : `Look whether the bed of ${name} is clear.`,
  );
}
