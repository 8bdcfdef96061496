import {
  type WithClient,
  expect,
  join,
  makeLink,
  peerIdOf,
  startQueue,
  test,
  untilView,
  untilTrusted,
  viewOf,
} from './house.ts';

test('a browser is the same peer after a reload and after it was closed, and finds its queue again', async ({
  house,
}) => {
  const { browser, page } = await house.open('Anna');
  const before = await peerIdOf(page);
  await startQueue(page, 'Kept');
  await page.reload();
  expect(await peerIdOf(page)).toBe(before);
  await expect(page.getByTestId('condition')).toHaveText('Saved');

  await browser.stop();
  await browser.start();
  const again = await browser.newChromiumPage();
  await again.goto(house.relay.url);
  expect(await peerIdOf(again)).toBe(before);
  await expect(again.getByRole('navigation', { name: 'Queue' })).toBeVisible();
  await expect(again.getByTestId('condition')).toHaveText('Saved');
});

test('two tabs are one peer, and when the tab that holds the connections closes the other takes over', async ({
  house,
}) => {
  const anna = await house.open('Anna');
  const queue = await startQueue(anna.page, 'Tabs');
  const url = await makeLink(anna.page);
  const ben = await house.open('Ben');
  await join(ben.page, url, 'Ben');
  await untilTrusted(anna.page, queue, 2);

  const second = await anna.browser.newChromiumPage();
  await second.goto(`${house.relay.url}/queue/${queue}`);
  expect(await peerIdOf(second)).toBe(await peerIdOf(anna.page));
  await untilView(second, queue, 'peers', 2, (view) => view.peers.length);

  await anna.page.close();
  await untilView(
    second,
    queue,
    'Ben is here, straight',
    1,
    (view) => view.peers.filter((peer) => !peer.self && peer.path === 'direct').length,
  );
  // What is asked from the tab that is left is committed on both.
  const settled = await second.evaluate(
    (id) => (globalThis as WithClient).peerprint?.renameQueue(id, 'One tab'),
    queue,
  );
  expect(settled).toMatchObject({ kind: 'committed' });
  await expect.poll(async () => (await viewOf(ben.page, queue)).name).toBe('One tab');
  expect((await viewOf(ben.page, queue)).peers.length).toBe(2);
});

test('where there is no SharedWorker the tab runs the peer itself, and a second tab says why it cannot', async ({
  house,
}) => {
  const browser = await house.browser('Old').start();
  await browser.context.addInitScript(() => {
    Reflect.deleteProperty(globalThis, 'SharedWorker');
  });
  const page = await browser.newChromiumPage();
  await page.goto(house.relay.url);
  const queue = await startQueue(page, 'Old browser');
  const url = await makeLink(page);
  const ben = await house.open('Ben');
  await join(ben.page, url, 'Ben');
  await untilTrusted(page, queue, 2);

  const second = await browser.newChromiumPage();
  await second.goto(house.relay.url);
  await expect(second.getByRole('heading', { name: 'PeerPrint cannot start here' })).toBeVisible();
  await expect(second.getByText('PeerPrint runs in this browser already')).toBeVisible();
});
