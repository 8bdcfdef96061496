import { cpSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { type Page, chromium } from '@playwright/test';
import { type AnyPage, chromiumFlags } from './browsers.ts';
import {
  type House,
  type WithClient,
  expect,
  granted,
  peerIdOf,
  test,
  untilConnected,
  viewOf,
} from './house.ts';
import {
  type Peer,
  addFileAt,
  addJobAt,
  appOf,
  beginPrint,
  createAt,
  linkOf,
  outcomes,
  peersOf,
  settle,
  untilDirect,
  untilReady,
} from './scenes.ts';

const gcode = `G28\nM104 S40\nG1 Z0.3\n${'G1 X20 Y20 E1\nG1 X40 Y20 E1\n'.repeat(50)}M104 S0\n`;

test('the disk of a browser is full in the middle of commits: it says so, and with room again everything confirmed is there', async ({
  house,
}) => {
  const browser = await house.browser('Anna').start();
  const page = await browser.newChromiumPage();
  const session = await browser.context.newCDPSession(page);
  const origin = house.relay.url;
  // The browser itself refuses what goes beyond.
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 4_000_000 });
  await page.goto(origin);
  const queue = await createAt(page, house, 'Full');
  expect(await settle(page, queue, 'Confirmed')).toMatchObject({ kind: 'committed' });
  const file = await addFileAt(page, queue, gcode);
  await page.evaluate(
    ([id, added]) => {
      const client = (globalThis as WithClient).peerprint;
      let filled = 0;
      const go = async () => {
        for (let i = 0; i < 400; i++) {
          const settled = await client?.addJob(id, {
            name: 'Filler',
            copies: 1,
            draft: true,
            notes: 'x'.repeat(4_000),
            sets: [{ file: added, count: 1 }],
          });
          if (settled?.kind !== 'committed') return;
          Object.assign(globalThis, { filled: ++filled });
        }
      };
      for (let lane = 0; lane < 8; lane++) void go();
    },
    [queue, file] as const,
  );
  await expect(page.getByText(/no room left for PeerPrint/).first()).toBeVisible({ timeout: 40_000 });
  const confirmed = await page.evaluate(() => (globalThis as { filled?: number }).filled ?? 0);
  expect(confirmed).toBeGreaterThan(100);
  await session.send('Storage.overrideQuotaForOrigin', { origin });
  await page.close();
  const again = await browser.newChromiumPage();
  await again.goto(`${house.relay.url}/queue/${queue}`);
  await untilReady(again, queue);
  await expect.poll(async () => (await viewOf(again, queue)).name).toBe('Confirmed');
  const { jobs } = await again.evaluate(async (id) => {
    const report = await (globalThis as WithClient).peerprint?.diagnostics();
    return report?.queues.find((each) => each.queue === id) ?? { jobs: 0 };
  }, queue);
  expect(jobs).toBeGreaterThanOrEqual(confirmed);
  expect(await settle(again, queue, 'Room again')).toMatchObject({ kind: 'committed' });
});

test('site data cleared while the app is open: it says so, the others go on, and the browser comes back as somebody new @long', async ({
  house,
}) => {
  const { peers, queue } = await peersOf(house, 'Wiped', ['Anna', 'Ben', 'Cleo']);
  const [anna, ben] = peers as [Peer, Peer];
  const before = await peerIdOf(anna.page);
  const session = await anna.browser.context.newCDPSession(anna.page);
  await session.send('Storage.clearDataForOrigin', { origin: house.relay.url, storageTypes: 'all' });
  // At once, whether or not anything is written, and with the way back.
  await expect(anna.page.getByText(/data for PeerPrint were cleared while this tab was open/)).toBeVisible();
  await expect(
    anna.page.getByText(/Reload this tab, once nothing prints in it, and open the link of a queue again/),
  ).toBeVisible();
  await expect(anna.page.getByText('This browser does not hold that queue')).toBeVisible();
  expect(await peerIdOf(anna.page)).not.toBe(before);
  expect((await appOf(anna.page)).queues).toEqual([]);
  expect(await settle(ben.page, queue, 'The others go on')).toMatchObject({ kind: 'committed' });
  expect((await viewOf(ben.page, queue)).peers.length).toBe(3);
  // The tab that stayed open carries straight connections for the new worker too.
  await expect.poll(async () => (await appOf(anna.page)).direct).toBe(true);
  const url = await linkOf(ben.page, queue);
  granted(await anna.page.evaluate((text) => (globalThis as WithClient).peerprint?.joinQueue(text), url));
  await untilReady(anna.page, queue);
  await untilDirect(anna.page, queue, 2);
  await anna.page.close();
  const again = await anna.browser.newChromiumPage();
  await again.goto(`${house.relay.url}/queue/${queue}`);
  await untilReady(again, queue);
});

/** As a person clears a site's data; its server may ask for the same. The relay is away for as long. */
async function clearSiteData(house: House, page: AnyPage): Promise<void> {
  await house.relay.stop();
  const server = createServer((_asked, answer) => {
    answer.writeHead(200, { 'Clear-Site-Data': '"storage"' }).end();
  });
  await new Promise<void>((resolve) => server.listen(Number(new URL(house.relay.url).port), resolve));
  await page.evaluate(async (_: null) => void (await fetch('/healthz', { cache: 'no-store' })), null);
  server.close();
  server.closeAllConnections();
  await house.relay.start();
}

test('site data cleared in Firefox while two tabs are open: both have a new worker within seconds, say what happened, and come back by the link @long', async ({
  house,
}) => {
  const anna = await house.open('Anna');
  const queue = await createAt(anna.page, house, 'Wiped');
  const url = await linkOf(anna.page, queue, 'guest');
  const firefox = await house.browser('Finn', 'firefox').start();
  const tabs = [await firefox.newPage(), await firefox.newPage()] as const;
  const [first, second] = tabs;
  const joinBy = (page: AnyPage) =>
    page.evaluate((text: string) => (globalThis as WithClient).peerprint?.joinQueue(text), url);
  for (const tab of tabs) await tab.goto(house.relay.url);
  await untilConnected(first);
  granted(await joinBy(first));
  for (const tab of tabs) {
    await tab.goto(`${house.relay.url}/queue/${queue}`);
    await untilReady(tab, queue);
  }
  const before = await peerIdOf(first);
  const began = Date.now();
  await clearSiteData(house, second);
  for (const tab of tabs) {
    await expect
      .poll(() => tab.evaluate((_: null) => document.body.innerText, null), { message: 'it says so' })
      .toMatch(/data for PeerPrint were cleared while this tab was open/);
    expect(await peerIdOf(tab)).not.toBe(before);
    expect(await tab.evaluate((_: null) => document.body.innerText, null)).toContain(
      'This browser does not hold that queue',
    );
  }
  expect(await peerIdOf(first)).toBe(await peerIdOf(second));
  // With the relay's restart, which took part in clearing.
  expect(Date.now() - began).toBeLessThan(20_000);
  granted(await joinBy(first));
  for (const tab of tabs) await untilReady(tab, queue);
  await untilDirect(first, queue);
  expect(await settle(anna.page, queue, 'Heard again')).toMatchObject({ kind: 'committed' });
  for (const tab of tabs) await expect.poll(async () => (await viewOf(tab, queue)).name).toBe('Heard again');
});

test('that storage is kept is asked for once there is something to keep, and the answer is shown', async ({
  house,
}) => {
  const browser = await house.browser('Anna').start();
  const page = await browser.newChromiumPage();
  // Chromium decides by itself, by how often a site is used: the test decides instead, and counts.
  await page.addInitScript(() => {
    navigator.storage.persist = () => {
      sessionStorage.setItem('asked', String(Number(sessionStorage.getItem('asked') ?? '0') + 1));
      return Promise.resolve(true);
    };
    navigator.storage.persisted = () => Promise.resolve(sessionStorage.getItem('asked') !== null);
  });
  const asked = () => page.evaluate(() => Number(sessionStorage.getItem('asked') ?? '0'));
  await page.goto(house.relay.url);
  await untilConnected(page);
  expect((await appOf(page)).storage.persisted).toBe(false);
  expect(await asked()).toBe(0);
  await createAt(page, house, 'To keep');
  expect(await asked()).toBe(1);
  await expect.poll(async () => (await appOf(page)).storage.persisted).toBe(true);
  await page.goto(`${house.relay.url}/settings`);
  await expect(page.getByText('The browser promised not to clear it by itself.')).toBeVisible();
  expect(await asked()).toBe(1);
});

test('a private window works while it is open, and says that the browser may clear it', async ({ house }) => {
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: [...chromiumFlags, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
    chromiumSandbox: process.getuid?.() !== 0,
  });
  try {
    const page = await (await browser.newContext()).newPage();
    await page.goto(house.relay.url);
    const queue = await createAt(page, house, 'Private');
    expect(await settle(page, queue, 'For now')).toMatchObject({ kind: 'committed' });
    await page.getByRole('link', { name: 'Settings' }).click();
    await expect(page.getByText('May be cleared')).toBeVisible();
    expect((await appOf(page)).storage.persisted).toBe(false);
  } finally {
    await browser.close();
  }
});

test('a profile copied to another machine and opened on both: one of them is told, and the queue of the others is whole @long', async ({
  house,
}) => {
  const { peers, queue } = await peersOf(house, 'Copied', ['Anna', 'Ben', 'Cleo']);
  const [anna, ben] = peers as [Peer, Peer];
  await anna.browser.stop();
  const copy = house.browser('Copy');
  rmSync(copy.profile, { recursive: true, force: true });
  cpSync(anna.browser.profile, copy.profile, { recursive: true });
  for (const name of ['SingletonLock', 'SingletonCookie', 'SingletonSocket'])
    rmSync(join(copy.profile, name), { force: true });
  const pages: Page[] = [];
  for (const browser of [anna.browser, copy]) {
    await browser.start();
    const page = await browser.newChromiumPage();
    await page.goto(`${house.relay.url}/queue/${queue}`);
    await untilConnected(page);
    pages.push(page);
  }
  for (let round = 0; round < 3; round++)
    expect(await settle(ben.page, queue, `Round ${round}`)).toMatchObject({ kind: 'committed' });
  // Which one goes on depends on who was heard first, and on what the copy lacks: who lost confirmed changes joins again as new by itself.
  const sentence = 'Another copy of this browser’s profile takes part';
  const conditions = () =>
    Promise.all(
      pages.map(async (page) => {
        const { condition, text } = await viewOf(page, queue);
        return text.startsWith(sentence) ? 'told' : condition;
      }),
    );
  await expect
    .poll(conditions, { timeout: 60_000, message: 'one copy is told, the other goes on' })
    .toEqual(expect.arrayContaining(['told', 'ready']));
  const told = pages[(await conditions()).indexOf('told')] as Page;
  await expect(told.locator('span').filter({ hasText: sentence })).toBeVisible();
  const other = pages.find((page) => page !== told) as Page;
  expect(await settle(other, queue, 'Renamed by the other')).toMatchObject({ kind: 'committed' });
  await expect.poll(async () => (await viewOf(ben.page, queue)).name).toBe('Renamed by the other');
  expect((await conditions()).toSorted()).toEqual(['ready', 'told']);
  // A person who wants to go on here says so, and then the other one is told.
  await told.getByRole('button', { name: 'Join again as new' }).click();
  await told.getByRole('button', { name: 'Join again', exact: true }).click();
  await expect
    .poll(async () => (await viewOf(told, queue)).condition, { timeout: 60_000, message: 'it is back' })
    .toBe('ready');
  await expect.poll(conditions, { timeout: 60_000, message: 'the other is told' }).toContain('told');
  expect(await settle(told, queue, 'Renamed here again')).toMatchObject({ kind: 'committed' });
  expect((await viewOf(ben.page, queue)).peers.length).toBe(3);
});

test('ten queues in one browser are one peer each its own: all open, commit, and are there after a restart', async ({
  house,
}) => {
  const { browser, page } = await house.open('Anna');
  await untilConnected(page);
  const queues = await page.evaluate(async () => {
    const client = (globalThis as WithClient).peerprint;
    const ids = [];
    for (let i = 0; i < 10; i++) {
      const made = await client?.createQueue({ name: `Queue ${i}`, lan: false });
      if (made?.ok === true) ids.push(made.value);
    }
    return ids;
  });
  expect(new Set(queues).size).toBe(10);
  for (const [at, queue] of queues.entries()) {
    await untilReady(page, queue);
    expect(await settle(page, queue, `Renamed ${at}`)).toMatchObject({ kind: 'committed' });
  }
  // One printer of this browser serves them: a job in the last queue is printed.
  const last = queues.at(-1);
  if (last === undefined) throw new Error('ten queues');
  await beginPrint(page, last, gcode, { speed: 200 });
  await expect.poll(() => outcomes(page, last)).toEqual(['good']);
  await browser.stop();
  await browser.start();
  const again = await browser.newChromiumPage();
  await again.goto(`${house.relay.url}/?all`);
  await untilConnected(again);
  const names = (await appOf(again)).queues.map((queue) => queue.name).sort();
  expect(names).toEqual(queues.map((_, at) => `Renamed ${at}`).sort());
});

test('a whole queue is exported to one file and imported in another browser as a new queue, files and all', async ({
  house,
}) => {
  const anna = await house.open('Anna');
  const queue = await createAt(anna.page, house, 'Moves house');
  await beginPrint(anna.page, queue, gcode, { speed: 200 });
  await expect.poll(() => outcomes(anna.page, queue)).toEqual(['good']);
  granted(
    await anna.page.evaluate(
      ([id, text]) => (globalThis as WithClient).peerprint?.addFile(id, new File([text], 'second.gcode')),
      [queue, `${gcode}; another\n`] as const,
    ),
  );
  await anna.page.getByRole('link', { name: 'Files' }).click();
  await anna.page.getByRole('button', { name: 'Export the queue' }).click();
  const download = anna.page.waitForEvent('download');
  await anna.page.getByRole('link', { name: /^Save the archive/ }).click();
  const path = await (await download).path();
  expect(readFileSync(path).length).toBeGreaterThan(200);

  const ben = await house.open('Ben');
  await untilConnected(ben.page);
  await ben.page.getByLabel('Archive to import').setInputFiles(path);
  await ben.page.waitForURL(/\/queue\/bafy/);
  const imported = /\/queue\/([a-z0-9]+)/.exec(ben.page.url())?.[1] as typeof queue;
  expect(imported).not.toBe(queue);
  await untilReady(ben.page, imported);
  // A view follows what is committed within a tenth of a second: the newest is waited for, not the next.
  await expect
    .poll(async () => {
      const { name, files, history } = await viewOf(ben.page, imported);
      return {
        name,
        files: files.map((file) => [file.name, file.hereBytes === file.sizeBytes]).sort(),
        history: history.map((print) => [print.outcome, print.imported]),
      };
    })
    .toEqual({
      name: 'Moves house',
      files: [
        ['part.gcode', true],
        ['second.gcode', true],
      ],
      history: [['good', true]],
    });
  // It is a queue like any other.
  await addJobAt(ben.page, imported, `${gcode}; a third\n`);
});
