import { mkdtempSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, type CDPSession, type Page, chromium } from '@playwright/test';
import puppeteer, {
  type ElementHandle,
  type Browser as PuppeteerBrowser,
  type Page as PuppeteerPage,
} from 'puppeteer-core';

/** Chromium as Debian has it; as root it must run without its sandbox. The rest keeps it from calling home. */
export const chromiumFlags = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
];

/** Peers on one machine must find each other also where the only interface is loopback. */
const firefoxPreferences = {
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'media.peerconnection.ice.loopback': true,
  'app.update.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
};

/** `chromium-plain` is driven by puppeteer: there a tab behind another is hidden, as it is for a person. */
export type Engine = 'chromium' | 'chromium-plain' | 'firefox';

/** What tests and the demo need of a page, whichever tool drives its browser. */
export interface AnyPage {
  goto(url: string): Promise<unknown>;
  evaluate<Arg, Value>(run: (arg: Arg) => Value | Promise<Value>, arg: Arg): Promise<Value>;
  screenshot(options: { path: string }): Promise<unknown>;
  bringToFront(): Promise<void>;
  close(): Promise<void>;
}

export interface StartOptions {
  readonly viewport?: { readonly width: number; readonly height: number };
  /** More of Chromium's command line. */
  readonly flags?: readonly string[];
  /** More of Firefox's preferences. */
  readonly preferences?: Readonly<Record<string, unknown>>;
  /** More of the environment of a plain Chromium. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What is read of the answers of Chromium's debugger. */
interface WorkerAnswer {
  readonly usedSize?: number;
  readonly backingStorageSize?: number;
  readonly result?: { readonly value?: unknown };
}
type AskWorker = (method: string, params?: object) => Promise<WorkerAnswer>;

/** One browser process with a profile of its own on disk: one peer. */
export class RealBrowser {
  readonly name: string;
  readonly engine: Engine;
  readonly profile: string;
  #chromium: BrowserContext | undefined;
  #puppet: PuppeteerBrowser | undefined;

  constructor(name: string, engine: Engine) {
    this.name = name;
    this.engine = engine;
    this.profile = mkdtempSync(join(tmpdir(), `peerprint-${name.toLowerCase()}-`));
  }

  /** Starts the process, or starts it again on the same profile. */
  async start(options: StartOptions = {}): Promise<this> {
    const { viewport = { width: 1280, height: 900 }, flags = [], preferences = {}, env = {} } = options;
    if (this.engine === 'chromium') {
      this.#chromium = await chromium.launchPersistentContext(this.profile, {
        executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
        args: [...chromiumFlags, ...flags, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
        viewport,
        chromiumSandbox: process.getuid?.() !== 0,
      });
    } else if (this.engine === 'chromium-plain') {
      this.#puppet = await puppeteer.launch({
        executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
        headless: true,
        userDataDir: this.profile,
        args: [...chromiumFlags, ...flags, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
        defaultViewport: viewport,
        env: { ...process.env, ...env },
      });
    } else {
      this.#puppet = await puppeteer.launch({
        browser: 'firefox',
        executablePath: process.env['FIREFOX_PATH'] ?? '/usr/bin/firefox-esr',
        headless: true,
        userDataDir: this.profile,
        extraPrefsFirefox: { ...firefoxPreferences, ...preferences },
        defaultViewport: viewport,
      });
    }
    return this;
  }

  /** A page driven by puppeteer: Firefox's, or that of a plain Chromium. */
  async newPuppetPage(): Promise<PuppetPage> {
    if (this.#puppet === undefined) throw new Error(`${this.name} is not running under puppeteer`);
    return new PuppetPage(await this.#puppet.newPage());
  }

  /** A person's yes to notifications of a site. Plain Chromium only. */
  async allowNotifications(origin: string): Promise<void> {
    await this.#puppet?.defaultBrowserContext().overridePermissions(origin, ['notifications']);
  }

  /** The paths that its tabs show. Plain Chromium only. */
  async paths(): Promise<readonly string[]> {
    const pages = (await this.#puppet?.pages()) ?? [];
    return pages.map((page) => new URL(page.url()).pathname);
  }

  async newPage(): Promise<AnyPage> {
    if (this.#chromium !== undefined) return this.#chromium.newPage() as unknown as AnyPage;
    if (this.#puppet !== undefined) return new PuppetPage(await this.#puppet.newPage());
    throw new Error(`${this.name} is not running`);
  }

  /** A page with Playwright's tools, in Chromium only. */
  async newChromiumPage(): Promise<Page> {
    if (this.#chromium === undefined) throw new Error(`${this.name} is no running Chromium`);
    return this.#chromium.newPage();
  }

  get context(): BrowserContext {
    if (this.#chromium === undefined) throw new Error(`${this.name} is no running Chromium`);
    return this.#chromium;
  }

  /** The tabs of a Chromium that runs; none of any other. */
  get openPages(): readonly Page[] {
    return this.#chromium?.pages() ?? [];
  }

  /** Ends the process as a person would. The profile stays. */
  async stop(): Promise<void> {
    await this.#chromium?.close();
    await this.#puppet?.close();
    this.#chromium = undefined;
    this.#puppet = undefined;
  }

  /** Ends it as a power cut would. Chromium's profile names its main process in the link `SingletonLock` (host-pid). */
  async kill(): Promise<void> {
    if (this.#puppet !== undefined) {
      const main = this.#puppet.process();
      this.#puppet = undefined;
      if (main === null) throw new Error(`${this.name} is not running`);
      const ended =
        main.exitCode === null && main.signalCode === null
          ? new Promise((resolve) => main.once('exit', resolve))
          : Promise.resolve();
      main.kill('SIGKILL');
      await ended;
      // The tool keeps copies of Firefox's preferences until it ends in peace, and refuses to start beside them.
      for (const file of ['prefs.js', 'user.js'])
        rmSync(join(this.profile, `${file}.puppeteer`), { force: true });
      return;
    }
    const { pid } = this;
    const context = this.#chromium;
    this.#chromium = undefined;
    if (context === undefined || !Number.isInteger(pid))
      throw new Error(`${this.name} is no running Chromium`);
    const closed = new Promise((resolve) => context.once('close', resolve));
    process.kill(pid, 'SIGKILL');
    await closed;
    rmSync(join(this.profile, 'SingletonLock'), { force: true });
  }

  /** The SharedWorkers that run in it. Chromium only. */
  async sharedWorkers(): Promise<readonly string[]> {
    return this.#withTargets((_session, workers) => Promise.resolve(workers));
  }

  /** Bytes in use on the heap of its SharedWorker, after a collection. Chromium only. */
  async workerHeapBytes(): Promise<number> {
    return (await this.#workerUse()).heap;
  }

  /** What its SharedWorker holds after a collection: the heap, and the buffers outside of it, where bytes to be sent wait. Chromium only. */
  async workerBytes(): Promise<number> {
    const { heap, buffers } = await this.#workerUse();
    return heap + buffers;
  }

  /** Runs a script in its SharedWorker and gives what it comes to. Chromium only. */
  async inWorker(script: string): Promise<unknown> {
    return this.#toWorker(async (ask) => {
      const { result } = await ask('Runtime.evaluate', { expression: script, returnByValue: true });
      return result?.value;
    });
  }

  #workerUse(): Promise<{ heap: number; buffers: number }> {
    return this.#toWorker(async (ask) => {
      await ask('HeapProfiler.collectGarbage');
      const { usedSize = 0, backingStorageSize = 0 } = await ask('Runtime.getHeapUsage');
      return { heap: usedSize, buffers: backingStorageSize };
    });
  }

  #toWorker<T>(run: (ask: AskWorker) => Promise<T>): Promise<T> {
    return this.#withTargets(async (session, [targetId]) => {
      if (targetId === undefined) throw new Error(`${this.name} has no SharedWorker`);
      const { sessionId } = await session.send('Target.attachToTarget', { targetId });
      let asked = 0;
      const ask: AskWorker = (method, params = {}) => {
        const id = ++asked;
        return new Promise((resolve) => {
          session.on('Target.receivedMessageFromTarget', ({ message }) => {
            const answer = JSON.parse(message) as { id?: number; result?: WorkerAnswer };
            if (answer.id === id) resolve(answer.result ?? {});
          });
          const message = JSON.stringify({ id, method, params });
          void session.send('Target.sendMessageToTarget', { sessionId, message });
        });
      };
      const value = await run(ask);
      await session.send('Target.detachFromTarget', { sessionId });
      return value;
    });
  }

  /** Ends the SharedWorker as a crash of it would, with its tabs left open. Chromium only, under either tool. */
  async endSharedWorker(): Promise<void> {
    if (this.#puppet !== undefined) {
      const session = await this.#puppet.target().createCDPSession();
      const { targetInfos } = await session.send('Target.getTargets');
      const workers = targetInfos.filter(({ type }) => type === 'shared_worker');
      if (workers.length === 0) throw new Error(`${this.name} has no SharedWorker`);
      for (const { targetId } of workers) await session.send('Target.closeTarget', { targetId });
      await session.detach();
      return;
    }
    await this.#withTargets(async (session, workers) => {
      if (workers.length === 0) throw new Error(`${this.name} has no SharedWorker`);
      for (const targetId of workers) await session.send('Target.closeTarget', { targetId });
    });
  }

  async #withTargets<T>(run: (session: CDPSession, workers: readonly string[]) => Promise<T>): Promise<T> {
    const [page] = this.context.pages();
    if (page === undefined) throw new Error(`${this.name} has no tab open`);
    const session = await this.context.newCDPSession(page);
    const { targetInfos } = await session.send('Target.getTargets');
    const workers = targetInfos.filter(({ type }) => type === 'shared_worker');
    try {
      return await run(
        session,
        workers.map(({ targetId }) => targetId),
      );
    } finally {
      await session.detach();
    }
  }

  /** The process that owns the profile. */
  get pid(): number {
    return Number(readlinkSync(join(this.profile, 'SingletonLock')).split('-').at(-1));
  }

  /** Stops every process of Chromium where it stands, as a laptop does when its lid is shut. */
  freeze(): void {
    process.kill(-this.pid, 'SIGSTOP');
  }

  /** Lets them go on. */
  thaw(): void {
    process.kill(-this.pid, 'SIGCONT');
  }

  /** Ends it and removes its profile. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** Puppeteer's page with Playwright's manner of waiting. */
export class PuppetPage implements AnyPage {
  readonly #page: PuppeteerPage;

  constructor(page: PuppeteerPage) {
    this.#page = page;
  }

  goto(url: string): Promise<unknown> {
    return this.#page.goto(url, { waitUntil: 'load' });
  }

  evaluate<Arg, Value>(run: (arg: Arg) => Value | Promise<Value>, arg: Arg): Promise<Value> {
    return this.#page.evaluate(run as never, arg as never) as Promise<Value>;
  }

  screenshot(options: { path: string }): Promise<unknown> {
    return this.#page.screenshot({ path: options.path as `${string}.png` });
  }

  /** Chooses a file of this machine in the page's file field. */
  async chooseFile(label: string, path: string): Promise<void> {
    const field = await this.#page.waitForSelector(`input[type="file"][aria-label="${label}"]`);
    if (field === null) throw new Error(`there is no field “${label}”`);
    await (field as unknown as ElementHandle<HTMLInputElement>).uploadFile(path);
  }

  bringToFront(): Promise<void> {
    return this.#page.bringToFront();
  }

  close(): Promise<void> {
    return this.#page.close();
  }
}
