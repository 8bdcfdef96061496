import { appendFileSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RealBrowser } from './browsers.ts';
import { type WithClient, expect, granted, peerIdOf, test, viewOf } from './house.ts';
import { type Peer, createAt, linkOf, peersOf, reopen, settle, untilReady } from './scenes.ts';

/** Bytes of a record's head in a LevelDB log (checksum, length, kind), and of the blocks that no record crosses. */
const headBytes = 7;
const blockBytes = 32 * 1024;

test('a browser that dies while it writes half a record keeps everything, over the next start and the one after it', async ({
  house,
}) => {
  const { browser, page } = await house.open('Anna');
  const queue = await createAt(page, house, 'Torn');
  expect(await settle(page, queue, 'Before')).toMatchObject({ kind: 'committed' });
  await browser.kill();
  const torn = logOf(browser);
  const length = Math.min(500, blockBytes - (statSync(torn).size % blockBytes) - headBytes);
  const half = Buffer.alloc(headBytes + Math.floor(length / 2), 7);
  half.writeUInt16LE(length, 4);
  half[headBytes - 1] = 1;
  appendFileSync(torn, half);
  const again = await reopen(house, browser, queue);
  await untilReady(again, queue);
  expect((await viewOf(again, queue)).name).toBe('Before');
  expect(await settle(again, queue, 'After')).toMatchObject({ kind: 'committed' });
  // The browser goes on writing behind the half record until it is made to begin a new log.
  await expect.poll(() => logOf(browser)).not.toBe(torn);
  await expect.poll(() => readdirSync(join(torn, '..'))).not.toContain(torn.split('/').at(-1));
  await browser.kill();
  const third = await reopen(house, browser, queue);
  await untilReady(third, queue);
  expect((await viewOf(third, queue)).name).toBe('After');
});

test('a browser that finds its data damaged throws them away: the app says so, and the link of the queue is the way back @long', async ({
  house,
}) => {
  const { peers, queue } = await peersOf(house, 'Damaged', ['Anna', 'Ben', 'Cleo']);
  const [anna, ben] = peers as [Peer, Peer];
  const before = await peerIdOf(anna.page);
  await anna.browser.kill();
  const path = logOf(anna.browser);
  const bytes = readFileSync(path);
  for (let at = Math.floor(bytes.length / 2); at < bytes.length / 2 + 64; at++) bytes[at] = 0x55;
  writeFileSync(path, bytes);
  let page = await reopen(house, anna.browser, queue);
  const said = (): ReturnType<typeof page.getByText> =>
    page.getByText('The browser found its data for PeerPrint damaged and threw them away');
  await expect(said()).toBeVisible();
  await expect(page.getByText('This browser does not hold that queue')).toBeVisible();
  expect(await peerIdOf(page)).not.toBe(before);
  // Whoever looks only after the next start is told as well.
  await anna.browser.kill();
  page = await reopen(house, anna.browser, queue);
  await expect(said()).toBeVisible();
  const url = await linkOf(ben.page, queue);
  granted(await page.evaluate((text) => (globalThis as WithClient).peerprint?.joinQueue(text), url));
  await untilReady(page, queue);
  expect(await settle(page, queue, 'Back')).toMatchObject({ kind: 'committed' });
  await page.getByRole('button', { name: 'Put this notice away' }).click();
  await expect(said()).toBeHidden();
});

/** The log under the databases of the one site that this Chromium has been to. */
function logOf(browser: RealBrowser): string {
  const all = join(browser.profile, 'Default', 'IndexedDB');
  const site = readdirSync(all).find((name) => name.endsWith('.leveldb'));
  const logs = site === undefined ? [] : readdirSync(join(all, site)).filter((name) => name.endsWith('.log'));
  const newest = logs.sort().at(-1);
  if (site === undefined || newest === undefined) throw new Error(`${browser.name} keeps nothing`);
  return join(all, site, newest);
}
