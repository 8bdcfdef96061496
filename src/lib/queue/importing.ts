import type { JobId, PrinterId, SetId } from '../base/index.ts';
import type { CommandOf } from './command.ts';
import { addEnded, findEnded } from './history.ts';
import { notAllowed } from './refusals.ts';
import type { HistoryEntry } from './state.ts';
import type { Answer, Turn } from './tables.ts';
import { may, roleOf } from './tables.ts';

/**
 * The job, set and printer of every ended print that came with an archive: none of this queue has that id, so no decision of today
 * touches what happened elsewhere, and whoever reads the history sees where it came from.
 */
export const importedId = 'imported';

export function isImported(entry: HistoryEntry): boolean {
  return (entry.set as string) === importedId;
}

/** Takes ended prints of another queue into the history, for the record. Those that are known are left as they are; the value counts the rest. */
export function importHistory(turn: Turn, command: CommandOf<'import-history'>): Answer {
  const { tables, author } = turn;
  if (!may(turn, 'operate')) return notAllowed(roleOf(turn), 'import-history');
  let added = 0;
  for (const print of command.prints) {
    if (tables.prints.has(print.id) || findEnded(tables, print.id) !== undefined) continue;
    addEnded(turn, {
      id: print.id,
      job: importedId as JobId,
      jobName: print.jobName,
      set: importedId as SetId,
      setMadeAt: 0,
      copy: print.copy,
      file: print.file,
      fileName: print.fileName,
      printer: importedId as PrinterId,
      printerName: print.printerName,
      holder: author,
      submitter: author,
      material: print.material,
      claimedMs: tables.stampMs,
      startedMs: undefined,
      endedMs: tables.stampMs,
      startedWallMs: print.startedWallMs,
      endedWallMs: print.endedWallMs,
      outcome: print.outcome,
      reason: print.reason,
      decidedBy: author,
      reported: true,
      surplus: false,
      lines: print.lines,
      resends: print.resends,
      seconds: print.seconds,
      filamentMm: print.filamentMm,
    });
    added++;
  }
  return added;
}
