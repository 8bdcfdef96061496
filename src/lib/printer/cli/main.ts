import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf, type PrintId, RingLog, systemClock } from '../../base/index.ts';
import { PrinterHost } from '../host.ts';
import { openNodeLink, readTarget } from './connection.ts';
import { openFile } from './file-source.ts';

const help = `Prints a G-code file on a printer.

  npm run printer -- --connect WHERE --print FILE [--baud N] [--json]

  --connect tcp:HOST:PORT   a firmware process or a serial port shared over the network
  --connect tty:PATH        a serial port or pseudo terminal of this machine
  --connect virtual[:SPEED] the built-in virtual printer; SPEED is simulated seconds per second, or "max"
  --print FILE              the file
  --baud N                  the speed to try first on a serial port (115200)
  --json                    one JSON object on stdout and nothing else
  --terminal                every line sent and received, on stderr
  --help                    this text

Ctrl-C cancels the print and leaves the heaters off; a second Ctrl-C is an emergency stop.
The exit status is 0 only for a good print.
`;

interface Summary {
  readonly outcome: string;
  readonly reason: string;
  readonly lines: number;
  readonly resends: number;
  readonly seconds: number;
  readonly linesPerSecond: number;
  readonly firmware: string | null;
}

const nothing = { lines: 0, resends: 0, seconds: 0, linesPerSecond: 0, firmware: null };

async function main(): Promise<number> {
  let options;
  try {
    options = parseArgs({
      options: {
        connect: { type: 'string' },
        print: { type: 'string' },
        baud: { type: 'string' },
        json: { type: 'boolean', default: false },
        terminal: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n\n${help}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  const baud = options.baud === undefined ? undefined : Number(options.baud);
  if (options.connect === undefined || options.print === undefined || (baud !== undefined && !(baud > 0))) {
    process.stderr.write(`--connect and --print are needed, and --baud is a number.\n\n${help}`);
    return 2;
  }
  const summary = await run(options.connect, options.print, baud, options.terminal);
  if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  else {
    process.stdout.write(
      `${summary.outcome}: ${summary.reason}\n${summary.lines} lines in ${summary.seconds} s ` +
        `(${summary.linesPerSecond} a second), ${summary.resends} sent again; ${summary.firmware ?? 'no firmware'}\n`,
    );
  }
  return summary.outcome === 'good' ? 0 : 1;
}

async function run(
  where: string,
  path: string,
  baud: number | undefined,
  terminal: boolean,
): Promise<Summary> {
  const target = readTarget(where, baud);
  if (!target.ok) return { outcome: 'failed', reason: target.refusal.text, ...nothing };
  const file = await openFile(path);
  if (!file.ok) return { outcome: 'failed', reason: file.refusal.text, ...nothing };
  const link = await openNodeLink(target.value, systemClock);
  if (!link.ok) return { outcome: 'failed', reason: link.refusal.text, ...nothing };
  const log = new RingLog(systemClock, 'printer', (line) => {
    if (line.level !== 'debug') process.stderr.write(`${line.text}\n`);
  });
  const host = new PrinterHost(link.value, systemClock, log);
  if (terminal) {
    host.onTerminal((line) =>
      process.stderr.write(`${line.direction === 'sent' ? '>' : '<'} ${line.text}\n`),
    );
  }
  let state = '';
  host.onStatus((status) => {
    const needs = status.needsPerson === undefined ? '' : `: ${status.needsPerson}`;
    if (`${status.state}${needs}` !== state) process.stderr.write(`${(state = `${status.state}${needs}`)}\n`);
  });
  let interrupts = 0;
  const onInterrupt = (): void => {
    interrupts += 1;
    if (interrupts > 1) host.emergencyStop();
    else
      void host.cancel('Cancelled from the keyboard.').then((done) => (done.ok ? undefined : host.close()));
  };
  process.on('SIGINT', onInterrupt);
  try {
    const connected = await host.connect();
    if (!connected.ok) return { outcome: 'failed', reason: connected.refusal.text, ...nothing };
    const firmware = host.status().firmware?.name ?? null;
    const { seconds } = file.value.metadata;
    const begun = host.print({
      printId: 'cli' as PrintId,
      fileName: basename(path),
      source: file.value.source,
      ...(seconds !== undefined && { estimateSeconds: seconds }),
      beforeFirstHeatOrMove: () => Promise.resolve(true),
    });
    if (!begun.ok) return { outcome: 'failed', reason: begun.refusal.text, ...nothing, firmware };
    const { outcome, reason, lines, resends, seconds: took } = await begun.value;
    const linesPerSecond = took > 0 ? Math.round(lines / took) : 0;
    return {
      outcome,
      reason,
      lines,
      resends,
      seconds: Math.round(took * 1000) / 1000,
      linesPerSecond,
      firmware,
    };
  } finally {
    process.off('SIGINT', onInterrupt);
    await host.close();
  }
}

process.exitCode = await main();
