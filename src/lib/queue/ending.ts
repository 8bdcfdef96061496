import type { PeerId } from '../base/index.ts';
import { must } from '../base/index.ts';
import type { Outcome } from './command.ts';
import { withAgain, withMade, withOnHold } from './copies.ts';
import type { Quarantine, Reason, Stop } from './facts.ts';
import { addEnded, changeEnded } from './history.ts';
import type { BedState } from './command.ts';
import type { Settings } from './settings.ts';
import type { Forgiven, HistoryEntry, JobSet, Print, Printer, QueueFile } from './state.ts';
import { isDisplaced, wantedOf } from './state.ts';
import type { Tables, Turn } from './tables.ts';
import { deadlineOf, putBed, putPrint, putPrinter, putSet } from './tables.ts';
import type { CopyEnd } from './upkeep.ts';
import {
  detachPrint,
  dropClaimsOf,
  dropSurplusClaims,
  freeClaim,
  mustJob,
  mustPrint,
  mustPrinter,
  mustSet,
  settleJob,
} from './upkeep.ts';

/** How prints end: by their holder's report, a person's word, the owner's rule; and what follows from it. */

type Hand = Pick<Turn, 'tables' | 'changed'>;

/** What is known of an end. */
export interface Ending {
  readonly outcome: Outcome;
  readonly reason: Reason | undefined;
  readonly decidedBy: PeerId | 'rule';
  /** The holder itself says so. */
  readonly reported: boolean;
  readonly lines: number;
  readonly resends: number;
  readonly seconds: number;
  readonly filamentMm: number;
  readonly wallMs: number | undefined;
  /** Its holder says that the bed did not clear itself. */
  readonly bedOccupied?: boolean;
}

/** Ends a print that was under way. */
export function endPrint(turn: Hand, print: Print, ending: Ending): void {
  const { tables } = turn;
  const job = mustJob(tables, print.job);
  const printer = mustPrinter(tables, print.printer);
  const file = must(tables.files.get(mustSet(tables, print.set).file), 'a set names a known file');
  detachPrint(turn, print, copyEndOf(print, ending));
  const set = mustSet(tables, print.set);
  const surplus = ending.outcome === 'good' && set.good >= wantedOf(job, set);
  const forgave = ending.outcome === 'good' ? forgivenBy(tables, print, set) : undefined;
  addEnded(turn, {
    id: print.id,
    job: job.id,
    jobName: job.name,
    set: set.id,
    setMadeAt: set.madeAt,
    copy: print.copy,
    file: file.id,
    fileName: file.name,
    printer: printer.id,
    printerName: printer.name,
    holder: print.holder,
    submitter: job.by,
    material: printer.materials[0]?.family || file.meta.materials?.[0]?.family || 'unknown',
    claimedMs: print.claimedMs,
    startedMs: print.startedMs,
    endedMs: tables.stampMs,
    startedWallMs: print.startedWallMs,
    endedWallMs: ending.wallMs,
    outcome: ending.outcome,
    reason: ending.reason,
    decidedBy: ending.decidedBy,
    reported: ending.reported,
    surplus,
    ...(forgave !== undefined && { forgave }),
    lines: ending.lines,
    resends: ending.resends,
    seconds: ending.seconds,
    filamentMm: ending.filamentMm,
  });
  putSet(turn, { ...set, [ending.outcome]: set[ending.outcome] + 1 });
  if (!isUntouched(print, ending)) leaveOnBed(turn, print, ending);
  followOutcome(turn, print, ending);
  dropSurplusClaims(turn, job.id);
  settleJob(turn, job.id);
}

/** A person's no is remembered: what was cancelled, or ended any other way but well after somebody asked for that. */
function copyEndOf(print: Print, { outcome }: Ending): CopyEnd {
  if (outcome === 'good') return 'made';
  return outcome === 'cancelled' || print.cancel !== undefined ? 'on-hold' : 'again';
}

/** Changes what is said of an ended print: a late report, or a person's correction. */
export function correctPrint(turn: Hand, old: HistoryEntry, ending: Ending): void {
  const { tables } = turn;
  const now = tables.sets.get(old.set);
  // Prints of a set that was removed since do not count for one that took its id.
  const set = now?.madeAt === old.setMadeAt ? now : undefined;
  const job = set === undefined ? undefined : tables.jobs.get(set.job);
  let surplus = ending.outcome === 'good' && old.surplus;
  const { forgave: forgivenBefore, ...known } = old;
  let forgave = forgivenBefore;
  if (set !== undefined && job !== undefined && ending.outcome !== old.outcome) {
    surplus = ending.outcome === 'good' && set.good >= wantedOf(job, set);
    forgave = ending.outcome === 'good' ? forgivenBy(tables, old, set) : undefined;
    if (ending.outcome === 'failed' && forgivenBefore !== undefined) unforgive(turn, old, forgivenBefore);
    const counted = mustSet(tables, set.id);
    putSet(turn, {
      ...withCorrected(tables, counted, old.copy, ending.outcome),
      [old.outcome]: set[old.outcome] - 1,
      [ending.outcome]: set[ending.outcome] + 1,
    } as JobSet);
  }
  changeEnded(turn, old, {
    ...known,
    ...(forgave !== undefined && { forgave }),
    outcome: ending.outcome,
    reason: ending.reason,
    decidedBy: ending.decidedBy,
    reported: old.reported || ending.reported,
    surplus,
    lines: ending.lines,
    resends: ending.resends,
    seconds: ending.seconds,
    filamentMm: ending.filamentMm,
    endedWallMs: ending.wallMs ?? old.endedWallMs,
  });
  if (set === undefined || job === undefined) return;
  if (ending.outcome !== old.outcome) followOutcome(turn, old, ending);
  dropSurplusClaims(turn, set.job);
  settleJob(turn, set.job);
}

/** The set when another outcome is known of the print that had that copy. */
function withCorrected(tables: Tables, set: JobSet, copy: number, outcome: Outcome): JobSet {
  if (outcome === 'good') return withMade(set, copy);
  return outcome === 'cancelled' ? withOnHold(tables, set, copy) : withAgain(tables, set, copy);
}

/** The holder was not heard of in time: the copy stays its own until the peer, a person or the owner's rule speaks. */
export function loseContact(turn: Hand, print: Print): void {
  putPrint(turn, { ...print, lostMs: turn.tables.stampMs });
  turn.changed.push({ kind: 'job', id: print.job });
  const at = deadlineOf(turn.tables, print.id);
  if (at !== undefined) turn.tables.deadlines.add(print.id, at);
}

/** What time alone decides: leases that ran out, and the owner's rule for lost prints. */
export function expirePrints(turn: Hand): void {
  const { tables } = turn;
  for (;;) {
    const due = tables.deadlines.first((id) => deadlineOf(tables, id));
    if (due === undefined || due.atMs > tables.stampMs) return;
    const print = mustPrint(tables, due.id);
    if (print.lostMs !== undefined) endPrint(turn, print, lostByRule);
    else if (print.phase === 'claimed') freeClaim(turn, print);
    else loseContact(turn, print);
  }
}

const lostByRule: Ending = {
  outcome: 'unknown',
  reason: { by: 'rule', code: 'contact-lost' },
  decidedBy: 'rule',
  reported: false,
  lines: 0,
  resends: 0,
  seconds: 0,
  filamentMm: 0,
  wallMs: undefined,
};

/**
 * Whether the bed is as it was before this print: it was not cleared to start, or it was claimed ahead and its holder reports a failure
 * before the first line (a file that does not fit), with no word of a start.
 */
function isUntouched(print: Print, ending: Ending): boolean {
  if (print.phase === 'claimed') return true;
  return print.phase === 'ahead' && ending.reported && ending.outcome === 'failed' && ending.lines === 0;
}

/** Only a good print on a bed that clears itself leaves it clear; without its holder's report nobody knows. */
function leaveOnBed(turn: Hand, print: Print, ending: Ending): void {
  const printer = mustPrinter(turn.tables, print.printer);
  if (isDisplaced(print, printer)) return;
  if (printer.bedPrint !== undefined && printer.bedPrint !== print.id) return;
  const clears = printer.autoClear && ending.bedOccupied !== true;
  const cleared = ending.reported && ending.outcome === 'good' && clears;
  const bed: BedState = cleared ? 'clear' : ending.reported ? 'occupied' : 'unknown';
  putBed(turn, printer, bed, cleared ? undefined : print.id);
}

/** The failures in a row that a good print ends: kept with it, because nobody has looked at it yet. */
function forgivenBy(
  tables: Tables,
  print: Pick<Print, 'printer'> & { readonly outcome?: Outcome },
  { good, failures: all, failedOn }: JobSet,
): Forgiven | undefined {
  // What was counted for this very print is not among what it forgives.
  const failures = print.outcome === 'failed' && all > 0 ? all - 1 : all;
  const failedSets = tables.printers.get(print.printer)?.failedSets ?? [];
  if (failures === 0 && failedOn.length === 0 && failedSets.length === 0) return undefined;
  return { good: good + 1, failures, failedOn, failedSets };
}

/**
 * A print that its printer reported as good was bad, says a person: then the failures before it were in a row with it. Those of the set come back if no
 * good print of it came since, those of the printer while this one lies on its bed.
 */
function unforgive(turn: Hand, old: HistoryEntry, forgiven: Forgiven): void {
  const { tables } = turn;
  const set = mustSet(tables, old.set);
  if (set.good === forgiven.good) {
    const failedOn = [...new Set([...forgiven.failedOn, ...set.failedOn])];
    putSet(turn, { ...set, failures: set.failures + forgiven.failures, failedOn });
  }
  const printer = tables.printers.get(old.printer);
  if (printer?.bedPrint !== old.id) return;
  putPrinter(turn, { ...printer, failedSets: [...new Set([...forgiven.failedSets, ...printer.failedSets])] });
}

/** The rules for failures: what stops a printer, what sets a set aside. */
function followOutcome(turn: Hand, print: Pick<Print, 'set' | 'printer' | 'job'>, ending: Ending): void {
  const { tables } = turn;
  const set = mustSet(tables, print.set);
  const printer = tables.printers.get(print.printer);
  if (ending.outcome === 'good') {
    if (set.failures > 0 || set.failedOn.length > 0) putSet(turn, { ...set, failures: 0, failedOn: [] });
    if (printer !== undefined && printer.failedSets.length > 0)
      putPrinter(turn, { ...printer, failedSets: [] });
    return;
  }
  if (ending.outcome !== 'failed') return;
  const { settings } = tables;
  const failedOn = set.failedOn.includes(print.printer) ? set.failedOn : [...set.failedOn, print.printer];
  const failures = set.failures + 1;
  const quarantine = set.quarantine ?? quarantineOf(settings, ending, failures, failedOn.length, printer);
  putSet(turn, { ...set, failures, failedOn, quarantine });
  if (quarantine !== undefined) dropClaimsOf(turn, set.job, set.id);
  if (printer !== undefined) countFailure(turn, printer, set);

  function countFailure(hand: Hand, at: Printer, failed: JobSet): void {
    const failedSets = at.failedSets.includes(failed.id) ? at.failedSets : [...at.failedSets, failed.id];
    const stop = settings.stopAfterSets > 0 && failedSets.length >= settings.stopAfterSets;
    const stopped =
      at.stopped ?? (stop ? stopOf(failedSets.length, ending, tables.files.get(set.file)) : undefined);
    // What a set's claims were is gone by now: the printer is read again.
    const now = must(hand.tables.printers.get(at.id), 'a printer does not vanish while a print ends');
    putPrinter(hand, { ...now, failedSets, stopped });
    if (stopped === undefined) return;
    for (const id of now.prints) {
      const claimed = mustPrint(hand.tables, id);
      if (claimed.phase === 'claimed') freeClaim(hand, claimed);
    }
  }
}

function quarantineOf(
  { quarantineAfterPrinters, retriesMax }: Settings,
  { reason }: Ending,
  failures: number,
  printers: number,
  at: Printer | undefined,
): Quarantine | undefined {
  const last = {
    ...(at !== undefined && { lastPrinter: at.name }),
    ...(reason !== undefined && { lastReason: reason }),
  };
  if (quarantineAfterPrinters > 0 && printers >= quarantineAfterPrinters)
    return { code: 'failed-on-printers', printers, ...last };
  return failures > retriesMax ? { code: 'failed-often', failures, ...last } : undefined;
}

function stopOf(sets: number, { reason }: Ending, file: QueueFile | undefined): Stop {
  return {
    code: 'sets-failed',
    sets,
    ...(file !== undefined && { lastFile: file.name }),
    ...(reason !== undefined && { lastReason: reason }),
  };
}
