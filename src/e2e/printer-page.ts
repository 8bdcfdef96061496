import { systemClock } from '../lib/base/index.ts';
import { idleFile, type LineRate, measureLines } from '../lib/printer/measure.ts';
import { VirtualLink, VirtualSerialPort } from '../lib/printer/virtual/index.ts';
import { WebSerialLink } from '../lib/printer/web-serial.ts';

/** Runs in a bare page, and in the dedicated worker that it starts: the bench of the print loop where it really runs. */
export interface WorkerRates {
  readonly straight: LineRate;
  /** Over streams, as Web Serial has them. */
  readonly streams: LineRate;
}

async function measure(lines: number): Promise<WorkerRates> {
  const straight = await measureLines(
    new VirtualLink({ speed: Infinity }, systemClock),
    systemClock,
    idleFile(lines),
  );
  const port = new VirtualSerialPort({ speed: Infinity }, systemClock);
  const link = await WebSerialLink.open(port);
  if (!link.ok) throw new Error(link.refusal.text);
  return { straight, streams: await measureLines(link.value, systemClock, idleFile(lines)) };
}

export function printerBench(lines: number): Promise<WorkerRates> {
  const worker = new Worker('/page.js', { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.addEventListener('message', ({ data }: MessageEvent<WorkerRates>) => {
      worker.terminate();
      resolve(data);
    });
    worker.addEventListener('error', (event) => reject(new Error(event.message)));
    worker.postMessage(lines);
  });
}

if ('document' in globalThis) Object.assign(globalThis, { printerBench });
else {
  addEventListener('message', ({ data }: MessageEvent<number>) => {
    void measure(data).then((rates) => postMessage(rates));
  });
}
