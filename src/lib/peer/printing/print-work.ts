import type { Clock, Log, PrintId } from '../../base/index.ts';
import type { PrintOutcome } from '../../printer/port.ts';
import { isLimitProblem } from '../../printer/survey.ts';
import { type Command, type Return, queueLimits } from '../../queue/index.ts';
import type { PrinterPort } from './attached-printer.ts';
import { type FileKeeper, wantedOf } from '../files/file-keeper.ts';
import { tell } from '../members/introducing.ts';
import type { SureUntil } from './lease-keeping.ts';
import type { PrinterBusy } from '../messages.ts';
import type { QueueHost } from '../host/queue-host.ts';
import type { Doing } from '../../printer/facts.ts';

/** A print that this desk sees through, from its claim to its recorded end. */
export interface Work {
  host: QueueHost;
  readonly print: PrintId;
  /** `fetching` the file, `handed` to the printer, `asked` for the fence, `running`, `ended`. */
  stage: 'fetching' | 'handed' | 'asked' | 'running' | 'ended';
  /** Until when, by our own clocks, the lease surely holds. */
  sureUntil: SureUntil;
  readonly abort: AbortController;
  trouble: Doing | undefined;
}

/** A print that went on while the peer's worker was away: taken up as it stands. Its lease is asked for, not relied on. */
export function resumedWork(
  ports: { readonly queues: () => Iterable<QueueHost>; readonly log: Log; readonly clock: Clock },
  printerName: string,
  busy: PrinterBusy | undefined,
): Work | undefined {
  const host = [...ports.queues()].find((each) => each.queue === busy?.queue);
  if (host === undefined || busy === undefined) return undefined;
  const { print } = busy;
  const running = busy.stage === 'running';
  if (running && host.state.prints.get(print)?.phase === 'starting') {
    const wallMs = Math.floor(ports.clock.wallMs());
    tell(ports.log, host, { type: 'started', print, wallMs }, `Started on ${printerName}`);
  }
  return {
    host,
    print,
    stage: running ? 'running' : 'asked',
    sureUntil: { monotonicMs: -Infinity, wallMs: -Infinity },
    abort: new AbortController(),
    trouble: undefined,
  };
}

/** Whether the end of a print that is told again (this worker was started anew) is in the queue, or on its way there. */
export function knowsEnd(host: QueueHost, print: PrintId, port: PrinterPort): boolean {
  if (host.reports(print)) return true;
  const outcome = host.state.history.get(print)?.outcome;
  if (outcome === undefined || outcome === 'unknown') return false;
  port.post({ kind: 'outcome-kept', print });
  return true;
}

/** The file that a print is of, or undefined when the queue knows the print no more. */
export function fileOf(work: Work) {
  const state = work.host.state;
  const print = state.prints.get(work.print);
  const set = print === undefined ? undefined : state.sets.get(print.set);
  const file = set === undefined ? undefined : state.files.get(set.file);
  if (print === undefined || file === undefined) return undefined;
  const { id, name, size, meta } = file;
  return { set: print.set, file: id, name, size, seconds: meta.seconds, wanted: wantedOf(file) };
}

/** What happens with a print before and after its printer tells of it. */
export function doingOf(work: Work, keeper: FileKeeper): Doing {
  if (work.trouble !== undefined) return work.trouble;
  switch (work.stage) {
    case 'fetching': {
      const found = fileOf(work);
      if (found === undefined || keeper.whole(found.file)) return { code: 'getting-ready' };
      return { code: 'copying', percent: Math.floor((100 * keeper.hereBytes(found.file)) / found.size) };
    }
    case 'handed':
    case 'asked':
      return { code: 'getting-ready' };
    case 'running':
      return { code: 'state' };
    case 'ended':
      return { code: 'reporting' };
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
