import type { JobId, PrintId, PrinterId, SetId } from '../base/index.ts';
import { must } from '../base/index.ts';
import { withAgain, withHoldsWanted, withOnHold } from './copies.ts';
import * as limits from './limits.ts';
import { dropFileUse } from './queue-files.ts';
import type { Job, JobSet, Print, Printer } from './state.ts';
import { remainingOf, wantedOf } from './state.ts';
import type { Tables, Turn } from './tables.ts';
import { none, putJob, putPrinter, putSet } from './tables.ts';

/** What keeps jobs, sets, prints and printers in agreement, whoever changes one of them. */

type Hand = Pick<Turn, 'tables' | 'changed'>;

export function mustJob(tables: Tables, id: JobId): Job {
  return must(tables.jobs.get(id), 'a set belongs to a job');
}

/** Brings `done` and the printer of a kept-together job up to date after its copies changed. */
export function settleJob(turn: Hand, id: JobId): void {
  const { tables } = turn;
  const job = mustJob(tables, id);
  let done = true;
  let touched = false;
  for (const setId of job.sets) {
    const set = mustSet(tables, setId);
    const remaining = remainingOf(job, set);
    const held = withHoldsWanted(set, remaining);
    if (held !== set) putSet(turn, held);
    done &&= remaining === 0;
    touched ||= set.active.length > 0 || set.good > 0;
  }
  const boundTo = touched ? job.boundTo : undefined;
  if (done === job.done && boundTo === job.boundTo) return;
  putJob(turn, { ...job, done, boundTo });
  if (done === job.done) return;
  if (!done) {
    tables.doneJobs.delete(id);
    return;
  }
  tables.doneJobs.set(id, true);
  if (tables.doneJobs.size > limits.doneJobsMax) dropOldestDone(turn);
}

function dropOldestDone(turn: Hand): void {
  const { doneJobs } = turn.tables;
  // Known at once, where a walk would pass all that were dropped before.
  const oldest = doneJobs.oldest();
  if (oldest !== undefined && dropIfOver(turn, oldest)) return;
  // A surplus copy may still be under way: then the next oldest goes.
  for (const id of doneJobs.keys()) if (dropIfOver(turn, id)) return;
}

function dropIfOver(turn: Hand, id: JobId): boolean {
  const job = mustJob(turn.tables, id);
  if (job.sets.some((set) => mustSet(turn.tables, set).active.length > 0)) return false;
  dropJob(turn, job);
  return true;
}

export function dropJob(turn: Hand, job: Job): void {
  const { tables } = turn;
  for (const id of job.sets) removeSet(turn, id);
  tables.doneJobs.delete(job.id);
  tables.jobs.delete(job.id);
  turn.changed.push({ kind: 'job', id: job.id });
}

/** Takes back the claims of a job, or of one set of it, that have not begun to start. */
export function dropClaimsOf(turn: Hand, job: JobId, only?: SetId): void {
  for (const id of mustJob(turn.tables, job).sets) {
    if (only !== undefined && only !== id) continue;
    for (const printId of mustSet(turn.tables, id).active) {
      const print = mustPrint(turn.tables, printId);
      if (print.phase === 'claimed') detachPrint(turn, print);
    }
  }
}

/** Takes back claims that have not begun to start, the newest first, when fewer copies are wanted than are held. */
export function dropSurplusClaims(turn: Hand, id: JobId): void {
  const { tables } = turn;
  for (const setId of mustJob(tables, id).sets) {
    const held = mustSet(tables, setId);
    const spokenFor = held.good + held.active.length + held.onHold.length;
    let surplus = spokenFor - wantedOf(mustJob(tables, id), held);
    for (const printId of held.active.toReversed()) {
      if (surplus <= 0) break;
      const print = mustPrint(tables, printId);
      if (print.phase !== 'claimed') continue;
      detachPrint(turn, print);
      surplus--;
    }
  }
}

export function mustPrint(tables: Tables, id: Print['id']): Print {
  return must(tables.prints.get(id), 'a set names prints that are there');
}

export function mustPrinter(tables: Tables, id: PrinterId): Printer {
  return must(tables.printers.get(id), 'a print is on a printer that is there');
}

export function mustSet(tables: Tables, id: SetId): JobSet {
  return must(tables.sets.get(id), 'a job names sets that are there');
}

export function removeSet(turn: Hand, id: SetId): void {
  const { tables } = turn;
  for (const print of mustSet(tables, id).active) detachPrint(turn, mustPrint(tables, print));
  dropFileUse(turn, mustSet(tables, id).file);
  tables.sets.delete(id);
}

/**
 * What becomes of a copy when its print is over: it was `made`, is to be made `again` under its number, or waits `on-hold`
 * because a person said no to it.
 */
export type CopyEnd = 'made' | 'again' | 'on-hold';

/** What becomes of a copy that a print gives back: a person's no is remembered, whatever else ended the print. */
function endOfReturned(print: Print): CopyEnd {
  return print.cancel === undefined ? 'again' : 'on-hold';
}

/** Takes an active print off its set and its printer. The job must be settled afterwards. */
export function detachPrint(turn: Hand, print: Print, end: CopyEnd = endOfReturned(print)): void {
  const { tables } = turn;
  const held = mustSet(tables, print.set);
  const set = { ...held, active: without(held.active, print.id) };
  const { copy } = print;
  if (end === 'made') putSet(turn, set);
  else putSet(turn, end === 'again' ? withAgain(tables, set, copy) : withOnHold(tables, set, copy));
  const printer = mustPrinter(tables, print.printer);
  putPrinter(turn, { ...printer, prints: without(printer.prints, print.id) });
  tables.prints.delete(print.id);
  turn.changed.push({ kind: 'print', id: print.id });
}

function without(prints: readonly PrintId[], gone: PrintId): readonly PrintId[] {
  return prints.length === 1 && prints[0] === gone ? none : prints.filter((id) => id !== gone);
}

/** Gives a copy back that has not begun to print; its job is settled. */
export function freeClaim(turn: Hand, print: Print, end?: CopyEnd): void {
  detachPrint(turn, print, end);
  settleJob(turn, print.job);
}
