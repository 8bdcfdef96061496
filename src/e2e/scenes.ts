import type { Page } from '@playwright/test';
import type { FileId, QueueId } from '../lib/base/index.ts';
import type { AppView, Settled } from '../lib/peer/api.ts';
import type { AnyPage, RealBrowser } from './browsers.ts';
import {
  type House,
  type WithClient,
  expect,
  granted,
  untilConnected,
  untilView,
  untilTrusted,
  untilVoters,
  viewOf,
} from './house.ts';

/** What tests of survival do by the client rather than by hand: the hand is tested elsewhere, and this takes a tenth of the time. */

/** A browser of a test and its page of the queue. */
export interface Peer {
  readonly browser: RealBrowser;
  readonly page: Page;
}

/** Makes a queue and shows it on this page. */
export async function createAt(page: Page, house: House, name: string): Promise<QueueId> {
  await untilConnected(page);
  const queue = granted(
    await page.evaluate(
      (text) => (globalThis as WithClient).peerprint?.createQueue({ name: text, lan: false }),
      name,
    ),
  );
  await page.goto(`${house.relay.url}/queue/${queue}`);
  await untilReady(page, queue);
  return queue;
}

/** A link that makes who joins by it a trusted peer. */
export async function linkOf(page: AnyPage, queue: QueueId, role: 'trusted' | 'guest' = 'trusted') {
  await untilRelay(page);
  const link = await page.evaluate(
    ([id, wanted]: readonly [QueueId, 'trusted' | 'guest']) =>
      (globalThis as WithClient).peerprint?.makeLink(id, { role: wanted, lifeMs: 3_600_000 }),
    [queue, role] as const,
  );
  return granted(link).url;
}

/** Waits until a relay is connected and others can reach this peer through it. */
export async function untilRelay(page: AnyPage): Promise<void> {
  await expect
    .poll(async () => (await appOf(page)).relays.some((relay) => relay.reachable), { timeout: 30_000 })
    .toBe(true);
}

export async function setRelays(page: AnyPage, addresses: readonly string[]): Promise<void> {
  granted(
    await page.evaluate(
      (all: readonly string[]) => (globalThis as WithClient).peerprint?.setRelays(all),
      addresses,
    ),
  );
}

/** Joins by a link and shows the queue. */
export async function joinAt(page: Page, house: House, queue: QueueId, url: string): Promise<void> {
  await untilConnected(page);
  granted(await page.evaluate((text) => (globalThis as WithClient).peerprint?.joinQueue(text), url));
  await page.goto(`${house.relay.url}/queue/${queue}`);
  await untilReady(page, queue);
}

/** So many browsers that one queue trusts, and that vote where they are three or more; the first one made it. */
export async function peersOf(house: House, queueName: string, names: readonly string[]) {
  const [first, ...others] = names;
  if (first === undefined) throw new Error('a queue needs a peer');
  const peers: Peer[] = [await house.open(first)];
  const head = peers[0] as Peer;
  const queue = await createAt(head.page, house, queueName);
  const url = others.length === 0 ? '' : await linkOf(head.page, queue);
  for (const name of others) {
    const peer = await house.open(name);
    await joinAt(peer.page, house, queue, url);
    peers.push(peer);
  }
  for (const { page } of peers) {
    if (names.length === 2) await untilTrusted(page, queue, names.length);
    else await untilVoters(page, queue, names.length);
  }
  return { peers, queue, url };
}

/** Both of two trusted browsers vote on the queue, as a person may choose: nothing is agreed without either. */
export async function letTwoVote(by: AnyPage, queue: QueueId, pages: readonly AnyPage[]): Promise<void> {
  const settled = await by.evaluate(
    (id) => (globalThis as WithClient).peerprint?.setSettings(id, { twoVoters: true }),
    queue,
  );
  if (settled?.kind !== 'committed') throw new Error('two may not vote');
  for (const page of pages) await untilVoters(page, queue, 2);
}

export async function untilReady(page: AnyPage, queue: QueueId): Promise<void> {
  await untilConnected(page);
  await expect
    .poll(async () => (await viewOf(page, queue)).condition, {
      message: 'the queue is ready',
      timeout: 40_000,
    })
    .toBe('ready');
}

/** Waits until this peer is wired straight to so many others. */
export async function untilDirect(page: AnyPage, queue: QueueId, count = 1): Promise<void> {
  await untilView(
    page,
    queue,
    `${count} connected straight`,
    count,
    (view) => view.peers.filter((peer) => peer.path === 'direct').length,
  );
}

/** Renames the queue: the smallest command that leaves a trace. */
export function settle(page: AnyPage, queue: QueueId, name: string): Promise<Settled | undefined> {
  return page.evaluate(
    ([id, text]: readonly [QueueId, string]) => (globalThis as WithClient).peerprint?.renameQueue(id, text),
    [queue, name] as const,
  );
}

/** Where a page under test keeps the newest number that it was told is committed. */
type Telling = typeof globalThis & { told?: number };

/** Renames the queue over and over, with so many commands under way at a time; see `told`. */
export function commitOnAndOn(page: AnyPage, queue: QueueId, lanes = 1): Promise<void> {
  return page.evaluate(
    ([id, count]) => {
      let next = 0;
      const scope = globalThis as WithClient & Telling;
      const go = async () => {
        for (;;) {
          const mine = next++;
          const settled = await scope.peerprint?.renameQueue(id, `name ${mine}`);
          if (settled?.kind === 'committed') scope.told = Math.max(scope.told ?? -1, mine);
        }
      };
      for (let lane = 0; lane < count; lane++) void go();
    },
    [queue, lanes] as const,
  );
}

/** The newest number that the page was told is committed; -1 before the first. */
export function told(page: AnyPage): Promise<number> {
  return page.evaluate((_: null) => (globalThis as Telling).told ?? -1, null);
}

export async function untilTold(page: AnyPage, atLeast: number): Promise<number> {
  await expect
    .poll(async () => (await told(page)) >= atLeast, { message: `${atLeast} commits`, timeout: 20_000 })
    .toBe(true);
  return told(page);
}

/** Adds a file and a job of one copy, connects a virtual printer to the page, and waits until it prints. */
export async function beginPrint(
  page: AnyPage,
  queue: QueueId,
  gcode: string,
  options: { readonly speed: number },
): Promise<void> {
  granted(
    await page.evaluate(
      (speed: number) =>
        (globalThis as WithClient).peerprint?.printers.connectVirtual({ name: 'Left', speed }),
      options.speed,
    ),
  );
  await addJobAt(page, queue, gcode);
  await untilView(
    page,
    queue,
    'the print has begun',
    1,
    (view) => view.printers.filter((printer) => printer.print?.phase === 'started').length,
  );
}

export async function addFileAt(page: AnyPage, queue: QueueId, gcode: string): Promise<FileId> {
  const added = await page.evaluate(
    ([id, text]: readonly [QueueId, string]) =>
      (globalThis as WithClient).peerprint?.addFile(id, new File([text], 'part.gcode')),
    [queue, gcode] as const,
  );
  return granted(added).file;
}

export async function addJobAt(page: AnyPage, queue: QueueId, gcode: string, copies = 1): Promise<void> {
  const file = await addFileAt(page, queue, gcode);
  const settled = await page.evaluate(
    ([id, added, count]: readonly [QueueId, FileId, number]) =>
      (globalThis as WithClient).peerprint?.addJob(id, {
        name: 'Part',
        copies: count,
        draft: false,
        notes: '',
        sets: [{ file: added, count: 1 }],
      }),
    [queue, file, copies] as const,
  );
  expect(settled).toMatchObject({ kind: 'committed' });
}

/** How the ended prints ended, newest first. */
export async function outcomes(page: AnyPage, queue: QueueId): Promise<(string | undefined)[]> {
  return (await viewOf(page, queue)).history.map((print) => print.outcome);
}

export async function appOf(page: AnyPage): Promise<AppView> {
  await untilConnected(page);
  return page.evaluate(
    (_: null) =>
      new Promise<AppView>((resolve) => {
        const stop = (globalThis as WithClient).peerprint?.watchApp((view) => {
          queueMicrotask(() => stop?.());
          resolve(view);
        });
      }),
    null,
  );
}

/** Opens the queue again in a browser that was started again. */
export async function reopen(house: House, browser: RealBrowser, queue: QueueId): Promise<Page> {
  await browser.start();
  const page = await browser.newChromiumPage();
  await page.goto(`${house.relay.url}/queue/${queue}`);
  await untilConnected(page);
  return page;
}
