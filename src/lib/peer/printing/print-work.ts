import { isLimitProblem } from '../../printer/survey.ts';
import type { Doing } from '../../printer/facts.ts';
import type { PrintId, SetId } from '../../base/index.ts';
import type { PrintOutcome } from '../../printer/port.ts';
import { type Command, type Return, queueLimits } from '../../queue/index.ts';
import type { Stage } from './assignment-state.ts';
import { type FileKeeper, type Wanted, wantedOf } from '../files/file-keeper.ts';
import type { SureUntil } from './lease-keeping.ts';
import type { QueueHost } from '../host/queue-host.ts';

/** What is known here of the copy that a printer has in hand, beside its stage. */
export interface Hand {
  /** The queue that it is of, as it is open now. */
  host: QueueHost;
  readonly print: PrintId;
  /** The set that it is of. */
  set: SetId | undefined;
  /** Until when, by our own clocks, the lease surely holds. */
  sureUntil: SureUntil;
  /** A renewal is under way. */
  renewing?: boolean;
  readonly abort: AbortController;
  trouble: Doing | undefined;
}

/** The file of a copy: which bytes, and what its printer is told of them. */
export interface CopyFile {
  readonly set: SetId;
  readonly name: string;
  readonly size: number;
  readonly seconds: number | undefined;
  readonly wanted: Wanted;
}

/** The file that a print is of, or undefined when the queue knows the print no more. */
export function fileOf({ host, print: id }: Pick<Hand, 'host' | 'print'>): CopyFile | undefined {
  const { state } = host;
  const print = state.prints.get(id);
  const set = print === undefined ? undefined : state.sets.get(print.set);
  const file = set === undefined ? undefined : state.files.get(set.file);
  if (print === undefined || file === undefined) return undefined;
  const { name, size, meta } = file;
  return { set: print.set, name, size, seconds: meta.seconds, wanted: wantedOf(file) };
}

/** Whether a printer is under a print, or about to be: its lease is kept. */
export function isHeld({ at }: Stage): boolean {
  return at === 'fetching' || at === 'delivered' || at === 'starting' || at === 'noting' || at === 'running';
}

/** What happens with a copy before and after its printer tells of it. */
export function doingOf(stage: Stage, hand: Hand, keeper: FileKeeper): Doing {
  if (hand.trouble !== undefined) return hand.trouble;
  switch (stage.at) {
    case 'fetching': {
      const found = fileOf(hand);
      if (found === undefined || keeper.whole(found.wanted.file)) return { code: 'getting-ready' };
      const hereBytes = keeper.hereBytes(found.wanted.file);
      return { code: 'copying', percent: Math.floor((100 * hereBytes) / found.size) };
    }
    case 'running':
      return { code: 'state' };
    case 'reporting':
    case 'settling':
    case 'releasing':
      return { code: 'reporting' };
    default:
      return { code: 'getting-ready' };
  }
}

/**
 * Why a copy goes back of which nothing was printed: a person said no to it at the printer, or it goes beyond limits of this
 * printer. Undefined for whatever says nothing of the copy: the printer was lost, its start was not agreed on.
 */
export function returnOf({
  code,
  text,
}: {
  readonly code: string;
  readonly text: string;
}): Return | undefined {
  if (code === 'cancelled') return { code };
  return isLimitProblem(code) ? { code, text: text.slice(0, queueLimits.reasonCharsMax) || code } : undefined;
}

/** The report of how a print ended, as the queue takes it. */
export function finishCommand(print: PrintId, outcome: PrintOutcome, wallMs: number): Command {
  return {
    type: 'finish',
    print,
    outcome: outcome.outcome,
    reason: outcome.reason.slice(0, queueLimits.reasonCharsMax),
    lines: outcome.lines,
    resends: outcome.resends,
    seconds: Math.round(outcome.seconds),
    wallMs: Math.floor(wallMs),
    ...(outcome.bedUnsure === true && { bed: 'occupied' }),
  };
}
