import {
  type WithClient,
  expect,
  join,
  makeLink,
  startQueue,
  test,
  untilConnected,
  untilVoters,
  viewOf,
} from './house.ts';
import { commitOnAndOn, untilTold } from './scenes.ts';

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

test('when all tabs of the leader close, another leads on and nothing is lost', async ({ house }) => {
  const anna = await house.open('Anna');
  const queue = await startQueue(anna.page, 'Handed over');
  const url = await makeLink(anna.page);
  const ben = await house.open('Ben');
  await join(ben.page, url, 'Ben');
  const cleo = await house.open('Cleo');
  await join(cleo.page, url, 'Cleo');
  for (const page of [anna.page, ben.page, cleo.page]) await untilVoters(page, queue, 3);
  await anna.page.evaluate((id) => (globalThis as WithClient).peerprint?.renameQueue(id, 'Before'), queue);
  await anna.page.close();

  const settled = await ben.page.evaluate(
    (id) => (globalThis as WithClient).peerprint?.renameQueue(id, 'After'),
    queue,
  );
  expect(settled).toMatchObject({ kind: 'committed' });
  const back = await anna.browser.newChromiumPage();
  await back.goto(`${house.relay.url}/queue/${queue}`);
  await untilConnected(back);
  await expect.poll(async () => (await viewOf(back, queue)).name, { timeout: 30_000 }).toBe('After');
});
