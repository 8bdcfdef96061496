import type { PrintId } from '../base/index.ts';
import type { CommandOf } from './command.ts';
import { correctPrint, endPrint } from './ending.ts';
import { findEnded } from './history.ts';
import * as limits from './limits.ts';
import { decided, figures } from './prints.ts';
import { driven, notAllowed, notFound } from './refusals.ts';
import type { Printer } from './state.ts';
import { isDisplaced, isUnderWay } from './state.ts';
import type { Answer, Tables, Turn } from './tables.ts';
import { may, putBed, putPrinter, roleOf } from './tables.ts';
import { freeClaim, mustPrint } from './upkeep.ts';

/** Printers and their beds. */

export function setPrinter(turn: Turn, command: CommandOf<'set-printer'>): Answer {
  const { tables } = turn;
  const known = tables.printers.get(command.printer);
  if (known === undefined) {
    if (!may(turn, 'print')) return notAllowed(roleOf(turn), 'add-printers');
    if (tables.printers.size >= limits.printersMax) {
      return { code: 'limit', what: 'printers', max: limits.printersMax };
    }
  } else {
    const refusal = checkDriver(turn, known);
    if (refusal !== undefined) return refusal;
  }
  putPrinter(turn, {
    id: command.printer,
    peer: known?.peer ?? turn.author,
    name: command.name,
    enabled: command.enabled,
    autoClear: command.autoClear,
    model: command.model,
    nozzleMm: command.nozzleMm,
    sizeMm: command.sizeMm,
    surface: command.surface,
    materials: command.materials,
    kinds: command.kinds,
    bed: known?.bed ?? (command.autoClear ? 'clear' : 'unknown'),
    bedPrint: known?.bedPrint,
    profileRevision: profileRevisionOf(known, command),
    bedRevision: known?.bedRevision ?? 0,
    prints: known?.prints ?? [],
    failedSets: known?.failedSets ?? [],
    stopped: known?.stopped,
  });
  return undefined;
}

/** What could make a file fit that did not fit before is counted. */
function profileRevisionOf(known: Printer | undefined, now: CommandOf<'set-printer'>): number {
  if (known === undefined) return 0;
  const { sizeMm: before } = known;
  const { sizeMm: after } = now;
  const sameSize = before?.x === after?.x && before?.y === after?.y && before?.z === after?.z;
  const same = sameSize && known.model === now.model && known.nozzleMm === now.nozzleMm;
  return same ? known.profileRevision : known.profileRevision + 1;
}

export function removePrinter(turn: Turn, command: CommandOf<'remove-printer'>): Answer {
  const { tables } = turn;
  const printer = tables.printers.get(command.printer);
  if (printer === undefined) return notFound('printer');
  const refusal = checkDriver(turn, printer) ?? checkIdle(turn, printer);
  if (refusal !== undefined) return refusal;
  for (const id of printer.prints) freeClaim(turn, mustPrint(tables, id));
  tables.printers.delete(printer.id);
  turn.changed.push({ kind: 'printer', id: printer.id });
  return undefined;
}

export function resumePrinter(turn: Turn, command: CommandOf<'resume-printer'>): Answer {
  const printer = turn.tables.printers.get(command.printer);
  if (printer === undefined) return notFound('printer');
  const refusal = checkDriver(turn, printer);
  if (refusal !== undefined) return refusal;
  putPrinter(turn, { ...printer, stopped: undefined, failedSets: [] });
  return undefined;
}

/**
 * What lies on the bed, and, when a print is taken off, whether it was good. Who clears a bed names what lay there as far as the queue
 * knew, and the revision of that: a word that comes hours late must not clear it of something else, nor of what began only after it was said.
 */
export function setBed(turn: Turn, command: CommandOf<'set-bed'>): Answer {
  const { tables } = turn;
  const printer = tables.printers.get(command.printer);
  if (printer === undefined) return notFound('printer');
  const refusal = checkDriver(turn, printer);
  if (refusal !== undefined) return refusal;
  const subject = command.print ?? printer.bedPrint;
  const judged = command.verdict === undefined ? undefined : subject;
  for (const id of printer.prints) {
    const print = mustPrint(tables, id);
    const decidedNow = id === judged && print.lostMs !== undefined;
    if (isUnderWay(print) && !isDisplaced(print, printer) && command.bed === 'clear' && !decidedNow) {
      return { code: 'print-under-way', printer: printer.name, first: 'decide' };
    }
  }
  if (command.bed === 'clear' && printer.bed !== 'clear' && !isOfNow(printer, command)) {
    return { code: 'bed-changed', printer: printer.name };
  }
  if (command.bed !== 'clear' && isHeldElsewhere(tables, printer, command.print)) return notFound('print');
  if (judged !== undefined && command.verdict !== undefined && !isForeign(tables, printer, judged)) {
    const active = tables.prints.get(judged);
    const ended = findEnded(tables, judged);
    if ((active ?? ended)?.printer !== printer.id) return notFound('print');
    if (active !== undefined && active.lostMs === undefined) {
      return { code: 'print-under-way', printer: printer.name, first: 'report' };
    }
    const verdict = decided(turn, command.verdict, undefined);
    // A cancelled copy is of no use to anybody, but it is no failure of its file or its printer.
    const isCancelled = ended?.outcome === 'cancelled' && command.verdict === 'failed';
    if (active !== undefined) endPrint(turn, active, verdict);
    else if (ended !== undefined && !isCancelled)
      correctPrint(turn, ended, { ...verdict, reason: ended.reason, ...figures(ended) });
  }
  const now = tables.printers.get(printer.id) ?? printer;
  // What is being printed lies there, whatever else is said.
  const lies = isPrinting(tables, now) ? now.bedPrint : (command.print ?? now.bedPrint);
  putBed(turn, now, command.bed, command.bed === 'clear' ? undefined : lies);
  return undefined;
}

/** Whether a word about a bed was said of how it is known now. */
function isOfNow({ bedPrint, bedRevision }: Printer, { print, revision }: CommandOf<'set-bed'>): boolean {
  return print === bedPrint && (revision === undefined || revision === bedRevision);
}

/** Whether that print is held on another printer of this queue: it cannot lie here. */
function isHeldElsewhere(tables: Tables, printer: Printer, print: PrintId | undefined): boolean {
  const held = print === undefined ? undefined : tables.prints.get(print);
  return held !== undefined && held.printer !== printer.id;
}

/** Whether what lies there is of another queue that the printer serves: nothing is known of it here. */
function isForeign(tables: Tables, printer: Printer, print: PrintId): boolean {
  return printer.bedPrint === print && !tables.prints.has(print) && findEnded(tables, print) === undefined;
}

function isPrinting(tables: Tables, printer: Printer): boolean {
  return printer.prints.some((id) => {
    const print = mustPrint(tables, id);
    return isUnderWay(print) && !isDisplaced(print, printer);
  });
}

/** Who may speak for a printer: the peer that drives it, and operators. */
function checkDriver(turn: Turn, printer: Printer): (Answer & object) | undefined {
  const drives = printer.peer === turn.author && may(turn, 'print');
  if (drives || may(turn, 'operate')) return undefined;
  return driven(turn.author, printer.id, printer.peer);
}

function checkIdle(turn: Turn, printer: Printer): (Answer & object) | undefined {
  const busy = printer.prints.some((id) => mustPrint(turn.tables, id).phase !== 'claimed');
  return busy ? { code: 'print-under-way', printer: printer.name, first: 'decide' } : undefined;
}
