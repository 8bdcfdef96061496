import type { PrinterId } from '../../base/index.ts';
import { type HistoryEntry, type Print, type QueueState, isImported } from '../../queue/index.ts';
import type { PrintNow } from '../api-facts.ts';
import type { PrintPhase } from '../api.ts';
import type { PrintFacts } from '../view-facts.ts';
import type { PrinterPresence } from '../wire-shapes.ts';
import { nameOf } from '../host/names.ts';

export interface PrintWords {
  readonly state: QueueState;
  readonly presenceOf: (printer: PrinterId) => PrinterPresence | undefined;
}

/** A print under way, with what its printer tells of it. */
export function printView({ state, presenceOf }: PrintWords, print: Print): PrintFacts {
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
    ending: undefined,
    progress: live?.progress ?? undefined,
    secondsLeft: live?.secondsLeft ?? undefined,
    now: nowOf(print, printerName, live),
    startedWallMs: print.startedWallMs,
    endedWallMs: undefined,
    seconds: undefined,
    filamentMm: undefined,
    material: file?.meta.materials?.[0]?.family,
    submitterName: nameOf(state, state.jobs.get(print.job)?.by),
    peerName: nameOf(state, print.holder),
    decider: undefined,
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

function nowOf(print: Print, printer: string, live: PrinterPresence | undefined): PrintNow {
  const now: PrintNow | undefined =
    live === undefined ? undefined : { code: 'live', state: live.state, doing: live.doing };
  if (print.phase === 'ahead') {
    if (now !== undefined) return now;
    if (print.cancel !== undefined) return { code: 'cancelling-later', printer };
    return { code: print.lostMs === undefined ? 'kept' : 'kept-away', printer };
  }
  if (print.lostMs !== undefined) return { code: 'lost', printer };
  if (print.cancel !== undefined) return { code: 'cancelling' };
  return now ?? unheard[print.phase];
}

/** A print whose printer is not heard of. */
const unheard: { readonly [P in Exclude<Print['phase'], 'ahead'>]: PrintNow } = {
  claimed: { code: 'getting-ready' },
  starting: { code: 'starting' },
  started: { code: 'was-printing' },
};

/** A print that has ended. */
export function endedView(state: QueueState, entry: HistoryEntry): PrintFacts {
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
    ending: entry.reason,
    progress: undefined,
    secondsLeft: undefined,
    now: { code: 'ended', outcome: entry.outcome },
    startedWallMs: entry.startedWallMs,
    endedWallMs: entry.endedWallMs,
    seconds: entry.seconds,
    filamentMm: entry.filamentMm,
    material: entry.material,
    submitterName: nameOf(state, entry.submitter),
    peerName: nameOf(state, entry.holder),
    decider:
      entry.decidedBy === 'rule'
        ? { by: 'rule' }
        : entry.decidedBy === entry.holder
          ? undefined
          : { by: 'person', name: nameOf(state, entry.decidedBy) },
    surplus: entry.surplus,
    imported: isImported(entry),
    lines: entry.lines,
    resends: entry.resends,
  };
}
