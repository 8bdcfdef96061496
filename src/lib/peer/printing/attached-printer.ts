import type { PrintId, PrinterId, QueueId } from '../../base/index.ts';
import type { Doing } from '../../printer/facts.ts';
import type { PrinterStatus } from '../../printer/port.ts';
import type { PeerToPrinter } from '../messages.ts';

/** What the desk needs of a port to a print worker. */
export interface PrinterPort {
  post(message: PeerToPrinter): void;
}

/** A printer whose worker is attached, for whoever shows it. */
export interface AttachedPrinter {
  readonly id: PrinterId;
  readonly name: string;
  readonly virtual: boolean;
  readonly status: PrinterStatus | undefined;
  readonly work: { readonly queue: QueueId; readonly print: PrintId; readonly doing: Doing } | undefined;
  /** An invariant of this program was broken: nothing is begun on it before it is attached anew. */
  readonly faulty: boolean;
}

/** The same, for those who look after its bed and its records. */
export interface Attached {
  readonly id: PrinterId;
  readonly name: string;
  readonly virtual: boolean;
  readonly status: PrinterStatus | undefined;
  /** The copy in hand. */
  readonly work: { readonly print: PrintId } | undefined;
  /** Queues that were told of this printer since it was attached. */
  readonly introduced: Set<QueueId>;
}

/** Whether it could begin a print now. */
export function isFree({ status }: Attached): boolean {
  return status?.state === 'ready' && status.clearing === undefined;
}
