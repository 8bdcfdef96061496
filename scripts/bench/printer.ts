import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { BarePage } from '../../src/e2e/bare-page.ts';
import { RealBrowser } from '../../src/e2e/browsers.ts';
import type { printerBench, WorkerRates } from '../../src/e2e/printer-page.ts';
import { systemClock } from '../../src/lib/base/index.ts';
import { openNodeLink, readTarget } from '../../src/lib/printer/cli/connection.ts';
import { type Link, VirtualLink } from '../../src/lib/printer/index.ts';
import { idleFile, type LineRate, measureLines } from '../../src/lib/printer/measure.ts';
import { benchMemory, type MemoryFigures } from './printer-memory.ts';

export interface PrinterBenchOptions {
  /** `tcp:HOST:PORT`, `tty:PATH` or `virtual[:SPEED]`: a firmware to measure against, besides the built-in one. */
  readonly connect?: string;
  readonly baud?: number;
  /** Lines of the file. They take the printer no time: what is measured is the way to it and back. */
  readonly lines?: number;
  /** Megabytes of a file that is printed only to watch the memory; 0 for none. */
  readonly memoryMb?: number;
  /** Whether Chromium is measured. */
  readonly browser?: boolean;
}

export interface PrinterFigures extends LineRate {
  readonly where: string;
  /** Processor time of this process per line, microseconds; with the virtual printer in it, its part is included. */
  readonly cpuMicrosecondsPerLine?: number;
}

export interface PrinterBench {
  readonly printer: readonly PrinterFigures[];
  readonly memory?: MemoryFigures;
}

/** Lines per second and processor time per line, with commands that take the printer no time. */
export async function benchPrinter(options: PrinterBenchOptions = {}): Promise<PrinterBench> {
  const lines = options.lines ?? 20_000;
  const figures = [
    await measure(
      'Node, virtual printer in this process',
      new VirtualLink({ speed: Infinity }, systemClock),
      lines,
    ),
    await overTcp(lines),
  ];
  if (options.browser !== false) figures.push(...(await inChromium(lines)));
  if (options.connect !== undefined)
    figures.push(await measure(`Node, ${options.connect}`, await open(options.connect, options.baud), lines));
  const memoryMb = options.memoryMb ?? 0;
  return {
    printer: figures,
    ...(memoryMb > 0 && { memory: await benchMemory(memoryMb) }),
  };
}

async function open(where: string, baud?: number): Promise<Link> {
  const target = readTarget(where, baud);
  if (!target.ok) throw new Error(target.refusal.text);
  const link = await openNodeLink(target.value, systemClock);
  if (!link.ok) throw new Error(link.refusal.text);
  return link.value;
}

async function measure(where: string, link: Link, lines: number): Promise<PrinterFigures> {
  let cpu = process.cpuUsage();
  const rate = await measureLines(link, systemClock, idleFile(lines), () => {
    cpu = process.cpuUsage();
  });
  const { user, system } = process.cpuUsage(cpu);
  return {
    where,
    ...rate,
    cpuMicrosecondsPerLine: Math.round((10 * (user + system)) / rate.lines) / 10,
  };
}

/** The virtual printer as a process of its own: what the host alone costs, and a way through the kernel and back per line. */
async function overTcp(lines: number): Promise<PrinterFigures> {
  const main = fileURLToPath(new URL('../../src/lib/printer/cli/main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, '--serve', '0', '--speed', 'max'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const where = await new Promise<string>((resolve, reject) => {
      child.stdout.once('data', (bytes: Buffer) => resolve(bytes.toString().trim()));
      child.once('exit', (code) =>
        reject(new Error(`the virtual printer's process ended (${code ?? 'killed'})`)),
      );
    });
    return await measure('Node, virtual printer in another process, TCP', await open(where), lines);
  } finally {
    child.kill();
  }
}

type WithBench = typeof globalThis & { printerBench?: typeof printerBench };

/** In a dedicated worker of Chromium, where the print loop runs for people. */
async function inChromium(lines: number): Promise<PrinterFigures[]> {
  const bare = await BarePage.serve('src/e2e/printer-page.ts');
  const browser = await new RealBrowser('Bench', 'chromium').start();
  try {
    const page = await browser.newChromiumPage();
    await page.goto(bare.url);
    await page.waitForFunction(() => (globalThis as WithBench).printerBench !== undefined);
    const rates: WorkerRates | undefined = await page.evaluate(
      (count) => (globalThis as WithBench).printerBench?.(count),
      lines,
    );
    if (rates === undefined) throw new Error('the bench did not load');
    return [
      { where: 'Chromium, dedicated worker, virtual printer in it', ...rates.straight },
      { where: 'Chromium, dedicated worker, over streams as of Web Serial', ...rates.streams },
    ];
  } finally {
    await browser.remove();
    await bare.remove();
  }
}
