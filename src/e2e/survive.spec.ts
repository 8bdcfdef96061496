import { readFileSync } from 'node:fs';
import {
  type WithClient,
  expect,
  join,
  makeLink,
  peerIdOf,
  startQueue,
  test,
  untilConnected,
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
  await untilVoters(anna.page, queue, 2);
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

test('all tabs of the leader close in the middle of a print on another peer: it hands over, the print goes on, and back again it catches up', async ({
  house,
}) => {
  const { peers, queue } = await peersOf(house, 'Handed over', ['Anna', 'Ben', 'Cleo']);
  const [anna, ben, cleo] = peers as [Peer, Peer, Peer];
  expect((await viewOf(cleo.page, queue)).leader).toBe(await peerIdOf(anna.page));
  for (const { page } of peers) await untilDirect(page, queue, 2);
  await beginPrint(ben.page, queue, gcode, { speed: 4 });
  expect(await settle(anna.page, queue, 'Before')).toMatchObject({ kind: 'committed' });
  const began = Date.now();
  await anna.page.close();
  expect(await settle(cleo.page, queue, 'After')).toMatchObject({ kind: 'committed' });
  expect(Date.now() - began).toBeLessThan(electionMsMin);

  const back = await anna.browser.newChromiumPage();
  await back.goto(`${house.relay.url}/queue/${queue}`);
  await untilConnected(back);
  await expect.poll(async () => (await viewOf(back, queue)).name, { timeout: 30_000 }).toBe('After');
  for (const page of [ben.page, back])
    await expect.poll(() => outcomes(page, queue), { timeout: 40_000 }).toEqual(['good']);
});
