import type { PrintId, PrinterId, QueueId } from '../../base/index.ts';
import type { PrinterStatus } from '../../printer/port.ts';
import { nextAlone } from './alone.ts';
import type { FileKeeper } from '../files/file-keeper.ts';
import type { PeerToPrinter } from '../messages.ts';
import { type Work, doingOf } from './print-work.ts';
import type { Doing } from '../../printer/facts.ts';

/** What the desk needs of a port to a print worker. */
export interface PrinterPort {
  post(message: PeerToPrinter): void;
}

/** A printer whose worker is attached. */
export interface AttachedPrinter {
  readonly id: PrinterId;
  readonly name: string;
  readonly virtual: boolean;
  readonly status: PrinterStatus | undefined;
  readonly work: { readonly queue: QueueId; readonly print: PrintId; readonly doing: Doing } | undefined;
}

/** The same, as the desk keeps it. */
export interface Attached {
  readonly id: PrinterId;
  readonly name: string;
  readonly virtual: boolean;
  readonly port: PrinterPort;
  status: PrinterStatus | undefined;
  work: Work | undefined;
  claiming: boolean;
  /** Queues that were told of this printer since it was attached. */
  readonly introduced: Set<QueueId>;
}

/** Whether it could begin a print now. */
export function isFree({ status }: Attached): boolean {
  return status?.state === 'ready' && status.clearing === undefined;
}

/** What others may know of it. */
export function attachedView(
  { id, name, virtual, status, work }: Attached,
  keeper: FileKeeper,
): AttachedPrinter {
  return {
    id,
    name,
    virtual,
    status,
    work:
      work === undefined
        ? undefined
        : { queue: work.host.queue, print: work.print, doing: doingOf(work, keeper) },
  };
}

/** Whether the copy that its printer is about to begin may be begun without the others. */
export function mayStartAlone(printer: Attached, { host, print }: Work): boolean {
  const record = host.state.printers.get(printer.id);
  return record !== undefined && nextAlone(host, record, printer.introduced.has(host.queue)) === print;
}

/** Whether a copy that is held ahead waits at the fence, the others having neither agreed nor been away for long enough. */
export function isUndecided(printer: Attached, work: Work): boolean {
  const print = work.host.state.prints.get(work.print);
  const waits = printer.work === work && work.stage === 'asked';
  return waits && print?.phase === 'ahead' && print.cancel === undefined && !mayStartAlone(printer, work);
}
