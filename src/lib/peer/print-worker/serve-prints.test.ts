import 'fake-indexeddb/auto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readFileSync } from 'node:fs';
import {
  type FileId,
  ManualClock,
  type PrintId,
  type PrinterId,
  type QueueId,
  must,
  ok,
  silentLog,
  utf8,
} from '../../base/index.ts';
import { FileStore } from '../../files/index.ts';
import { VirtualLink } from '../../printer/index.ts';
import type { PrinterEvent, PrinterRequest } from '../../printer/port.ts';
import { deleteIndexedDbStore, openIndexedDbStore } from '../../storage/index.ts';
import type { Store } from '../../storage/port.ts';
import type { PeerToPrinter, PrinterToPeer } from '../messages.ts';
import { keptOutcome, keptStandings } from '../printing/print-journal.ts';
import { rewriteMs, writeMsMax } from './limits.ts';
import { type PageToPrinter, servePrints } from './serve-prints.ts';

const gcode = 'G28\nM104 S210\nG1 X10 Y10 F6000\nG1 X20 Y20\nM104 S0\n';
const queue = 'queue' as QueueId;
const a = 'a' as PrintId;

let store: Store;
let file: FileId;
const clock = new ManualClock();

beforeEach(async () => {
  store = await openIndexedDbStore({ name: 'prints', clock, log: silentLog });
  const files = await FileStore.open(store, silentLog);
  const bytes = utf8(gcode);
  const added = await files.add('a.gcode', new Blob([bytes]).stream(), bytes.length);
  if (!added.ok) throw new Error(added.refusal.text);
  file = added.value.id;
});

afterEach(async () => {
  vi.restoreAllMocks();
  await store.close();
  await deleteIndexedDbStore('prints');
});

/** Turns of the event loop in which ports and the database do what they were asked before time goes on. */
const turnsOfAStep = 20;
const stepMs = 50;

/** Lets time pass until that is so. */
async function until(what: string, test: () => boolean, limitMs = 60_000): Promise<void> {
  for (let passedMs = 0; passedMs <= limitMs; passedMs += stepMs) {
    for (let turn = 0; turn < turnsOfAStep; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (test()) return;
    }
    clock.advance(stepMs);
  }
  throw new Error(`after ${limitMs} ms still not: ${what}`);
}

async function pass(ms: number): Promise<void> {
  const endMs = clock.monotonicMs() + ms;
  await until('time to pass', () => clock.monotonicMs() >= endMs, ms + stepMs);
}

/** The page that started a print worker, with a virtual printer on its cable. */
class Page {
  readonly events: PrinterEvent[] = [];
  #post: (message: PageToPrinter) => void = () => undefined;
  #id = 0;

  constructor(disk: Store = store) {
    servePrints(
      {
        postMessage: (event) => this.events.push(structuredClone(event)),
        addEventListener: (_type, listener) => {
          this.#post = (data) => listener({ data });
        },
      },
      {
        clock,
        log: silentLog,
        store: Promise.resolve(disk),
        openLink: () => Promise.resolve(ok(new VirtualLink({ speed: Infinity, name: 'Bench' }, clock))),
      },
    );
  }

  async connect(): Promise<this> {
    this.ask({ type: 'connect', id: 0, target: { kind: 'virtual', speed: Infinity } });
    await until('it is connected', () => this.state === 'ready');
    return this;
  }

  get state(): string | undefined {
    const last = this.events.findLast((event) => event.type === 'status');
    return last?.type === 'status' ? last.status.state : undefined;
  }

  ask(request: PrinterRequest): number {
    const id = ++this.#id;
    this.#post({ ...request, id });
    return id;
  }

  send(message: PageToPrinter): void {
    this.#post(message);
  }

  /** A peer's worker is there. */
  meet(): Peer {
    const { port1, port2 } = new MessageChannel();
    this.#post({ type: 'start', printer: 'printer' as PrinterId, name: 'Bench', virtual: true, peer: port1 });
    return new Peer(port2);
  }
}

/** A peer that keeps what it is told. */
class Peer {
  readonly told: PrinterToPeer[] = [];
  readonly #port: MessagePort;

  constructor(port: MessagePort) {
    this.#port = port;
    port.addEventListener('message', ({ data }: MessageEvent<PrinterToPeer>) => this.told.push(data));
    port.start();
  }

  say(message: PeerToPrinter): void {
    this.#port.postMessage(message);
  }

  print(print: PrintId): void {
    const estimate = { estimateSeconds: undefined, sizeMm: undefined };
    this.say({ kind: 'print', queue, print, file, fileName: 'a.gcode', ...estimate });
  }

  async hears(kind: PrinterToPeer['kind'], limitMs?: number): Promise<void> {
    await until(`it hears ${kind}`, () => this.has(kind), limitMs);
  }

  has(kind: PrinterToPeer['kind']): boolean {
    return this.told.some((message) => message.kind === kind);
  }

  get outcome(): string | undefined {
    const told = this.told.find((message) => message.kind === 'outcome');
    return told?.kind === 'outcome' ? told.outcome.outcome : undefined;
  }
}

/** Every write of the journal finds the disk full, for as long as it is. */
function fullDisk(): { isFull: boolean; refused: number } {
  const disk = { isFull: true, refused: 0 };
  const put = IDBObjectStore.prototype.put;
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (
    this: IDBObjectStore,
    value: unknown,
    key?: IDBValidKey,
  ) {
    if (disk.isFull && Array.isArray(key) && key[0] === 'prints') {
      disk.refused++;
      throw new DOMException('full', 'QuotaExceededError');
    }
    return put.call(this, value, key);
  });
  return disk;
}

/** The store, whose writes to the journal never end. */
function hanging(): Store {
  const never = () => new Promise<never>(() => undefined);
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (name === 'put' || name === 'delete') return never;
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

async function granted(page: Page): Promise<Peer> {
  const peer = page.meet();
  peer.print(a);
  await peer.hears('ask-start');
  peer.say({ kind: 'fence', print: a, go: true });
  return peer;
}

test('a print is asked for, begun, written down, told and forgotten', async () => {
  const page = await new Page().connect();
  const peer = page.meet();
  expect(await keptStandings(store)).toEqual([]);
  peer.print(a);
  await peer.hears('ask-start');
  expect(peer.told[0]).toMatchObject({ kind: 'attach', printer: 'printer', busy: undefined });
  peer.say({ kind: 'fence', print: a, go: true });
  await peer.hears('outcome');
  expect(peer.outcome).toBe('good');
  expect(await keptOutcome(store, a)).toMatchObject({ outcome: 'good' });
  peer.say({ kind: 'outcome-kept', print: a });
  await pass(1_000);
  expect(await store.entries('prints')).toEqual([]);
  expect(page.state).toBe('ready');
});

test('where a print stands is on disk before its machine is let go', async () => {
  const page = await new Page().connect();
  const peer = page.meet();
  peer.print(a);
  await peer.hears('ask-start');
  expect(page.state).toBe('starting');
  expect((await keptStandings(store))[0]?.standing.touched).not.toBe(true);
  const put = vi.spyOn(IDBObjectStore.prototype, 'put');
  peer.say({ kind: 'fence', print: a, go: true });
  await until('it is being written', () => put.mock.calls.length > 0);
  expect(page.state).toBe('starting');
  await until('it prints', () => page.state !== 'starting');
  expect(await store.entries('prints')).toHaveLength(1);
});

test('an outcome is told although no note of its print could be written, and is written once the disk has room', async () => {
  const page = await new Page().connect();
  const disk = fullDisk();
  const peer = await granted(page);
  await peer.hears('outcome');
  expect(peer.outcome).toBe('good');
  expect(disk.refused).toBeGreaterThan(1);
  await pass(3 * rewriteMs);
  expect(await keptOutcome(store, a)).toBeUndefined();
  disk.isFull = false;
  await pass(rewriteMs + 1_000);
  expect(await keptOutcome(store, a)).toMatchObject({ outcome: 'good' });
  // Told once to each peer, and again to the next.
  expect(peer.told.filter(({ kind }) => kind === 'outcome')).toHaveLength(1);
  const next = page.meet();
  await next.hears('outcome');
});

test('an outcome is told although the journal never answers', async () => {
  const page = await new Page(hanging()).connect();
  const peer = await granted(page);
  // The start and the outcome each wait for a note that was under way, and for their own.
  await peer.hears('outcome', 4 * writeMsMax + 5_000);
  expect(peer.outcome).toBe('good');
});

test('a peer that comes while a start is open is asked again, and what the former one says then counts for nothing', async () => {
  const page = await new Page().connect();
  const former = page.meet();
  former.print(a);
  await former.hears('ask-start');
  const peer = page.meet();
  await peer.hears('ask-start');
  expect(peer.told[0]).toMatchObject({ kind: 'attach', busy: { print: a, stage: 'waiting' } });
  former.say({ kind: 'fence', print: a, go: true });
  await pass(1_000);
  expect(page.state).toBe('starting');
  peer.say({ kind: 'fence', print: a, go: true });
  await peer.hears('outcome');
  expect(former.has('outcome')).toBe(false);
});

test('a start that the peer denies, or cancels, moves nothing, and its end is told', async () => {
  const page = await new Page().connect();
  for (const message of [
    { kind: 'fence', print: a, go: false },
    { kind: 'cancel', print: a },
  ] as const) {
    const peer = page.meet();
    peer.print(a);
    await peer.hears('ask-start');
    peer.say(message);
    await peer.hears('outcome');
    expect(peer.outcome).toBe('cancelled');
    peer.say({ kind: 'outcome-kept', print: a });
    await until('it is ready', () => page.state === 'ready');
    await pass(1_000);
    expect(await store.entries('prints')).toEqual([]);
  }
});

test('a file that is not here is refused, and a second print is refused while one waits', async () => {
  const page = await new Page().connect();
  const peer = page.meet();
  peer.print(a);
  await peer.hears('ask-start');
  peer.print('b' as PrintId);
  await peer.hears('refused');
  expect(peer.told.at(-1)).toMatchObject({ kind: 'refused', print: 'b', code: 'printing' });
  peer.say({ kind: 'cancel', print: a });
  await peer.hears('outcome');
  const again = page.meet();
  again.say({
    kind: 'print',
    queue,
    print: 'c' as PrintId,
    file: 'nowhere' as FileId,
    fileName: 'c.gcode',
    estimateSeconds: undefined,
    sizeMm: undefined,
  });
  await again.hears('refused');
  expect(again.told.at(-1)).toMatchObject({ kind: 'refused', print: 'c', code: 'file' });
});

test('a bed that a person clears by script is called clear when that is done', async () => {
  const page = await new Page().connect();
  const peer = page.meet();
  page.ask({ type: 'scripts', id: 0, scripts: { clearBed: 'G1 X0' } });
  const id = page.ask({ type: 'clear-bed', id: 0 });
  await peer.hears('bed-clear');
  const reply = must(
    page.events.find((event) => event.type === 'reply' && event.id === id),
    'a reply',
  );
  expect(reply).not.toHaveProperty('refusal');
});

test('two print workers of one process know nothing of each other', async () => {
  const pages = [await new Page().connect(), await new Page().connect()] as const;
  const peers = pages.map((page) => page.meet());
  peers[0]?.print(a);
  peers[1]?.print('b' as PrintId);
  for (const peer of peers) await peer.hears('ask-start');
  peers[0]?.say({ kind: 'cancel', print: a });
  peers[1]?.say({ kind: 'fence', print: 'b' as PrintId, go: true });
  for (const peer of peers) await peer.hears('outcome');
  expect(peers.map(({ outcome }) => outcome)).toEqual(['cancelled', 'good']);
});

test('the entry holds no state: nothing is assigned at its top, and it is short', () => {
  const lines = readFileSync(new URL('print.worker.ts', import.meta.url), 'utf8').split('\n');
  expect(lines.filter((line) => /^(export )?(const|let|var) /.test(line))).toEqual([]);
  expect(lines.length).toBeLessThan(80);
});
