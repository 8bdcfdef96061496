import type { PrinterId } from '../../base/index.ts';
import { type HistoryEntry, type Print, type QueueState, isImported } from '../../queue/index.ts';
import type { PrintPhase, PrintView } from '../api.ts';
import type { PrinterPresence } from '../wire-shapes.ts';
import { nameOf } from '../host/names.ts';
import { doingText, reasonText } from '../../words/index.ts';

export interface PrintWords {
  readonly state: QueueState;
  readonly presenceOf: (printer: PrinterId) => PrinterPresence | undefined;
}

/** A print under way, with what its printer tells of it. */
export function printView({ state, presenceOf }: PrintWords, print: Print): PrintView {
  const presence = presenceOf(print.printer);
  const live = presence?.print === print.id ? presence : undefined;
  const printerName = state.printers.get(print.printer)?.name ?? 'a printer that was removed';
  const set = state.sets.get(print.set);
  const file = set === undefined ? undefined : state.files.get(set.file);
  const phase = phaseOf(print);
  return {
    print: print.id,
    job: print.job,
    jobName: state.jobs.get(print.job)?.name ?? 'a job that was removed',
    set: print.set,
    fileName: file?.name ?? 'a file that was removed',
    copy: print.copy,
    printer: print.printer,
    printerName,
    peer: print.holder,
    phase,
    outcome: undefined,
    reason: undefined,
    progress: live?.progress ?? undefined,
    secondsLeft: live?.secondsLeft ?? undefined,
    text: textOf(print, phase, printerName, live),
    startedWallMs: print.startedWallMs,
    endedWallMs: undefined,
    seconds: undefined,
    filamentMm: undefined,
    material: file?.meta.materials?.[0]?.family,
    submitterName: nameOf(state, state.jobs.get(print.job)?.by),
    peerName: nameOf(state, print.holder),
    decidedBy: undefined,
    surplus: false,
    imported: false,
    lines: live?.lines,
    resends: live?.resends,
  };
}

/** To a person a copy held ahead is one that was claimed. Lost, it may be decided about like one that has begun. */
function phaseOf(print: Print): PrintPhase {
  if (print.lostMs !== undefined) return 'lost-contact';
  return print.phase === 'ahead' ? 'claimed' : print.phase;
}

function textOf(
  print: Print,
  phase: PrintPhase,
  printerName: string,
  live: PrinterPresence | undefined,
): string {
  if (print.phase === 'ahead') {
    if (live !== undefined) return doingText(live);
    if (print.cancel !== undefined) return `Cancelling, once ${printerName} is heard of`;
    return print.lostMs === undefined
      ? `Kept for ${printerName}, after the copy before it`
      : `Kept for ${printerName}, which is away. It may be printing it.`;
  }
  if (phase === 'lost-contact') return `Lost contact with ${printerName}. It may still be printing.`;
  if (print.cancel !== undefined) return 'Cancelling';
  if (live !== undefined) return doingText(live);
  return { claimed: 'Getting ready', starting: 'Starting', started: 'Was printing when last heard of' }[
    print.phase
  ];
}

/** A print that has ended. */
export function endedView(state: QueueState, entry: HistoryEntry): PrintView {
  return {
    print: entry.id,
    job: entry.job,
    jobName: entry.jobName,
    set: entry.set,
    fileName: entry.fileName,
    copy: entry.copy,
    printer: entry.printer,
    printerName: entry.printerName,
    peer: entry.holder,
    phase: 'ended',
    outcome: entry.outcome,
    reason: entry.reason === undefined ? undefined : reasonText(entry.reason),
    progress: undefined,
    secondsLeft: undefined,
    text: { good: 'Good', failed: 'Failed', cancelled: 'Cancelled', unknown: 'Nobody knows' }[entry.outcome],
    startedWallMs: entry.startedWallMs,
    endedWallMs: entry.endedWallMs,
    seconds: entry.seconds,
    filamentMm: entry.filamentMm,
    material: entry.material,
    submitterName: nameOf(state, entry.submitter),
    peerName: nameOf(state, entry.holder),
    decidedBy:
      entry.decidedBy === 'rule'
        ? 'the queue’s rule'
        : entry.decidedBy === entry.holder
          ? undefined
          : nameOf(state, entry.decidedBy),
    surplus: entry.surplus,
    imported: isImported(entry),
    lines: entry.lines,
    resends: entry.resends,
  };
}
