import { type Bytes, type Clock, systemClock, utf8 } from '../../src/lib/base/index.ts';
import { VirtualLink, type PrintSource } from '../../src/lib/printer/index.ts';
import { measureLines } from '../../src/lib/printer/measure.ts';
import { collector } from './collect.ts';

export interface MemoryFigures {
  readonly fileMb: number;
  readonly outcome: string;
  readonly lines: number;
  readonly seconds: number;
  /** Resident memory of the whole process, virtual printer included: before, and the most that was seen while it printed. */
  readonly rssBeforeMb: number;
  readonly rssPeakMb: number;
  readonly heapPeakMb: number;
  /** The heap after collections, in the first and the last tenth of the print: growth would show here. */
  readonly heapFirstMb: number;
  readonly heapLastMb: number;
}

/** Milliseconds between two looks at the memory. */
const lookMs = 100;
const mb = (bytes: number): number => Math.round((10 * bytes) / 1_048_576) / 10;

/** Prints a generated file of so many megabytes, as fast as it goes, and watches this process's memory. */
export async function benchMemory(fileMb: number, clock: Clock = systemClock): Promise<MemoryFigures> {
  const collect = collector();
  const source = generated(fileMb * 1_048_576);
  const before = process.memoryUsage();
  let rssPeak = before.rss;
  let heapPeak = before.heapUsed;
  const floors: number[] = [];
  let looks = 0;
  let stop: () => void = () => undefined;
  const look = (): void => {
    const { rss, heapUsed } = process.memoryUsage();
    rssPeak = Math.max(rssPeak, rss);
    heapPeak = Math.max(heapPeak, heapUsed);
    looks += 1;
    if (looks % 20 === 0) {
      // What is garbage says nothing of growth.
      collect();
      floors.push(process.memoryUsage().heapUsed);
    }
    stop = clock.after(lookMs, look);
  };
  look();
  const rate = await measureLines(new VirtualLink({ speed: Infinity }, clock), clock, source);
  stop();
  if (floors.length === 0) floors.push(process.memoryUsage().heapUsed);
  const tenth = Math.max(1, Math.floor(floors.length / 10));
  return {
    fileMb,
    outcome: rate.outcome,
    lines: rate.lines,
    seconds: rate.seconds,
    rssBeforeMb: mb(before.rss),
    rssPeakMb: mb(rssPeak),
    heapPeakMb: mb(heapPeak),
    heapFirstMb: mb(Math.min(...floors.slice(0, tenth))),
    heapLastMb: mb(Math.min(...floors.slice(-tenth))),
  };
}

/** Bytes of comment behind each command: so much of a long file is pictures and settings, and the whole takes minutes, not an hour. */
const commentBytes = 300;

/** Lines that differ, with comments. Made while it is read: no such file lies anywhere. */
function generated(size: number): PrintSource {
  const pieces: Bytes[] = Array.from({ length: 8 }, (_, piece) => {
    let text = '';
    const comment = 'x'.repeat(commentBytes);
    for (let i = 0; text.length < 65_000; i++)
      text += `G92 X${((i * 37 + piece * 11) % 200) + 0.125} Y${(i * 53) % 200} E${(i % 100) / 8} ; ${i} ${comment}\n`;
    return utf8(text);
  });
  return {
    size,
    async *chunks() {
      let sent = 0;
      yield utf8('G4 P0\n');
      for (let i = 0; sent < size; i++) {
        await Promise.resolve();
        const piece = pieces[i % pieces.length] ?? new Uint8Array();
        // A copy, as a disk gives: nothing may hold on to it.
        yield piece.slice();
        sent += piece.length;
      }
    },
  };
}
