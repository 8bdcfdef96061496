import type { Page } from '@playwright/test';
import type { QueueId } from '../lib/base/index.ts';
import { type House, type WithClient, expect, peerIdOf, test, untilView, viewOf } from './house.ts';
import { type Peer, peersOf, settle, untilDirect, untilReady } from './scenes.ts';

/** Two peers wired straight to each other; the first has a second tab beside the one that holds the connections. */
async function withSecondTab(house: House, name: string) {
  const { peers, queue } = await peersOf(house, name, ['Anna', 'Ben']);
  const [anna, ben] = peers as [Peer, Peer];
  await untilDirect(anna.page, queue);
  const second = await anna.browser.newChromiumPage();
  await second.goto(`${house.relay.url}/queue/${queue}`);
  expect(await peerIdOf(second)).toBe(await peerIdOf(anna.page));
  return { anna, ben, queue, second };
}

/** What is asked in the second tab settles on both peers, and they are wired straight again, without a reload. */
async function goesOn(second: Page, ben: Peer, queue: QueueId, name: string): Promise<void> {
  expect(await settle(second, queue, name)).toMatchObject({ kind: 'committed' });
  await expect.poll(async () => (await viewOf(ben.page, queue)).name).toBe(name);
  await untilDirect(second, queue);
  await untilDirect(ben.page, queue);
}

type WithPaths = WithClient & { paths?: string[] };

/** Notes every way by which the other peer is reached from now on. */
function watchPaths(page: Page, queue: QueueId): Promise<void> {
  return page.evaluate((id) => {
    const paths: string[] = [];
    const scope = globalThis as WithPaths;
    scope.paths = paths;
    scope.peerprint?.watchQueue(id, (view) => {
      for (const peer of view.peers) if (!peer.self && paths.at(-1) !== peer.path) paths.push(peer.path);
    });
  }, queue);
}

test('the tab that holds the connections is frozen: another tab takes over, and what is asked meanwhile settles', async ({
  house,
}) => {
  const { anna, ben, queue, second } = await withSecondTab(house, 'Frozen');
  const session = await anna.browser.context.newCDPSession(anna.page);
  await session.send('Page.setWebLifecycleState', { state: 'frozen' });
  await goesOn(second, ben, queue, 'While frozen');
  // Thawed, it is an ordinary tab beside the one that took over.
  await session.send('Page.setWebLifecycleState', { state: 'active' });
  await expect.poll(async () => (await viewOf(anna.page, queue)).name).toBe('While frozen');
  await goesOn(second, ben, queue, 'Thawed');
});

test('the tab that holds the connections crashes: another tab takes over, and what is asked meanwhile settles', async ({
  house,
}) => {
  const { anna, ben, queue, second } = await withSecondTab(house, 'Crashed');
  const session = await anna.browser.context.newCDPSession(anna.page);
  const crashed = new Promise((resolve) => anna.page.once('crash', resolve));
  await watchPaths(ben.page, queue);
  // A crashed page answers nothing, also not this.
  void session.send('Page.crash').catch(() => undefined);
  await crashed;
  await goesOn(second, ben, queue, 'After the crash');
  // Meanwhile they reached each other through the relay.
  expect(await ben.page.evaluate(() => (globalThis as WithPaths).paths)).toContain('relayed');
});

test('ten tabs of one browser are one peer: nine close, the tenth goes on @long', async ({ house }) => {
  const { peers, queue } = await peersOf(house, 'Ten tabs', ['Anna', 'Ben']);
  const [anna, ben] = peers as [Peer, Peer];
  const tabs = [anna.page];
  while (tabs.length < 10) tabs.push(await anna.browser.newChromiumPage());
  await Promise.all(tabs.slice(1).map((tab) => tab.goto(`${house.relay.url}/queue/${queue}`)));
  const ids = new Set<string>();
  for (const tab of tabs) ids.add(await peerIdOf(tab));
  expect(ids.size).toBe(1);
  for (const tab of tabs) await untilReady(tab, queue);
  expect((await viewOf(ben.page, queue)).peers.length).toBe(2);
  const last = tabs.pop();
  if (last === undefined) throw new Error('ten tabs');
  for (const tab of tabs) await tab.close();
  await goesOn(last, ben, queue, 'The tenth');
  await untilView(ben.page, queue, 'two peers', 2, (view) => view.peers.filter((peer) => peer.here).length);
});
