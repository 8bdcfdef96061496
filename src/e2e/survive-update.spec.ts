import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { type WithClient, expect, peerIdOf, test, untilConnected, untilView, viewOf } from './house.ts';
import { RenewedBuild } from './renewed-build.ts';
import { type Peer, beginPrint, createAt, outcomes, peersOf, settle, untilReady } from './scenes.ts';

const gcode = readFileSync('src/e2e/fixtures/brief.gcode', 'utf8');

const buildOf = (page: Page) =>
  page.evaluate(async () => {
    const report = await (globalThis as WithClient).peerprint?.diagnostics();
    return report?.versions.build;
  });

/** The app is in the service worker's cache and that serves this page: from here on an update is an update. */
async function untilInstalled(page: Page): Promise<void> {
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await page.reload();
  await expect
    .poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null), { timeout: 30_000 })
    .toBe(true);
  await untilConnected(page);
}

const offer = /A new version of PeerPrint is ready/;
const stale = /PeerPrint was updated in another tab/;

test('a new build while a tab prints: offered when the print is over, taken tab by tab, one worker writes the log, nothing is lost @long', async ({
  house,
}) => {
  const renewed = new RenewedBuild();
  try {
    const { browser, page } = await house.open('Anna');
    const queue = await createAt(page, house, 'Updated');
    const self = await peerIdOf(page);
    const first = await buildOf(page);
    await untilInstalled(page);
    await untilReady(page, queue);
    await beginPrint(page, queue, gcode, { speed: 1 });
    await house.relay.publish(renewed.folder);

    // The second tab is opened after the update: the shell of the old build, which looks for a new one.
    const second = await browser.newChromiumPage();
    await second.goto(`${house.relay.url}/queue/${queue}`);
    await untilReady(second, queue);
    await expect
      .poll(
        () =>
          second.evaluate(async () => {
            const registration = await navigator.serviceWorker.getRegistration();
            return registration?.waiting !== null && registration?.waiting !== undefined;
          }),
        { timeout: 30_000 },
      )
      .toBe(true);
    expect(await outcomes(page, queue)).toEqual([]);
    for (const tab of [page, second]) await expect(tab.getByText(offer)).toBeHidden();
    expect(await settle(second, queue, 'While it prints')).toMatchObject({ kind: 'committed' });

    await expect.poll(() => outcomes(page, queue), { timeout: 40_000 }).toEqual(['good']);
    await expect(second.getByText(offer)).toBeVisible({ timeout: 30_000 });
    const reloaded = second.waitForEvent('load');
    await second.getByRole('button', { name: 'Reload now' }).click();
    await reloaded;
    // The new page works with the worker that is there, and the old page goes on until its person reloads it.
    await untilReady(second, queue);
    expect(await settle(second, queue, 'New page, old worker')).toMatchObject({ kind: 'committed' });
    await expect(page.getByText(stale)).toBeVisible({ timeout: 30_000 });
    // A page that it had not opened yet comes from the cache, without a reload under it.
    await page.evaluate(() => Object.assign(globalThis, { notReloaded: true }));
    await page.getByRole('link', { name: 'Files' }).click();
    await expect(page.getByRole('heading', { name: 'Files' })).toBeVisible();
    expect(await page.evaluate(() => 'notReloaded' in globalThis)).toBe(true);

    const renewedToo = page.waitForEvent('load');
    await page.getByRole('button', { name: 'Reload now' }).click();
    await renewedToo;
    // Both pages are of the new build: the old worker makes room for the new one.
    await expect.poll(() => buildOf(page), { timeout: 30_000 }).toBe(renewed.name);
    expect(renewed.name).not.toBe(first);
    for (const tab of [page, second]) {
      await untilReady(tab, queue);
      expect(await peerIdOf(tab)).toBe(self);
      expect((await viewOf(tab, queue)).name).toBe('New page, old worker');
      expect(await outcomes(tab, queue)).toEqual(['good']);
    }
    expect(await settle(page, queue, 'All new')).toMatchObject({ kind: 'committed' });
    const workers = await browser.sharedWorkers();
    expect(workers.length).toBe(1);
  } finally {
    renewed.remove();
  }
});

test('a new build on one of three peers only: old and new go on together, under one rules version @long', async ({
  house,
}) => {
  const renewed = new RenewedBuild();
  try {
    const { peers, queue } = await peersOf(house, 'One of three', ['Anna', 'Ben', 'Cleo']);
    const [anna, ben, cleo] = peers as [Peer, Peer, Peer];
    await untilInstalled(ben.page);
    await house.relay.publish(renewed.folder);
    await ben.page.reload();
    await expect(ben.page.getByText(offer)).toBeVisible({ timeout: 30_000 });
    await ben.page.getByRole('button', { name: 'Reload now' }).click();
    // A page in the middle of its reload cannot be asked: it is asked again.
    await expect.poll(() => buildOf(ben.page).catch(() => undefined), { timeout: 30_000 }).toBe(renewed.name);
    await untilReady(ben.page, queue);
    for (const [at, { page }] of [ben, anna, cleo].entries())
      expect(await settle(page, queue, `Together ${at}`)).toMatchObject({ kind: 'committed' });
    expect(await buildOf(anna.page)).not.toBe(renewed.name);
    const states = async () => {
      const reports = await Promise.all(
        peers.map(({ page }) =>
          page.evaluate(async (id) => {
            const report = await (globalThis as WithClient).peerprint?.diagnostics();
            return report?.queues.find((each) => each.queue === id)?.stateHash;
          }, queue),
        ),
      );
      return new Set(reports).size;
    };
    await expect.poll(states, { message: 'all three agree on every byte of the state' }).toBe(1);
    for (const { page } of peers) await untilView(page, queue, 'three', 3, (view) => view.peers.length);
  } finally {
    renewed.remove();
  }
});

test('a page that speaks another version than the worker is told so at once, with what to do', async ({
  house,
}) => {
  const { page } = await house.open('Anna');
  await untilConnected(page);
  const answer = await page.evaluate(
    () =>
      new Promise<{ kind: string; code?: string; text?: string }>((resolve) => {
        const worker = new SharedWorker('/workers/peer.js', { type: 'module', name: 'peerprint' });
        worker.port.onmessage = ({ data }) => resolve(data);
        worker.port.postMessage({ kind: 'hello', version: 999 });
      }),
  );
  expect(answer).toMatchObject({ kind: 'unable', code: 'other-version' });
  expect(answer.text).toContain('different versions');
  // The page that was there is served on.
  expect(await peerIdOf(page)).not.toBe('');
});
