import type { PrintId } from '../../base/index.ts';
import type { Printer } from '../../queue/index.ts';
import { isTouched, isWanted } from '../../schedule/index.ts';
import type { QueueHost } from '../host/queue-host.ts';

/** Prints that the queue says a printer holds and that nobody here works on: an earlier life claimed them. */
export interface HeldPrints {
  /** To be taken up. */
  readonly begin: PrintId | undefined;
  /** Starting or printing when its worker went away. The printer now stands ready, so they are over. */
  readonly over: readonly PrintId[];
}

/**
 * @param bedFree whether no other queue of this printer says that something lies on its bed
 * @param begun what was begun on it last: what is known here of the queue may be older
 */
export function heldPrints(
  host: QueueHost,
  record: Printer,
  bedFree: boolean,
  begun: PrintId | undefined,
): HeldPrints {
  const over: PrintId[] = [];
  for (const id of record.prints) {
    const print = host.state.prints.get(id);
    if (print === undefined) continue;
    // Its report is on its way: the queue will know in a moment.
    if (host.reports(id)) continue;
    if (print.phase !== 'claimed' && print.phase !== 'ahead') {
      over.push(id);
      continue;
    }
    // Begun or handed back, and the queue has not heard of it yet.
    if (isTouched(id, host.unsettled())) continue;
    if (id === begun) {
      over.push(id);
      continue;
    }
    // Asked back, or not before the bed is clear.
    if (print.phase === 'ahead' && (!isWanted(host.state, print) || record.bed !== 'clear')) continue;
    if (bedFree) return { begin: id, over };
  }
  return { begin: undefined, over };
}
