import type { Page } from '@playwright/test';
import type { QueueId } from '../lib/base/index.ts';
import type { RealBrowser } from './browsers.ts';
import { type WithClient, expect, peerIdOf, test, untilView, viewOf } from './house.ts';
import { type Peer, peersOf, untilDirect, untilReady } from './scenes.ts';

const mib = 1024 * 1024;
/** Many times what may wait to be sent: if all of it gathered in the worker, it would be seen. */
const fileBytes = 40 * mib;
/** What may be on its way to one peer: libp2p stops at 2 MiB in a channel, a reader grants 2 MiB, and a few short streams stand beside it. */
const bufferedBytesMax = 5 * mib;
/** By which a worker may grow while it serves one peer: what is on its way, 16 chunks of 256 KiB asked for ahead, and as much again that a collection left. */
const grownBytesMax = 2 * (bufferedBytesMax + 4 * mib);

/** A draft with a large file of its own; others fetch that by themselves. */
async function addLargeFile(page: Page, queue: QueueId, name: string): Promise<void> {
  await page.evaluate(
    async ([id, title, bytes]) => {
      const client = (globalThis as WithClient).peerprint;
      const lines: string[] = ['G28\n'];
      // Of two files no chunk may be alike: it would not travel again.
      for (let i = title.charCodeAt(0), length = 0; length < bytes; i++) {
        const line = `G1 X${(i * 7919) % 20011} Y${(i * 104729) % 19997} E${i} ; ${title}\n`;
        lines.push(line);
        length += line.length;
      }
      const added = await client?.addFile(id, new File([new Blob(lines).slice(0, bytes)], title));
      if (added?.ok !== true) throw new Error('the file was refused');
      const sets = [{ file: added.value.file, count: 1 }];
      await client?.addJob(id, { name: title, copies: 1, draft: true, notes: '', sets });
    },
    [queue, name, fileBytes] as const,
  );
}

/** Bytes of that file that the page's peer has. */
async function hereBytes(page: Page, queue: QueueId, name: string): Promise<number> {
  return (await viewOf(page, queue)).files.find((file) => file.name === name)?.hereBytes ?? 0;
}

function untilHere(page: Page, queue: QueueId, name: string, bytes: number): Promise<void> {
  return untilView(
    page,
    queue,
    `${bytes} bytes of ${name}`,
    bytes,
    (view) => view.files.find((file) => file.name === name)?.hereBytes ?? 0,
  );
}

/** What the worker of a browser holds, at its most, until something is so. */
class Watch {
  workerBytes = 0;
  bufferedBytes = 0;

  async until(browser: RealBrowser, page: Page, isSo: () => Promise<boolean>): Promise<void> {
    const began = Date.now();
    do {
      this.workerBytes = Math.max(this.workerBytes, await browser.workerBytes());
      const report = await page.evaluate(() => (globalThis as WithClient).peerprint?.diagnostics());
      this.bufferedBytes = Math.max(this.bufferedBytes, report?.surroundings?.rtc.bufferedBytes ?? 0);
      if (Date.now() - began > 60_000) throw new Error('waited for a minute');
    } while (!(await isSo()));
  }
}

test('a peer, and then the tab that holds the connections, stands still in the middle of a large file: the worker that sends it does not grow @long', async ({
  house,
}) => {
  test.setTimeout(300_000);
  const { peers, queue } = await peersOf(house, 'Pressure', ['Anna', 'Ben']);
  const [anna, ben] = peers as [Peer, Peer];
  const benId = await peerIdOf(ben.page);
  const isDirect = async (page: Page) =>
    (await viewOf(page, queue)).peers.some((peer) => peer.peer === benId && peer.path === 'direct');
  const second = await anna.browser.newChromiumPage();
  await second.goto(`${house.relay.url}/queue/${queue}`);
  await untilReady(second, queue);
  await untilDirect(second, queue);

  const before = await anna.browser.workerBytes();
  // Others fetch it as soon as it is known: not waited for, so that the middle of it is not missed.
  const one = addLargeFile(second, queue, 'one.gcode');
  await untilHere(ben.page, queue, 'one.gcode', 2 * mib);
  const still = new Watch();
  ben.browser.freeze();
  try {
    await still.until(anna.browser, second, async () => !(await isDirect(second)));
  } finally {
    ben.browser.thaw();
  }
  expect(still.bufferedBytes).toBeGreaterThan(0);
  expect(still.bufferedBytes).toBeLessThanOrEqual(bufferedBytesMax);
  expect(still.workerBytes - before).toBeLessThanOrEqual(grownBytesMax);
  await untilHere(ben.page, queue, 'one.gcode', fileBytes);
  await one;

  // The same with a tab that takes nothing more out of its port, until the worker gives it up and another tab follows.
  await untilDirect(second, queue);
  const two = addLargeFile(second, queue, 'two.gcode');
  await untilHere(ben.page, queue, 'two.gcode', 2 * mib);
  const frozen = new Watch();
  const session = await anna.browser.context.newCDPSession(anna.page);
  await session.send('Page.setWebLifecycleState', { state: 'frozen' });
  const atFreezing = await hereBytes(ben.page, queue, 'two.gcode');
  expect(atFreezing).toBeLessThan(fileBytes);
  // It goes on by the other tab: more is there than can have been under way.
  const wanted = Math.min(fileBytes, atFreezing + 2 * bufferedBytesMax);
  await frozen.until(
    anna.browser,
    second,
    async () => (await hereBytes(ben.page, queue, 'two.gcode')) >= wanted,
  );
  expect(frozen.bufferedBytes).toBeGreaterThan(0);
  expect(frozen.bufferedBytes).toBeLessThanOrEqual(bufferedBytesMax);
  expect(frozen.workerBytes - before).toBeLessThanOrEqual(grownBytesMax);
  await untilHere(ben.page, queue, 'two.gcode', fileBytes);
  await two;
});
