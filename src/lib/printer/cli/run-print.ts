import { basename } from 'node:path';
import { type PrintId, RingLog, systemClock } from '../../base/index.ts';
import { PrinterHost } from '../host.ts';
import type { PrinterStatus } from '../port.ts';
import { surveyFile } from '../survey.ts';
import { Attendant } from './attendant.ts';
import { openNodeLink, readTarget } from './connection.ts';
import { openFile } from './file-source.ts';
import type { Options } from './options.ts';
import { askText } from '../../words/index.ts';

/** What is told on stdout. */
export interface Summary {
  readonly outcome: 'good' | 'failed' | 'cancelled';
  readonly reason: string;
  /** Commands of the file that the printer acknowledged. */
  readonly lines: number;
  readonly resends: number;
  /** From the first command to the outcome. */
  readonly seconds: number;
  readonly linesPerSecond: number;
  readonly firmware: string | null;
}

/** Milliseconds that cancelling may take before the port is closed all the same: long moves are waited for. */
const cancelMs = 120_000;

const anyHeat = { nozzleMaxC: Infinity, bedMaxC: Infinity, chamberMaxC: Infinity, extrudeMinC: 0 };

export function notDone(reason: string, firmware: string | null = null): Summary {
  return { outcome: 'failed', reason, lines: 0, resends: 0, seconds: 0, linesPerSecond: 0, firmware };
}

/** Prints a file and says how it went. What happens meanwhile goes to stderr. Signals cancel. */
export async function runPrint(options: Extract<Options, { command: 'print' }>): Promise<Summary> {
  const target = readTarget(options.connect, options.baud);
  if (!target.ok) return notDone(target.refusal.text);
  const file = await openFile(options.print);
  if (!file.ok) return notDone(file.refusal.text);
  const link = await openNodeLink(target.value, systemClock);
  if (!link.ok) return notDone(link.refusal.text);
  const log = new RingLog(systemClock, 'printer', (line) => {
    if (line.level !== 'debug') process.stderr.write(`${line.text}\n`);
  });
  const host = new PrinterHost(link.value, systemClock, log);
  if (options.terminal) {
    host.onTerminal((line) =>
      process.stderr.write(`${line.direction === 'sent' ? '>' : '<'} ${line.text}\n`),
    );
  }
  host.onStatus(changes((text) => process.stderr.write(`${text}\n`)));
  const attendant = new Attendant(host, systemClock, process.stdin, (text) => process.stderr.write(text));
  let interrupts = 0;
  const onInterrupt = (signal: NodeJS.Signals): void => {
    interrupts += 1;
    if (interrupts > 1) {
      host.emergencyStop();
      return;
    }
    process.stderr.write('Cancelling. Once more is an emergency stop.\n');
    const stopWaiting = systemClock.after(cancelMs, () => void host.close());
    const how = signal === 'SIGINT' ? 'from the keyboard' : `by ${signal}`;
    void host.cancel(`Cancelled ${how}.`).then((done) => {
      stopWaiting();
      // Nothing was under way yet: still connecting.
      if (!done.ok) void host.close();
    });
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onInterrupt);
  try {
    const connected = await host.connect();
    if (!connected.ok)
      return interrupts > 0
        ? { ...notDone('Cancelled before the print began.'), outcome: 'cancelled' }
        : notDone(connected.refusal.text);
    const firmware = (): string | null => host.status().firmware?.name ?? null;
    const { seconds } = file.value.metadata;
    // How hot it may get the machine knows itself; what cannot be sent, or lies beyond its bed, is found before anything is hot.
    const fit = await surveyFile(file.value.source, {
      heat: anyHeat,
      area: host.status().firmware?.area,
    });
    const begun = host.print({
      printId: 'cli' as PrintId,
      fileName: basename(options.print),
      source: file.value.source,
      ...(seconds !== undefined && { estimateSeconds: seconds }),
      ...(!fit.ok && { unfit: fit.refusal }),
      beforeFirstHeatOrMove: () => Promise.resolve(true),
    });
    if (!begun.ok) return notDone(begun.refusal.text, firmware());
    const { outcome, reason, lines, resends, seconds: took } = await begun.value;
    return {
      outcome,
      reason,
      lines,
      resends,
      seconds: Math.round(took * 1000) / 1000,
      linesPerSecond: took > 0 ? Math.round(lines / took) : 0,
      firmware: firmware(),
    };
  } finally {
    for (const signal of signals) process.off(signal, onInterrupt);
    attendant.stop();
    await host.close();
  }
}

/** Tells each change of state, of what a person is needed for, and of what is wrong. */
function changes(tell: (text: string) => void): (status: PrinterStatus) => void {
  let told = '';
  return ({ state, needsPerson, problem }) => {
    const asks = needsPerson === undefined || needsPerson.code === 'trouble' ? [] : [askText(needsPerson)];
    const text = [state, ...asks, ...(problem === undefined ? [] : [problem.text])].join(': ');
    if (text !== told) tell(text);
    told = text;
  };
}
