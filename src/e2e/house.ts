import { writeFileSync } from 'node:fs';
import { type Page, test as base, expect } from '@playwright/test';
import type { PeerPrintClient, QueueView } from '../lib/peer/api.ts';
import type { QueueId, Result } from '../lib/base/index.ts';
import { type AnyPage, type Engine, RealBrowser } from './browsers.ts';
import { RelayProcess } from './relay-process.ts';

/** What `globalThis.peerprint` is in a page of the app. */
export type WithClient = typeof globalThis & { peerprint?: PeerPrintClient; shown?: QueueView };

/** A peer that is frozen or dead is not waited for any longer. */
const diagnosisMs = 3_000;

/** The browsers and the relay of one test; all end with it. */
export class House {
  readonly relay: RelayProcess;
  readonly #browsers: RealBrowser[] = [];

  constructor(relay: RelayProcess) {
    this.relay = relay;
  }

  /** A browser with a profile of its own, not started yet. */
  browser(name: string, engine: Engine = 'chromium'): RealBrowser {
    const browser = new RealBrowser(name, engine);
    this.#browsers.push(browser);
    return browser;
  }

  /** A started Chromium with a page of the app open. */
  async open(name: string, path = '/'): Promise<{ browser: RealBrowser; page: Page }> {
    const browser = await this.browser(name).start();
    const page = await browser.newChromiumPage();
    await page.goto(this.relay.url + path);
    return { browser, page };
  }

  /** What each peer that still answers says of itself, its log too: for the story of a test that failed. */
  async diagnoses(): Promise<Readonly<Record<string, unknown>>> {
    const told: Record<string, unknown> = {};
    for (const browser of this.#browsers) {
      const page = browser.openPages.at(-1);
      if (page === undefined) continue;
      const answer = page.evaluate((_: null) => (globalThis as WithClient).peerprint?.diagnostics(), null);
      const patience = new Promise((resolve) => setTimeout(resolve, diagnosisMs, 'no answer'));
      told[browser.name] = await Promise.race([answer, patience]).catch(String);
    }
    return told;
  }

  async end(): Promise<void> {
    for (const browser of this.#browsers) await browser.remove();
    await this.relay.remove();
  }
}

/** Playwright's test with a relay that serves the built app, and as many browsers as a test asks for. */
export const test = base.extend<{ house: House }>({
  // Playwright reads the fixtures' names from this pattern.
  house: async ({}, use, info) => {
    const house = new House(await new RelayProcess().start());
    await use(house);
    if (info.status !== info.expectedStatus) {
      const path = info.outputPath('peers.json');
      writeFileSync(path, JSON.stringify(await house.diagnoses(), undefined, 2));
      process.stdout.write(`What the peers knew: ${path}\n`);
    }
    await house.end();
  },
});
export { expect };

/** Starts a queue on the start page, as a person does. Leaves the page on the queue. */
export async function startQueue(page: Page, name: string): Promise<QueueId> {
  await page.getByRole('textbox', { name: 'Name of the new queue' }).fill(name);
  await page.getByRole('button', { name: 'Start a queue' }).click();
  await expect(page.getByRole('navigation', { name: 'Queue' })).toBeVisible();
  await expect(page.getByTestId('condition')).toHaveText('Saved');
  return (await queueIdOf(page)) as QueueId;
}

export async function queueIdOf(page: Page): Promise<string> {
  await page.waitForURL(/\/queue\/bafy/);
  return /\/queue\/([a-z0-9]+)/.exec(page.url())?.[1] ?? '';
}

/** Makes a link on the share page and gives its address. */
export async function makeLink(page: Page, role: 'trusted' | 'guest' = 'trusted'): Promise<string> {
  await page.getByRole('link', { name: 'Share' }).click();
  await page.getByRole('button', { name: `Make a ${role} link` }).click();
  const field = page.getByRole('textbox', { name: `Address of the ${role} link` });
  await expect(field).toHaveValue(/\/join#/);
  return field.inputValue();
}

/** Opens a link and joins, as a person does. */
export async function join(page: Page, url: string, name?: string): Promise<void> {
  await page.goto(url);
  if (name !== undefined) await page.getByRole('textbox', { name: /^Your name/ }).fill(name);
  await page.getByRole('button', { name: 'Join the queue' }).click();
  await expect(page.getByTestId('condition')).toHaveText('Saved', { timeout: 30_000 });
}

/** Waits until the page's peer sees that many voters. */
export async function untilVoters(page: AnyPage, queue: QueueId, count: number): Promise<void> {
  await untilView(
    page,
    queue,
    'voters',
    count,
    (view) => view.peers.filter((peer) => peer.part === 'voter').length,
  );
}

/** Waits until the page's peer sees that many who vote or have a copy of everything: of two trusted peers one votes. */
export async function untilTrusted(page: AnyPage, queue: QueueId, count: number): Promise<void> {
  await untilView(
    page,
    queue,
    'trusted peers',
    count,
    (view) => view.peers.filter((peer) => peer.part !== 'listener').length,
  );
}

export async function untilView(
  page: AnyPage,
  queue: QueueId,
  what: string,
  wanted: number,
  of: (view: QueueView) => number,
): Promise<void> {
  await expect
    .poll(async () => of(await viewOf(page, queue)), { message: what, timeout: 60_000 })
    .toBeGreaterThanOrEqual(wanted);
}

/** The newest view of the queue in that page's peer. */
export async function viewOf(page: AnyPage, queue: QueueId): Promise<QueueView> {
  return page.evaluate(
    (id: QueueId) =>
      new Promise<QueueView>((resolve, reject) => {
        const client = (globalThis as WithClient).peerprint;
        if (client === undefined) {
          reject(new Error('the app is not open'));
          return;
        }
        const stop = client.watchQueue(id, (view) => {
          queueMicrotask(() => stop());
          resolve(view);
        });
      }),
    queue,
  );
}

/** Resolves once the page has its peer. */
export async function untilConnected(page: AnyPage): Promise<void> {
  await expect
    .poll(() => page.evaluate((_: null) => (globalThis as WithClient).peerprint !== undefined, null), {
      timeout: 30_000,
    })
    .toBe(true);
}

export async function peerIdOf(page: AnyPage): Promise<string> {
  await untilConnected(page);
  return page.evaluate(
    (_: null) =>
      new Promise<string>((resolve) => {
        const stop = (globalThis as WithClient).peerprint?.watchApp((view) => {
          queueMicrotask(() => stop?.());
          resolve(view.self.peer);
        });
      }),
    null,
  );
}

/** Connects a virtual printer by the printer page's own controls. */
export async function connectVirtual(page: Page, name: string, pace: '1' | '20' | '200'): Promise<void> {
  await page.getByRole('link', { name: 'Printers' }).click();
  await page.getByRole('button', { name: 'Connect a printer' }).click();
  await page.getByRole('radio', { name: /^Virtual printer/ }).check();
  const field = page.getByRole('dialog').getByRole('textbox').first();
  await field.fill(name);
  await page.getByRole('combobox', { name: 'Pace' }).selectOption(pace);
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await expect(page.getByRole('article', { name: `Printer ${name}` })).toBeVisible();
}

/** Adds a file through the file field and the dialog. */
export async function addJob(page: Page, path: string, copies: number): Promise<void> {
  await page.getByRole('link', { name: 'Queue', exact: true }).click();
  await page.getByLabel('Files to add').setInputFiles(path);
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('spinbutton', { name: 'Copies' }).fill(String(copies));
  await dialog.getByRole('button', { name: 'Add to queue' }).click();
  await expect(dialog).toBeHidden();
}

export function granted<T>(result: Result<T> | undefined): T {
  if (result === undefined) throw new Error('the app is not open');
  if (!result.ok) throw new Error(`${result.refusal.code}: ${result.refusal.text}`);
  return result.value;
}
