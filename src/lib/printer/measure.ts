import { type Clock, type PrintId, silentLog, utf8 } from '../base/index.ts';
import { PrinterHost } from './host.ts';
import type { Link, PrintOutcome, PrintSource } from './port.ts';

export interface LineRate {
  readonly firmware: string;
  readonly outcome: string;
  readonly lines: number;
  readonly resends: number;
  readonly seconds: number;
  readonly linesPerSecond: number;
}

/** Bytes of one piece of the file, as they come from a disk. */
const pieceBytes = 65_536;

/** A file of so many lines that take the printer no time: a dwell of nothing opens the fence, G92 moves nothing. */
export function idleFile(lines: number): PrintSource {
  const line = 'G92 X12.345 Y67.890 E1.23456\n';
  const perPiece = Math.floor(pieceBytes / line.length);
  const piece = utf8(line.repeat(perPiece));
  const head = utf8('G4 P0\n');
  return {
    size: head.length + line.length * lines,
    async *chunks() {
      yield head;
      for (let left = lines; left > 0; left -= perPiece) {
        await Promise.resolve();
        yield left >= perPiece ? piece : piece.subarray(0, left * line.length);
      }
    },
  };
}

/** Prints a file over a link and tells how fast its lines went. Closes the link. Rejects if nothing can be printed. */
export async function measureLines(
  link: Link,
  clock: Clock,
  source: PrintSource,
  ready: () => void = () => undefined,
): Promise<LineRate> {
  const host = new PrinterHost(link, clock, silentLog);
  try {
    const connected = await host.connect();
    if (!connected.ok) throw new Error(connected.refusal.text);
    ready();
    const fromMs = clock.monotonicMs();
    const begun = host.print({
      printId: 'measure' as PrintId,
      fileName: 'measure.gcode',
      source,
      beforeFirstHeatOrMove: () => Promise.resolve(true),
    });
    if (!begun.ok) throw new Error(begun.refusal.text);
    const outcome: PrintOutcome = await begun.value;
    const seconds = (clock.monotonicMs() - fromMs) / 1000;
    return {
      firmware: host.status().firmware?.name ?? 'unknown',
      outcome: outcome.outcome,
      lines: outcome.lines,
      resends: outcome.resends,
      seconds: Math.round(seconds * 1000) / 1000,
      linesPerSecond: Math.round(outcome.lines / seconds),
    };
  } finally {
    await host.close();
  }
}
