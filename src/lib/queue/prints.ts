import type { PrintId } from '../base/index.ts';
import type { CommandOf } from './command.ts';
import { correctPrint, endPrint, loseContact } from './ending.ts';
import type { Ending } from './ending.ts';
import type { Reason, Unfit } from './facts.ts';
import { wordsOf } from './facts.ts';
import { findEnded } from './history.ts';
import { driven, held, notAllowed, notFound } from './refusals.ts';
import type { Print, Printer } from './state.ts';
import { freeOf, isDisplaced, isToPrint, isUnderWay, nextCopyOf, remainingOf, unfitOf } from './state.ts';
import type { Answer, Tables, Turn } from './tables.ts';
import { withClaimed } from './copies.ts';
import { may, putBed, putJob, putPrint, putPrinter, putSet, roleOf } from './tables.ts';
import { freeClaim, mustJob, mustPrint, mustPrinter, mustSet } from './upkeep.ts';

/**
 * The life of a print: claimed → starting → started → ended, or ahead → started → ended. Only a claim may be given to another by itself:
 * whoever holds a copy ahead has the fence behind it, and may print it while nobody hears of it.
 */

export function claim(turn: Turn, command: CommandOf<'claim'>): Answer {
  const { tables, author } = turn;
  if (!may(turn, 'print')) return notAllowed(roleOf(turn), 'print');
  const printer = tables.printers.get(command.printer);
  if (printer === undefined) return notFound('printer');
  if (printer.peer !== author) return driven(author, printer.id, printer.peer);
  const known = tables.prints.get(command.print);
  if (known !== undefined) {
    const same = known.set === command.set && known.printer === command.printer && known.holder === author;
    if (!same) return { code: 'exists', what: 'print' };
    putPrint(turn, revived(turn, known));
    return undefined;
  }
  if (findEnded(tables, command.print) !== undefined) return { code: 'exists', what: 'print' };
  const set = tables.sets.get(command.set);
  if (set === undefined) return notFound('set');
  const job = mustJob(tables, set.job);
  if (job.draft) return { code: 'job-is-draft', job: job.name };
  if (set.quarantine !== undefined) return { code: 'set-quarantined', quarantine: set.quarantine };
  if (printer.stopped !== undefined) return { code: 'printer-stopped', stop: printer.stopped };
  if (printer.prints.length > tables.settings.claimAhead) {
    return { code: 'claims-ahead', printer: printer.name };
  }
  if (unfitOf(set, printer) !== undefined) return { code: 'unfit-here', printer: printer.name };
  if (freeOf(job, set) === 0) {
    const first = set.active[0];
    if (remainingOf(job, set) === 0) return { code: 'nothing-left', job: job.name, rest: 'none' };
    if (first === undefined) return { code: 'nothing-left', job: job.name, rest: 'on-hold' };
    return held(author, job.id, mustPrint(tables, first).holder);
  }
  const bound = job.keepTogether && job.boundTo !== undefined ? tables.printers.get(job.boundTo) : undefined;
  if (bound !== undefined && bound.id !== printer.id) return held(author, job.id, bound.peer);
  // A job that is kept on one printer has no other one to try.
  if (bound === undefined && tables.settings.retryOn === 'other' && set.failedOn.includes(printer.id)) {
    return { code: 'failed-here', printer: printer.name };
  }
  const print: Print = {
    id: command.print,
    set: set.id,
    job: job.id,
    printer: printer.id,
    copy: nextCopyOf(set),
    holder: author,
    phase: printer.prints.length === 0 ? 'claimed' : 'ahead',
    claimedMs: tables.stampMs,
    startedMs: undefined,
    startedWallMs: undefined,
    leaseUntilMs: tables.stampMs + tables.settings.leaseMs,
    lostMs: undefined,
    cancel: undefined,
  };
  putPrint(turn, print);
  tables.deadlines.add(print.id, print.leaseUntilMs);
  putSet(turn, withClaimed(set, print));
  putPrinter(turn, { ...printer, prints: [...printer.prints, print.id] });
  if (job.keepTogether && job.boundTo !== printer.id) putJob(turn, { ...job, boundTo: printer.id });
  return undefined;
}

/** Renews what the author still holds; the value is how many that were. */
export function renew(turn: Turn, command: CommandOf<'renew'>): Answer {
  const mine: Print[] = [];
  for (const id of new Set(command.prints)) {
    const print = turn.tables.prints.get(id);
    if (print?.holder === turn.author) mine.push(print);
  }
  if (mine.length === 0) return notFound('print');
  for (const print of mine) putPrint(turn, revived(turn, print));
  return mine.length;
}

/** Gives a copy back of which nothing was printed. A person's no to it is remembered, and that it does not fit on this printer. */
export function release(turn: Turn, command: CommandOf<'release'>): Answer {
  const print = own(turn, command.print);
  if ('code' in print) return print;
  if (print.phase === 'started') {
    return { code: 'print-under-way', printer: mustPrinter(turn.tables, print.printer).name, first: 'end' };
  }
  if (print.phase === 'starting') {
    // Its holder knows that nothing was printed, so the bed is as it was.
    const printer = turn.tables.printers.get(print.printer);
    if (printer?.bedPrint === print.id && printer.bed === 'occupied')
      putBed(turn, printer, 'clear', undefined);
  }
  const { why } = command;
  freeClaim(turn, print, why?.code === 'cancelled' ? 'on-hold' : undefined);
  if (why !== undefined && why.code !== 'cancelled') leaveOut(turn, print, why);
  return undefined;
}

/** The set does not fit on the printer of that print: it is left to others. */
function leaveOut(turn: Turn, print: Print, unfit: Unfit): void {
  const { tables } = turn;
  const { id: printer, profileRevision } = mustPrinter(tables, print.printer);
  const set = mustSet(tables, print.set);
  const others = set.unfitOn.filter((each) => each.printer !== printer && tables.printers.has(each.printer));
  putSet(turn, { ...set, unfitOn: [...others, { printer, profileRevision, ...unfit }] });
}

/** The fence: once this is applied, the copy is its holder's until it ends, whatever becomes of the lease. */
export function starting(turn: Turn, command: CommandOf<'starting'>): Answer {
  const { tables } = turn;
  const print = own(turn, command.print);
  if ('code' in print) return print;
  if (print.phase === 'started') return { code: 'not-starting', phase: 'started' };
  if (!may(turn, 'print')) return notAllowed(roleOf(turn), 'print');
  const printer = mustPrinter(tables, print.printer);
  if (print.phase === 'starting' && !isDisplaced(print, printer)) {
    // It begins from now on: who took it for one that was never begun, and cleared the bed, did so before.
    putBed(turn, printer, printer.bed, printer.bedPrint);
    putPrint(turn, revived(turn, print));
    return undefined;
  }
  if (printer.stopped !== undefined) return { code: 'printer-stopped', stop: printer.stopped };
  const job = mustJob(tables, print.job);
  if (!isToPrint(job, mustSet(tables, print.set), tables.prints, print.id))
    return { code: 'nothing-left', job: job.name, rest: 'under-way' };
  const refusal = mount(turn, print);
  if (refusal !== undefined) return refusal;
  putPrint(turn, { ...revived(turn, print), phase: 'starting' });
  turn.changed.push({ kind: 'job', id: print.job });
  return undefined;
}

/** Puts a print on the bed of its printer, if that is free. */
function mount(turn: Turn, print: Print): (Answer & object) | undefined {
  const { tables } = turn;
  const printer = mustPrinter(tables, print.printer);
  const before = onBed(tables, printer);
  if (before !== undefined && isUnderWay(before)) return { code: 'printer-busy', printer: printer.name };
  if (printer.bed !== 'clear') return { code: 'bed-not-clear', printer: printer.name };
  putBed(turn, printer, 'occupied', print.id);
  return undefined;
}

/**
 * What its holder says of its own printer's floor is not refused: a copy held ahead was begun, whatever the log says of the printer and its
 * bed. What the log had there is over, because a printer prints one thing; how it ended its holder or a person tells.
 */
function takeBed(turn: Turn, print: Print): void {
  const { tables } = turn;
  const printer = mustPrinter(tables, print.printer);
  const before = onBed(tables, printer);
  putBed(turn, printer, 'occupied', print.id);
  if (before !== undefined && isUnderWay(before) && before.lostMs === undefined) loseContact(turn, before);
}

/** The print on a bed that has not ended. */
function onBed(tables: Tables, { bedPrint }: Pick<Printer, 'bedPrint'>): Print | undefined {
  return bedPrint === undefined ? undefined : tables.prints.get(bedPrint);
}

export function started(turn: Turn, command: CommandOf<'started'>): Answer {
  const { tables } = turn;
  const print = own(turn, command.print);
  if ('code' in print) return print;
  if (print.phase === 'claimed') return { code: 'not-starting', phase: 'claimed' };
  const displaced = print.phase === 'starting' && isDisplaced(print, mustPrinter(tables, print.printer));
  if (print.phase === 'ahead' || displaced) takeBed(turn, print);
  putPrint(turn, {
    ...revived(turn, print),
    phase: 'started',
    startedMs: print.startedMs ?? tables.stampMs,
    startedWallMs: print.startedWallMs ?? command.wallMs,
  });
  turn.changed.push({ kind: 'job', id: print.job });
  return undefined;
}

/** The holder's report. It is recorded however late it comes, also as a copy too many. */
export function finish(turn: Turn, command: CommandOf<'finish'>): Answer {
  const { tables, author } = turn;
  const ending: Ending = {
    outcome: command.outcome,
    reason: wordsOf('holder', command.reason),
    decidedBy: author,
    reported: true,
    lines: command.lines,
    resends: command.resends,
    seconds: command.seconds,
    filamentMm: command.filamentMm ?? 0,
    wallMs: command.wallMs,
    bedOccupied: command.bed === 'occupied',
  };
  const print = tables.prints.get(command.print);
  if (print !== undefined) {
    if (print.holder !== author) return held(author, print.job, print.holder);
    endPrint(turn, print, ending);
    return undefined;
  }
  const ended = findEnded(tables, command.print);
  if (ended === undefined) return notFound('print');
  if (ended.holder !== author) return held(author, ended.job, ended.holder);
  // Whoever first could only say that nobody knows may find it written down later.
  const knowsBetter = ended.outcome === 'unknown' && command.outcome !== 'unknown';
  if (ended.reported && !knowsBetter) return { code: 'already-finished', outcome: ended.outcome };
  correctPrint(turn, ended, ending);
  return undefined;
}

/** A person's word: on a print that lost contact, or as a correction of an ended one. */
export function resolve(turn: Turn, command: CommandOf<'resolve'>): Answer {
  const { tables } = turn;
  const print = tables.prints.get(command.print);
  const ended = findEnded(tables, command.print);
  const subject = print ?? ended;
  if (subject === undefined) return notFound('print');
  const refusal = checkDecider(turn, subject);
  if (refusal !== undefined) return refusal;
  const reason = wordsOf('person', command.reason);
  if (print !== undefined) {
    if (print.lostMs === undefined) {
      return { code: 'not-lost' };
    }
    endPrint(turn, print, decided(turn, command.verdict, reason));
    return undefined;
  }
  if (ended !== undefined)
    correctPrint(turn, ended, { ...decided(turn, command.verdict, reason), ...figures(ended) });
  return undefined;
}

export function cancelPrint(turn: Turn, command: CommandOf<'cancel-print'>): Answer {
  const print = turn.tables.prints.get(command.print);
  if (print === undefined) return notFound('print');
  const refusal = checkDecider(turn, print);
  if (refusal !== undefined) return refusal;
  if (print.phase === 'claimed') {
    freeClaim(turn, print, 'on-hold');
    return undefined;
  }
  putPrint(turn, { ...print, cancel: { by: turn.author, reason: command.reason ?? '' } });
  turn.changed.push({ kind: 'job', id: print.job });
  return undefined;
}

/** What a person's decision says of an end, without figures. */
export function decided(
  turn: Turn,
  outcome: 'good' | 'failed' | 'unknown',
  reason: Reason | undefined,
): Ending {
  return {
    outcome,
    reason,
    decidedBy: turn.author,
    reported: false,
    lines: 0,
    resends: 0,
    seconds: 0,
    filamentMm: 0,
    wallMs: undefined,
  };
}

/** The figures of an ended print, kept when a person corrects its outcome. */
export function figures(of: { lines: number; resends: number; seconds: number; filamentMm: number }) {
  return { lines: of.lines, resends: of.resends, seconds: of.seconds, filamentMm: of.filamentMm };
}

/** Who may decide about a print: operators, whose job it is, and who drives the printer. */
function checkDecider(
  turn: Turn,
  print: Pick<Print, 'holder' | 'job'> & { submitter?: string },
): (Answer & object) | undefined {
  const submitter = turn.tables.jobs.get(print.job)?.by ?? print.submitter;
  const involved = print.holder === turn.author || (submitter === turn.author && may(turn, 'submit'));
  return may(turn, 'operate') || involved ? undefined : held(turn.author, print.job, print.holder);
}

function own(turn: Turn, id: PrintId): Print | (Answer & object) {
  const print = turn.tables.prints.get(id);
  if (print === undefined) return notFound('print');
  return print.holder === turn.author ? print : held(turn.author, print.job, print.holder);
}

/** Heard of: the lease runs anew, lost contact is found again, unless the printer has done something else since. */
function revived(turn: Turn, print: Print): Print {
  const { tables } = turn;
  if (isDisplaced(print, mustPrinter(tables, print.printer))) return print;
  const leaseUntilMs = tables.stampMs + tables.settings.leaseMs;
  if (print.lostMs !== undefined) {
    tables.deadlines.add(print.id, leaseUntilMs);
    turn.changed.push({ kind: 'job', id: print.job });
  } else if (leaseUntilMs < print.leaseUntilMs) {
    // A shorter lease was set in the meantime: nobody loses what was promised before.
    return print;
  }
  return { ...print, leaseUntilMs, lostMs: undefined };
}
