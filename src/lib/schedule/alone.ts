import { type BedState, type Command, type Print, isToPrint, unfitOf } from '../queue/index.ts';
import type { AloneWait } from './facts.ts';
import type { PrintId, Printer, QueueView } from './types.ts';

/** What a printer may begin while too few peers are here to agree on anything. */
export type Alone =
  | { readonly kind: 'print'; readonly print: PrintId }
  | { readonly kind: 'wait'; readonly because: AloneWait };

/**
 * Nights: the others sleep, nothing can be committed. A printer then goes through the copies that it holds ahead, because those are given
 * to nobody else. What happened since is in this peer's own commands that wait to be committed: they are read as if they were.
 * After anything but a good print it waits for the others: the rules that stop a printer are the queue's, and it is not there to apply them.
 *
 * @param pending this peer's commands that have not settled, oldest first
 */
export function aloneNext(view: QueueView, printer: Printer, pending: readonly Command[]): Alone {
  const wait = (because: AloneWait): Alone => ({ kind: 'wait', because });
  if (printer.stopped !== undefined) return wait('stopped');
  if (!printer.enabled) return wait('switched-off');
  const after = bedAfter(view, printer, pending);
  if (after.failed) return wait('last-failed');
  if (after.bed !== 'clear') return wait('bed-not-clear');
  for (const id of printer.prints) {
    const print = view.prints.get(id);
    if (print?.phase === 'ahead' && !isTouched(id, pending) && isWanted(view, print))
      return { kind: 'print', print: id };
  }
  return wait('nothing-held');
}

/** Whether a copy that is held ahead is still to be printed, as far as is known here. */
export function isWanted(view: QueueView, print: Print): boolean {
  const set = view.sets.get(print.set);
  const job = view.jobs.get(print.job);
  if (set === undefined || job === undefined) return false;
  if (print.cancel !== undefined || set.quarantine !== undefined || job.draft) return false;
  const printer = view.printers.get(print.printer);
  if (printer !== undefined && unfitOf(set, printer) !== undefined) return false;
  return isToPrint(job, set, view.prints, print.id);
}

/** A copy that was begun, ended or handed back: the others will hear of it. It is never begun a second time. */
export function isTouched(print: PrintId, pending: readonly Command[]): boolean {
  return pending.some(
    (command) =>
      (command.type === 'started' || command.type === 'finish' || command.type === 'release') &&
      command.print === print,
  );
}

/** What a peer knows of a bed. */
export interface BedAfter {
  readonly bed: BedState;
  /** What lies there. */
  readonly print: PrintId | undefined;
  /** Undefined when words of this peer are under way that will make it another. */
  readonly revision: number | undefined;
  /** The last print did not come out, and nobody has looked since. */
  readonly failed: boolean;
}

/**
 * The bed of a printer as it will be once this peer's own waiting commands are applied: its state, and the print that lies on it.
 * @param pending this peer's commands that have not settled, oldest first
 */
export function bedAfter(view: QueueView, printer: Printer, pending: readonly Command[]): BedAfter {
  let { bed, bedPrint: print } = printer;
  let revision: number | undefined = printer.bedRevision;
  let failed = false;
  for (const command of pending) {
    if (command.type === 'set-bed' && command.printer === printer.id) {
      bed = command.bed;
      // A second word that it is clear says the same of the same.
      if (bed !== 'clear') revision = undefined;
      print = command.bed === 'clear' ? undefined : (command.print ?? print);
      // Whoever cleared the bed stood before the printer and saw what was on it.
      if (command.bed === 'clear') failed = false;
    } else if (command.type === 'starting' && isOn(command.print)) {
      revision = undefined;
    } else if (command.type === 'started' && isOn(command.print)) {
      revision = undefined;
      bed = 'occupied';
      print = command.print;
    } else if (command.type === 'finish' && isOn(command.print)) {
      failed = command.outcome !== 'good';
      revision = undefined;
      bed = printer.autoClear && !failed && command.bed === undefined ? 'clear' : 'occupied';
      print = bed === 'clear' ? undefined : command.print;
    }
  }
  return { bed, print, revision, failed };

  function isOn(print: PrintId): boolean {
    return view.prints.get(print)?.printer === printer.id;
  }
}
