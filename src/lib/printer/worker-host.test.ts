import { expect, test } from 'vitest';
import { type FileId, type PrintId, silentLog, utf8 } from '../base/index.ts';
import { leftPrintAdvice, printerNow, standingOf } from './left-print.ts';
import type { PrinterEvent, PrinterRequest, PrinterStatus } from './port.ts';
import { identityOf, recognise } from './recognition.ts';
import { JumpingClock } from './test-kit.ts';
import { VirtualLink } from './virtual/index.ts';
import { memorySource, WorkerHost } from './worker-host.ts';

const gcode = `M104 S200\nG28\n${'G1 X10 F3000\nG1 X20\n'.repeat(50)}`;

const files: Readonly<Record<string, string>> = { file: gcode, hot: 'G28\nM104 S420\n' };

class Page {
  readonly clock = new JumpingClock();
  readonly events: PrinterEvent[] = [];
  readonly asked: PrintId[] = [];
  /** Each cable that was plugged in. */
  readonly links: VirtualLink[] = [];
  #listener: ((message: { readonly data: PrinterRequest }) => void) | undefined;
  #id = 0;

  constructor(allowed = true) {
    new WorkerHost({
      port: {
        postMessage: (event) => {
          // As over a real port: only what can be cloned.
          this.events.push(structuredClone(event));
        },
        addEventListener: (_, listener) => {
          this.#listener = listener;
        },
      },
      openLink: (target) =>
        Promise.resolve(
          target.kind === 'virtual'
            ? { ok: true, value: this.#plugIn(target.speed) }
            : { ok: false, refusal: { code: 'no-port', text: 'No such port.' } },
        ),
      openFile: (fileId) => {
        const text = files[fileId];
        return text === undefined
          ? Promise.reject(new Error('not here'))
          : Promise.resolve(memorySource(utf8(text)));
      },
      askStart: (printId) => {
        this.asked.push(printId);
        return Promise.resolve(allowed);
      },
      clock: this.clock,
      log: silentLog,
    });
  }

  #plugIn(speed: number): VirtualLink {
    const link = new VirtualLink({ speed, name: 'Bench' }, this.clock);
    this.links.push(link);
    return link;
  }

  get status(): PrinterStatus {
    const told = this.events.findLast((event) => event.type === 'status');
    if (told === undefined) throw new Error('no status yet');
    return told.status;
  }

  async request(
    request: PrinterRequest extends infer R ? (R extends { id: number } ? Omit<R, 'id'> : never) : never,
  ): Promise<Extract<PrinterEvent, { type: 'reply' }>> {
    const id = ++this.#id;
    this.#listener?.({ data: { ...request, id } as PrinterRequest });
    return this.event('reply', (reply) => reply.id === id);
  }

  event<Type extends PrinterEvent['type']>(
    type: Type,
    wanted: (event: Extract<PrinterEvent, { type: Type }>) => boolean = () => true,
  ): Promise<Extract<PrinterEvent, { type: Type }>> {
    const find = (): Extract<PrinterEvent, { type: Type }> | undefined =>
      this.events.find(
        (event): event is Extract<PrinterEvent, { type: Type }> =>
          event.type === type && wanted(event as Extract<PrinterEvent, { type: Type }>),
      );
    return this.clock.until(
      new Promise((resolve) => {
        const look = (): void => {
          const found = find();
          if (found === undefined) this.clock.after(50, look);
          else resolve(found);
        };
        look();
      }),
    );
  }
}

const connect = { type: 'connect', target: { kind: 'virtual', speed: 10 } } as const;
const print = {
  type: 'print',
  printId: 'p1' as PrintId,
  fileId: 'file' as FileId,
  fileName: 'a.gcode',
} as const;

test('a page connects, prints through the fence, and hears the outcome', async () => {
  const page = new Page();
  expect((await page.request(connect)).refusal).toBeUndefined();
  expect((await page.request(print)).refusal).toBeUndefined();
  const { outcome, printId } = await page.event('outcome');
  expect(printId).toBe('p1');
  expect(outcome).toMatchObject({ outcome: 'good' });
  expect(page.asked).toEqual(['p1']);
  const states = page.events.flatMap((event) => (event.type === 'status' ? [event.status.state] : []));
  expect(states).toContain('printing');
  expect(states.at(-1)).toBe('ready');
});

test('a closed fence ends the print with nothing done', async () => {
  const page = new Page(false);
  await page.request(connect);
  await page.request(print);
  expect((await page.event('outcome')).outcome).toMatchObject({ outcome: 'cancelled', code: 'not-started' });
});

test('requests that make no sense are refused, each with its id', async () => {
  const page = new Page();
  expect((await page.request({ type: 'pause' })).refusal?.code).toBe('disconnected');
  expect((await page.request(print)).refusal?.code).toBe('disconnected');
  expect(
    (await page.request({ type: 'connect', target: { kind: 'tty', path: '/dev/x' } })).refusal?.code,
  ).toBe('no-port');
  await page.request(connect);
  expect((await page.request(connect)).refusal?.code).toBe('connected');
  expect((await page.request({ type: 'resume' })).refusal?.code).toBe('not-printing');
  expect((await page.request({ ...print, fileId: 'other' as FileId })).refusal?.code).toBe('file');
  expect((await page.request({ type: 'answer', choice: 0 })).refusal?.code).toBe('no-prompt');
});

test('terminal lines come in bundles, and only when wanted', async () => {
  const page = new Page();
  await page.request(connect);
  expect(page.events.some((event) => event.type === 'terminal')).toBe(false);
  await page.request({ type: 'terminal', wanted: true });
  const reply = await page.request({ type: 'send', command: 'M114' });
  expect(reply.lines?.some((line) => line.startsWith('X:'))).toBe(true);
  expect((await page.event('terminal')).lines.map((line) => line.direction)).toContain('received');
});

test('after an emergency stop the printer can be connected anew', async () => {
  const page = new Page();
  await page.request(connect);
  await page.request(print);
  await page.event('status', (event) => event.status.state === 'printing');
  expect((await page.request({ type: 'stop' })).refusal).toBeUndefined();
  expect((await page.event('outcome')).outcome).toMatchObject({ outcome: 'failed', code: 'stopped' });
  expect((await page.request(connect)).refusal).toBeUndefined();
});

test('a file beyond the limits of this printer fails before the fence, with a sentence', async () => {
  const page = new Page();
  await page.request(connect);
  expect(await page.request({ ...print, fileId: 'hot' as FileId })).toEqual({ type: 'reply', id: 2 });
  const { outcome } = await page.event('outcome');
  expect(outcome).toMatchObject({ outcome: 'failed', code: 'too-hot' });
  expect(outcome.reason).toContain('Line 2 heats the nozzle to 420 °C; the limit of this printer is 300 °C');
  expect(page.asked).toEqual([]);
});

test('a print that is cancelled while its file is looked through never begins', async () => {
  const page = new Page();
  await page.request(connect);
  const [printed, cancelled] = await Promise.all([page.request(print), page.request({ type: 'cancel' })]);
  expect(cancelled.refusal).toBeUndefined();
  expect(printed.refusal?.code).toBe('cancelled');
  expect(page.asked).toEqual([]);
});

test('unplugged in mid-print and plugged in again: the print failed truly, the same printer is known, what is offered is safe', async () => {
  const page = new Page();
  await page.request(connect);
  const before = identityOf(page.status.firmware);
  await page.request(print);
  await page.event('status', ({ status }) => (status.print?.lines ?? 0) > 5);
  const stood = standingOf(page.status, true);
  page.links[0]?.unplug();
  const { outcome } = await page.event('outcome');
  expect(outcome).toMatchObject({ outcome: 'failed', code: 'unplugged' });
  expect(outcome.reason).toContain('heaters may still be on');
  await page.event('status', ({ status }) => status.state === 'disconnected');
  // Nothing opens a port by itself: a person plugs it in and connects.
  await page.clock.pass(60_000);
  expect(page.links).toHaveLength(1);
  expect((await page.request(connect)).refusal).toBeUndefined();
  expect(page.status).toMatchObject({ state: 'ready' });
  expect(page.status.print).toBeUndefined();
  const again = identityOf(page.status.firmware);
  expect(recognise(again, [{ id: 'bench', identity: before }])).toMatchObject({ kind: 'same', id: 'bench' });
  if (stood === undefined) throw new Error('nothing was under way');
  const advice = leftPrintAdvice('a.gcode', stood, printerNow(page.status));
  expect(advice.heaters).toBe('off');
  expect(advice.offers).toEqual(['report-failed', 'clear-bed']);
  // It prints again, from the file's start.
  expect((await page.request({ ...print, printId: 'p2' as PrintId })).refusal).toBeUndefined();
  const next = await page.event('outcome', ({ printId }) => printId === 'p2');
  expect(next.outcome).toMatchObject({ outcome: 'good', lines: 102 });
});
