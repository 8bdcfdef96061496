import { type Log, type PrintId, type PrinterId, type QueueId, messageOf } from '../../base/index.ts';
import type { Command, Printer } from '../../queue/index.ts';
import { bedAfter } from '../../schedule/index.ts';
import type { QueueHost } from '../host/queue-host.ts';
import { worded } from '../../words/index.ts';

/** A print that was begun on a printer here, as `printing/begun-prints.ts` keeps it. */
interface Begun {
  readonly queue: QueueId;
  readonly print: PrintId;
}

/** Room of a virtual printer, mm: more than of the machines that people try files for. */
const virtualSizeMm = { x: 500, y: 500, z: 500 };

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
 * @param part what was begun on it last and may lie there
 * @param unkept called when some of it could not be written: then it is to be told again
 */
export function introduce(
  host: QueueHost,
  printer: Introduced,
  part: Begun | undefined,
  log: Log,
  unkept: () => void,
): void {
  const { id, name, work } = printer;
  const left =
    part !== undefined && part.print !== work?.print && !isOwn(host, part) ? part.print : undefined;
  const unknown = () =>
    tell(
      log,
      host,
      { type: 'set-bed', printer: id, bed: 'unknown', ...(left !== undefined && { print: left }) },
      `Bed of ${name} unknown`,
      unkept,
    );
  const known = host.state.printers.get(id);
  if (known === undefined) {
    tell(
      log,
      host,
      {
        type: 'set-printer',
        printer: id,
        name,
        enabled: true,
        autoClear: printer.virtual,
        materials: [],
        // A real one takes nothing by itself before a person says what it is.
        ...(printer.virtual && { sizeMm: virtualSizeMm }),
      },
      `Add printer ${name}`,
      unkept,
    );
    if (printer.virtual && left !== undefined) unknown();
  } else if (mayBecomeClear(host, known) && (!known.autoClear || left !== undefined)) {
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

/** Whether that is a print of this queue: then it knows better than anybody what became of it. */
export function isOwn({ queue, state }: QueueHost, part: Begun): boolean {
  return queue === part.queue || state.prints.has(part.print) || state.history.has(part.print);
}

/**
 * Gives a command to a queue whose end nobody here waits for; a refusal is logged.
 * @param unkept called when this browser could not write it down, so that nothing of it goes out
 */
export function tell(log: Log, host: QueueHost, command: Command, text: string, unkept?: () => void): void {
  host.submit(command, text).then(
    (settled) => {
      if (settled.kind === 'refused') log.warn(`${text}: ${worded(settled.refusal).text}`);
    },
    (error: unknown) => {
      log.error(`${text}: ${messageOf(error)}`);
      unkept?.();
    },
  );
}
