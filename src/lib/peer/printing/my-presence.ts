import { filesToldMax } from '../limits.ts';
import type { Presence } from '../wire-shapes.ts';
import type { FileKeeper } from '../files/file-keeper.ts';
import type { AttachedPrinter } from './attached-printer.ts';
import type { PrinterDesk } from './printer-desk.ts';
import type { QueueHost } from '../host/queue-host.ts';
import { type Ask, type Doing, saying, troubleOf } from '../../printer/facts.ts';
import type { PrinterStatus } from '../../printer/port.ts';

/** What this peer tells the members of a queue: its printers' state, and which of the queue's files it holds. */
export function presenceOf(
  host: QueueHost | undefined,
  desk: PrinterDesk,
  keeper: FileKeeper,
): Omit<Presence, 'v' | 'q' | 'n'> {
  if (host === undefined) return { printers: [], files: [], fetching: [] };
  const state = host.state;
  const files = [...state.files.keys()].filter((file) => keeper.whole(file));
  return {
    printers: desk
      .printers()
      .filter((printer) => state.printers.has(printer.id))
      .slice(0, 32)
      .map((printer) => printerPresence(printer)),
    files: files.slice(-filesToldMax),
    fetching: keeper
      .fetching()
      .filter(([file]) => state.files.has(file))
      .map(([file, bytes]) => [file, bytes]),
  };
}

/** One printer as others see it. */
export function printerPresence(printer: AttachedPrinter): Presence['printers'][number] {
  const { status, work } = printer;
  const nozzle = status?.temperatures.tools[0];
  const plate = status?.temperatures.bed;
  const progress = status?.print;
  return {
    printer: printer.id,
    state: status?.state ?? 'connecting',
    doing: nowDoing(printer),
    virtual: printer.virtual,
    nozzle: nozzle === undefined ? null : [nozzle.actualC, nozzle.targetC],
    plate: plate === undefined ? null : [plate.actualC, plate.targetC],
    needs: status === undefined ? null : needsOf(status),
    print: work?.print ?? progress?.printId ?? null,
    progress: progress === undefined ? null : Math.min(1, Math.max(0, progress.percent / 100)),
    secondsLeft: progress?.secondsLeft ?? null,
    lines: progress?.lines ?? 0,
    resends: progress?.resends ?? 0,
  };
}

function nowDoing(printer: AttachedPrinter): Doing {
  if (printer.faulty) return { code: 'fault' };
  const { status, work } = printer;
  return work !== undefined && status?.print === undefined ? work.doing : doingOf(printer);
}

/** What a printer does, beyond its state: what it waits for, or what is wrong. */
export function doingOf({ status }: Pick<AttachedPrinter, 'status'>): Doing {
  if (status === undefined) return { code: 'state' };
  const { state, needsPerson, print, problem } = status;
  if (needsPerson !== undefined) return { code: 'asking', ask: needsPerson };
  if (print?.waitingFor !== undefined) return { code: 'waiting', for: print.waitingFor };
  const isBroken = state === 'failed' || state === 'disconnected';
  return problem !== undefined && isBroken
    ? { code: 'broken', trouble: troubleOf(problem) }
    : { code: 'state' };
}

/** What only a person beside it can do. */
function needsOf({ needsPerson, prompt }: PrinterStatus): Ask | null {
  if (needsPerson !== undefined) return needsPerson;
  if (prompt === undefined) return null;
  const { said } = saying('question', prompt.text);
  return said === undefined ? { code: 'at-display' } : { code: 'question', said };
}
