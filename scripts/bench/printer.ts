import { type Clock, type PrintId, silentLog, systemClock, utf8 } from '../../src/lib/base/index.ts';
import { openNodeLink, readTarget } from '../../src/lib/printer/cli/connection.ts';
import {
  type Link,
  memorySource,
  type PrintOutcome,
  PrinterHost,
  VirtualLink,
} from '../../src/lib/printer/index.ts';

export interface PrinterBenchOptions {
  /** `tcp:HOST:PORT`, `tty:PATH` or `virtual[:SPEED]`: a firmware to measure against, besides the built-in one. */
  readonly connect?: string;
  readonly baud?: number;
  /** Lines of the file. They take the printer no time: what is measured is the way to it and back. */
  readonly lines?: number;
}

export interface PrinterFigures {
  readonly where: string;
  readonly firmware: string;
  readonly outcome: string;
  readonly lines: number;
  readonly resends: number;
  readonly linesPerSecond: number;
  /** Processor time of this process per line, microseconds; with the virtual printer its part is in it. */
  readonly cpuMicrosecondsPerLine: number;
}

/** Lines per second and processor time per line, with commands that take the printer no time. */
export async function benchPrinter(
  options: PrinterBenchOptions = {},
): Promise<{ readonly printer: readonly PrinterFigures[] }> {
  const lines = options.lines ?? 20_000;
  const figures = [
    await measure(
      'virtual, same process',
      new VirtualLink({ speed: Infinity }, systemClock),
      lines,
      systemClock,
    ),
  ];
  if (options.connect !== undefined) {
    const target = readTarget(options.connect, options.baud);
    if (!target.ok) throw new Error(target.refusal.text);
    const link = await openNodeLink(target.value, systemClock);
    if (!link.ok) throw new Error(link.refusal.text);
    figures.push(await measure(options.connect, link.value, lines, systemClock));
  }
  return { printer: figures };
}

async function measure(where: string, link: Link, lines: number, clock: Clock): Promise<PrinterFigures> {
  const host = new PrinterHost(link, clock, silentLog);
  try {
    const connected = await host.connect();
    if (!connected.ok) throw new Error(connected.refusal.text);
    // A dwell of no time opens the fence, G92 moves nothing.
    const gcode = `G4 P0\n${'G92 X12.345 Y67.890 E1.23456\n'.repeat(lines)}`;
    const cpu = process.cpuUsage();
    const fromMs = clock.monotonicMs();
    const begun = host.print({
      printId: 'bench' as PrintId,
      fileName: 'bench.gcode',
      source: memorySource(utf8(gcode)),
      beforeFirstHeatOrMove: () => Promise.resolve(true),
    });
    if (!begun.ok) throw new Error(begun.refusal.text);
    const outcome: PrintOutcome = await begun.value;
    const seconds = (clock.monotonicMs() - fromMs) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    return {
      where,
      firmware: host.status().firmware?.name ?? 'unknown',
      outcome: outcome.outcome,
      lines: outcome.lines,
      resends: outcome.resends,
      linesPerSecond: Math.round(outcome.lines / seconds),
      cpuMicrosecondsPerLine: Math.round((10 * (user + system)) / outcome.lines) / 10,
    };
  } finally {
    await host.close();
  }
}
