import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type AnyPage, RealBrowser } from '../../src/e2e/browsers.ts';
import { RelayProcess } from '../../src/e2e/relay-process.ts';
import type { NewJob, PeerPrintClient, QueueView, Settled, ShareLink } from '../../src/lib/peer/api.ts';
import type { FileId, QueueId, Result } from '../../src/lib/base/index.ts';

export interface DemoOptions {
  readonly peers: number;
  readonly copies: number;
  /** Simulated seconds per second. */
  readonly speed: number;
  readonly file: { readonly name: string; readonly bytes: Uint8Array };
  readonly screenshots: string | undefined;
  readonly tell: (text: string) => void;
}

export interface DemoSummary {
  readonly peers: number;
  readonly leader: string;
  /** Commit index at the end. */
  readonly committed: number;
  /** Milliseconds from a page's call to its answer, for commands of a peer that does not lead where there is one. */
  readonly commitMs: { readonly p50: number; readonly p99: number };
  /** Milliseconds from dropping the file until every trusted peer held it whole. */
  readonly file: { readonly bytes: number; readonly ms: number };
  /** Milliseconds from opening the link to seeing the queue, one per joining peer. */
  readonly joinMs: readonly number[];
  readonly prints: readonly {
    readonly copy: number;
    readonly printer: string;
    readonly outcome: string;
    readonly lines: number;
    readonly resends: number;
  }[];
}

const names = ['Anna', 'Ben', 'Cleo', 'Dan', 'Edda', 'Finn', 'Gil', 'Hanna'];
const patienceMs = Number(process.env['DEMO_PATIENCE_MS'] ?? 10 * 60_000);

/** What `globalThis.peerprint` is in a page of the app. */
type WithClient = typeof globalThis & { peerprint?: PeerPrintClient; shown?: QueueView };

const openPages: AnyPage[] = [];

/** Runs the main job in real browsers and tells how it went. */
export async function runDemo(options: DemoOptions): Promise<DemoSummary> {
  const { tell } = options;
  const relay = await new RelayProcess().start();
  const browsers: RealBrowser[] = [];
  try {
    tell(`The relay serves the app at ${relay.url}`);
    for (let i = 0; i < options.peers; i++) {
      const engine = i === options.peers - 1 && options.peers > 2 ? 'firefox' : 'chromium';
      browsers.push(await new RealBrowser(names[i] ?? `Peer ${i}`, engine).start());
    }
    tell(
      `${browsers.length} browsers are open: ${browsers.map((each) => `${each.name} (${each.engine})`).join(', ')}`,
    );
    return await mainJob(relay.url, browsers, options);
  } catch (error) {
    for (const page of openPages) {
      const report = await page.evaluate(
        async (_: null) => JSON.stringify(await (globalThis as WithClient).peerprint?.diagnostics(), null, 1),
        null,
      );
      tell(report);
    }
    throw error;
  } finally {
    for (const browser of browsers) await browser.remove();
    await relay.remove();
  }
}

async function mainJob(
  url: string,
  browsers: readonly RealBrowser[],
  options: DemoOptions,
): Promise<DemoSummary> {
  const { tell } = options;
  const pages: AnyPage[] = [];
  for (const browser of browsers) {
    const page = await browser.newPage();
    await openApp(page, url, browser.name);
    pages.push(page);
    openPages.push(page);
  }
  const first = must(pages[0]);
  const queue = granted(
    await first.evaluate(
      (name: string) => (globalThis as WithClient).peerprint?.createQueue({ name, lan: false }),
      'Demo',
    ),
  );
  tell(`${browsers[0]?.name} started the queue “Demo”`);
  await show(first, queue);
  const link = await makeLink(first, queue);
  const joinMs: number[] = [];
  for (const [i, page] of pages.entries()) {
    if (i === 0) continue;
    const began = performance.now();
    granted(
      await page.evaluate((text: string) => (globalThis as WithClient).peerprint?.joinQueue(text), link.text),
    );
    await show(page, queue);
    await until(page, `${browsers[i]?.name} sees the queue`, (view) => view.condition === 'ready');
    joinMs.push(Math.round(performance.now() - began));
    tell(`${browsers[i]?.name} joined by the link and saw the queue after ${joinMs.at(-1)} ms`);
  }
  for (const page of pages) {
    await untilCount(
      page,
      'every peer has everything',
      options.peers,
      // Of two, one decides and the other keeps a copy.
      (view) =>
        view.peers.filter((p) => (options.peers === 2 ? p.part !== 'listener' : p.part === 'voter')).length,
    );
  }
  tell(options.peers === 2 ? 'One decides, the other keeps a copy' : `All ${options.peers} vote`);

  const began = performance.now();
  const file = await dropFile(must(pages.at(-1)), queue, options.file);
  tell(`${browsers.at(-1)?.name} dropped ${options.file.name}, ${options.file.bytes.length} bytes`);
  const job: NewJob = {
    name: options.file.name,
    copies: options.copies,
    draft: true,
    notes: '',
    sets: [{ file, count: 1 }],
  };
  settled(await submitJob(must(pages.at(-1)), queue, job));
  for (const page of pages) {
    await untilCount(
      page,
      'every peer has the file',
      1,
      (view) => view.files.filter((f) => f.hereBytes === f.sizeBytes).length,
    );
  }
  const fileMs = Math.round(performance.now() - began);
  tell(`Every peer holds the file after ${fileMs} ms`);

  const commitMs = await measureCommits(must(pages[1]), queue);
  for (const [i, page] of pages.slice(0, 2).entries()) {
    const name = `Virtual ${i + 1}`;
    granted(
      await page.evaluate(
        ([printer, speed]: readonly [string, number]) =>
          (globalThis as WithClient).peerprint?.printers.connectVirtual({ name: printer, speed }),
        [name, options.speed] as const,
      ),
    );
    tell(`${browsers[i]?.name} connected the printer ${name}`);
  }
  const last = must(pages.at(-1));
  await untilCount(
    last,
    'both printers are known',
    2,
    (view) => view.printers.filter((p) => p.bed === 'clear').length,
  );
  settled(
    await last.evaluate(
      ([id, name]: readonly [QueueId, string]) => {
        const shown = (globalThis as WithClient).shown;
        const found = shown?.jobs.find((each) => each.name === name);
        if (found === undefined) throw new Error('the job is not shown');
        return (globalThis as WithClient).peerprint?.changeJob(id, found.job, { draft: false });
      },
      [queue, options.file.name] as const,
    ),
  );
  tell(`${options.copies} copies are wanted; the printers take them`);
  const end = await watchPrints(last, options);
  for (const page of pages) {
    await untilCount(page, 'every history shows every copy', options.copies, (view) => view.history.length);
  }
  if (options.screenshots !== undefined) await takePictures(url, queue, browsers, pages, options.screenshots);
  const leader = end.peers.find((peer) => peer.leads)?.name ?? 'nobody';
  return {
    peers: options.peers,
    leader,
    committed: end.committed,
    commitMs,
    file: { bytes: options.file.bytes.length, ms: fileMs },
    joinMs,
    prints: [...end.history].reverse().map((print, i) => ({
      copy: i + 1,
      printer: print.printerName,
      outcome: print.outcome ?? 'unknown',
      lines: print.lines ?? 0,
      resends: print.resends ?? 0,
    })),
  };
}

async function openApp(page: AnyPage, url: string, name: string): Promise<void> {
  await page.goto(url);
  await poll(`the app opens for ${name}`, () =>
    page.evaluate((_: null) => (globalThis as WithClient).peerprint !== undefined, null),
  );
  granted(await page.evaluate((own: string) => (globalThis as WithClient).peerprint?.setName(own), name));
}

/** From now on the page keeps the newest view of the queue where the demo can look at it. */
async function show(page: AnyPage, queue: QueueId): Promise<void> {
  await page.evaluate((id: QueueId) => {
    (globalThis as WithClient).peerprint?.watchQueue(id, (view) => {
      (globalThis as WithClient).shown = view;
    });
  }, queue);
}

async function makeLink(page: AnyPage, queue: QueueId): Promise<ShareLink> {
  return granted(
    await page.evaluate(
      (id: QueueId) =>
        (globalThis as WithClient).peerprint?.makeLink(id, { role: 'trusted', lifeMs: 3_600_000 }),
      queue,
    ),
  );
}

async function dropFile(page: AnyPage, queue: QueueId, file: DemoOptions['file']): Promise<FileId> {
  const base64 = Buffer.from(file.bytes).toString('base64');
  const added = granted(
    await page.evaluate(
      async ([id, name, text]: readonly [QueueId, string, string]) => {
        const bytes = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
        return (globalThis as WithClient).peerprint?.addFile(id, new File([bytes], name));
      },
      [queue, file.name, base64] as const,
    ),
  );
  return added.file;
}

function submitJob(page: AnyPage, queue: QueueId, job: NewJob): Promise<Settled | undefined> {
  return page.evaluate(
    ([id, wanted]: readonly [QueueId, NewJob]) => (globalThis as WithClient).peerprint?.addJob(id, wanted),
    [queue, job] as const,
  );
}

/** Latency of single commands as a page sees it: call to answer, one after the other. */
async function measureCommits(page: AnyPage, queue: QueueId): Promise<{ p50: number; p99: number }> {
  const times = await page.evaluate(async (id: QueueId) => {
    const client = (globalThis as WithClient).peerprint;
    if (client === undefined) throw new Error('the app is not open');
    const measured: number[] = [];
    for (let i = 0; i < commitsMeasured(); i++) {
      const began = performance.now();
      await client.renameQueue(id, `Demo ${i % 2 === 0 ? 'A' : 'B'}`);
      measured.push(performance.now() - began);
    }
    await client.renameQueue(id, 'Demo');
    return measured.sort((a, b) => a - b);

    function commitsMeasured() {
      return 100;
    }
  }, queue);
  const at = (part: number) =>
    Math.round(10 * (times[Math.min(times.length - 1, Math.floor(part * times.length))] ?? 0)) / 10;
  return { p50: at(0.5), p99: at(0.99) };
}

/** Tells how the prints go until all copies have ended. */
async function watchPrints(page: AnyPage, options: DemoOptions): Promise<QueueView> {
  let told = '';
  let view: QueueView | undefined;
  await poll('every copy has ended', async () => {
    view = await viewOf(page);
    const now = view.printers
      .filter((printer) => printer.print !== undefined)
      .map(
        (printer) =>
          `${printer.name}: ${printer.text}${printer.print?.progress === undefined ? '' : ` ${Math.floor(10 * printer.print.progress) * 10} %`}`,
      )
      .join(' · ');
    if (now !== told && now !== '') options.tell(now);
    told = now;
    return (
      view.history.length >= options.copies && view.printers.every((printer) => printer.print === undefined)
    );
  });
  return must(view);
}

async function takePictures(
  url: string,
  queue: QueueId,
  browsers: readonly RealBrowser[],
  pages: readonly AnyPage[],
  folder: string,
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const [i, page] of pages.entries()) {
    for (const place of ['', '/printer', '/peers', '/share', '/files', '?show=history']) {
      await page.goto(`${url}/queue/${queue}${place}`);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const name = `${browsers[i]?.name ?? i}-${place.replace(/\W/g, '') || 'queue'}.png`.toLowerCase();
      await page.screenshot({ path: join(folder, name) });
    }
  }
}

async function viewOf(page: AnyPage): Promise<QueueView> {
  return must(await page.evaluate((_: null) => (globalThis as WithClient).shown, null));
}

async function until(page: AnyPage, what: string, test: (view: QueueView) => boolean): Promise<void> {
  await poll(what, async () => {
    const view = await page.evaluate((_: null) => (globalThis as WithClient).shown, null);
    return view !== undefined && test(view);
  });
}

function untilCount(
  page: AnyPage,
  what: string,
  count: number,
  of: (view: QueueView) => number,
): Promise<void> {
  return until(page, what, (view) => of(view) >= count);
}

async function poll(what: string, test: () => Promise<boolean>): Promise<void> {
  const began = performance.now();
  while (!(await test())) {
    if (performance.now() - began > patienceMs) throw new Error(`Gave up waiting: ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function granted<T>(result: Result<T> | undefined): T {
  if (result === undefined) throw new Error('the app is not open');
  if (!result.ok) throw new Error(`${result.refusal.code}: ${result.refusal.text}`);
  return result.value;
}

function settled(end: Settled | undefined): void {
  if (end === undefined) throw new Error('the app is not open');
  if (end.kind === 'refused') throw new Error(`${end.refusal.code}: ${end.refusal.text}`);
  if (end.kind === 'unknown') throw new Error(end.text);
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('The demo lost its own thread.');
  return value;
}
