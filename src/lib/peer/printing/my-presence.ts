import { filesToldMax } from '../limits.ts';
import type { Presence } from '../wire-shapes.ts';
import type { FileKeeper } from '../files/file-keeper.ts';
import type { AttachedPrinter } from './attached-printer.ts';
import type { PrinterDesk } from './printer-desk.ts';
import type { QueueHost } from '../host/queue-host.ts';

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
    text: (work !== undefined && progress === undefined ? work.text : textOf(printer)).slice(0, 200),
    virtual: printer.virtual,
    nozzle: nozzle === undefined ? null : [nozzle.actualC, nozzle.targetC],
    plate: plate === undefined ? null : [plate.actualC, plate.targetC],
    needs: (status?.needsPerson ?? status?.prompt?.text)?.slice(0, 200) ?? null,
    print: work?.print ?? progress?.printId ?? null,
    progress: progress === undefined ? null : Math.min(1, Math.max(0, progress.percent / 100)),
    secondsLeft: progress?.secondsLeft ?? null,
    lines: progress?.lines ?? 0,
    resends: progress?.resends ?? 0,
  };
}

const stateTexts: Readonly<Record<string, string>> = {
  idle: 'Idle',
  connecting: 'Connecting',
  ready: 'Ready',
  starting: 'Getting ready',
  printing: 'Printing',
  pausing: 'Pausing',
  paused: 'Paused',
  resuming: 'Resuming',
  cancelling: 'Cancelling',
  finishing: 'Finishing',
  failed: 'Failed',
  disconnected: 'Disconnected',
};

/** A printer's state in a few words: what it waits for, or what is wrong, before the bare state. */
export function textOf(printer: AttachedPrinter): string {
  const { status } = printer;
  if (status === undefined) return 'Connecting';
  if (status.needsPerson !== undefined) return status.needsPerson;
  if (status.print?.waitingFor !== undefined) return status.print.waitingFor;
  if (status.problem !== undefined && (status.state === 'failed' || status.state === 'disconnected')) {
    return status.problem.text;
  }
  return stateTexts[status.state] ?? status.state;
}
