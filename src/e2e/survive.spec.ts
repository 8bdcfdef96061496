import { readFileSync } from 'node:fs';
import type { QueueId } from '../lib/base/index.ts';
import {
  type WithClient,
  expect,
  join,
  makeLink,
  peerIdOf,
  startQueue,
  test,
  untilConnected,
  untilTrusted,
  untilVoters,
  viewOf,
} from './house.ts';
import {
  type Peer,
  beginPrint,
  commitOnAndOn,
  outcomes,
  peersOf,
  settle,
  untilDirect,
  untilTold,
} from './scenes.ts';

const gcode = readFileSync('src/e2e/fixtures/brief.gcode', 'utf8');

test('a browser killed in the middle of commits has everything that it was told is committed', async ({
  house,
}) => {
  const { browser, page } = await house.open('Anna');
  const queue = await startQueue(page, 'Killed');
  await commitOnAndOn(page, queue);
  const told = await untilTold(page, 10);
  await browser.kill();
  await browser.start();
  const again = await browser.newChromiumPage();
  await again.goto(`${house.relay.url}/queue/${queue}`);
  await untilConnected(again);
  await expect.poll(async () => (await viewOf(again, queue)).condition).toBe('ready');
  await expect
    .poll(async () => Number((await viewOf(again, queue)).name.replace('name ', '')))
    .toBeGreaterThanOrEqual(told);
});

test('while the relay is down connected peers go on committing, and afterwards others find them again', async ({
  house,
}) => {
  const anna = await house.open('Anna');
  const queue = await startQueue(anna.page, 'Relay');
  const url = await makeLink(anna.page);
  const ben = await house.open('Ben');
  await join(ben.page, url, 'Ben');
  await untilTrusted(anna.page, queue, 2);
  await expect
    .poll(async () => (await viewOf(ben.page, queue)).peers.filter((peer) => peer.path === 'direct').length, {
      timeout: 30_000,
    })
    .toBe(1);

  await house.relay.stop('SIGKILL');
  const settled = await ben.page.evaluate(
    (id) => (globalThis as WithClient).peerprint?.renameQueue(id, 'Without a relay'),
    queue,
  );
  expect(settled).toMatchObject({ kind: 'committed' });
  await expect.poll(async () => (await viewOf(anna.page, queue)).name).toBe('Without a relay');

  await house.relay.start();
  const cleo = await house.open('Cleo');
  await join(cleo.page, url, 'Cleo');
  await untilVoters(anna.page, queue, 3);
});

/** Nobody stands by itself before this much silence of a leader (12 ticks of 250 ms): who leads sooner was told to. */
const electionMsMin = 3_000;

/** Waits until one of three leads: it, and the other two. On a slow machine it need not be who began the queue. */
async function partsOf(peers: readonly Peer[], queue: QueueId) {
  const ids = await Promise.all(peers.map(({ page }) => peerIdOf(page)));
  const found: { leading: Peer; printing: Peer; watching: Peer }[] = [];
  const look = async () => {
    for (const { page } of peers) {
      const { leader } = await viewOf(page, queue);
      const leading = peers[ids.findIndex((id) => id === leader)];
      const [printing, watching] = peers.filter((peer) => peer !== leading);
      if (leading !== undefined && printing !== undefined && watching !== undefined)
        found.push({ leading, printing, watching });
    }
    return found.length;
  };
  await expect.poll(look, { message: 'somebody leads' }).toBeGreaterThan(0);
  const parts = found.at(-1);
  if (parts === undefined) throw new Error('nobody leads');
  return parts;
}

test('all tabs of the leader close in the middle of a print on another peer: it hands over, the print goes on, and back again it catches up', async ({
  house,
}) => {
  const { peers, queue } = await peersOf(house, 'Handed over', ['Anna', 'Ben', 'Cleo']);
  for (const { page } of peers) await untilDirect(page, queue, 2);
  const { leading, printing, watching } = await partsOf(peers, queue);
  await beginPrint(printing.page, queue, gcode, { speed: 4 });
  expect(await settle(leading.page, queue, 'Before')).toMatchObject({ kind: 'committed' });
  const began = Date.now();
  await leading.page.close();
  expect(await settle(watching.page, queue, 'After')).toMatchObject({ kind: 'committed' });
  expect(Date.now() - began).toBeLessThan(electionMsMin);

  const back = await leading.browser.newChromiumPage();
  await back.goto(`${house.relay.url}/queue/${queue}`);
  await untilConnected(back);
  await expect.poll(async () => (await viewOf(back, queue)).name, { timeout: 30_000 }).toBe('After');
  for (const page of [printing.page, back])
    await expect.poll(() => outcomes(page, queue), { timeout: 40_000 }).toEqual(['good']);
});
