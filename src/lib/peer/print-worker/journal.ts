import type { PrintId, QueueId } from '../../base/index.ts';
import type { PrintOutcome } from '../../printer/port.ts';
import type { StandingEntry } from '../printing/print-journal.ts';
import { removalsMax } from './limits.ts';

/** A record of the journal to be written. Whoever writes it adds the wall's time to a standing. */
export type JournalWrite =
  | { readonly kind: 'standing'; readonly print: PrintId; readonly entry: Omit<StandingEntry, 'wallMs'> }
  | {
      readonly kind: 'outcome';
      readonly print: PrintId;
      readonly queue: QueueId;
      readonly outcome: PrintOutcome;
    }
  /** Removes what is known of the print. */
  | { readonly kind: 'forget'; readonly print: PrintId };

/**
 * The writes of one print worker's journal: one under way at a time, and one waiting for each print, which is always the newest.
 * A print's outcome and its removal are written again until they are done. Where a print stands is not: a newer note comes.
 */
export interface Journal {
  readonly writing:
    | {
        readonly id: number;
        readonly write: JournalWrite;
        /** The pause after which it counts as failed. */
        readonly pause: number;
      }
    | undefined;
  readonly waiting: readonly JournalWrite[];
  /** Failed, and to be written again. */
  readonly failed: readonly JournalWrite[];
  /** The pause before that. */
  readonly pause: number | undefined;
}

export const emptyJournal: Journal = { writing: undefined, waiting: [], failed: [], pause: undefined };

/** The journal with one more thing to write, which replaces everything that still waits for the same print. */
export function wanting(journal: Journal, write: JournalWrite): Journal {
  const others = (each: JournalWrite) => each.print !== write.print;
  const failed = journal.failed.filter(others);
  return { ...journal, waiting: [...journal.waiting.filter(others), write], failed };
}

/** The journal after the write under way has failed: what must be kept is written again after a pause. */
export function withFailed(journal: Journal, write: JournalWrite): Journal {
  const isReplaced = journal.waiting.some(({ print }) => print === write.print);
  const ended = { ...journal, writing: undefined };
  if (write.kind === 'standing' || isReplaced) return ended;
  const failed = [...journal.failed, write];
  const removals = failed.filter(({ kind }) => kind === 'forget');
  const dropped = removals.length > removalsMax ? removals[0] : undefined;
  return { ...ended, failed: failed.filter((each) => each !== dropped) };
}

/** Whether that print's record is being written, or will be. */
export function isWanted(journal: Journal, kind: JournalWrite['kind'], print: PrintId): boolean {
  const { writing, waiting } = journal;
  const writes = writing === undefined ? waiting : [writing.write, ...waiting];
  return writes.some((write) => write.kind === kind && write.print === print);
}
