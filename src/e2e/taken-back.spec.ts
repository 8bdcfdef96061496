import type { QueueId } from '../lib/base/index.ts';
import {
  type WithClient,
  connectVirtual,
  expect,
  granted,
  peerIdOf,
  test,
  untilView,
  viewOf,
} from './house.ts';
import { appOf, createAt, joinAt, untilRelay } from './scenes.ts';

/** A browser that ends may have no time to hang up: then its silence tells, after a ping of 9 s and the 13 s in which it may come back. The rest is for two busy cores. */
const awayMs = 30_000;

test('a printer whose peer went away is taken off the board, and a relay out of the list, each with a way back @long', async ({
  house,
}) => {
  const { browser: anna, page } = await house.open('Anna');
  const queue = await createAt(page, house, 'Shields');
  await untilRelay(page);
  const messages = page.getByRole('region', { name: 'Messages' });
  const printers = async () => (await viewOf(page, queue)).printers.map(({ name }) => name);

  // Ben may print and has no vote, so that the queue decides without him.
  const ben = await house.open('Ben');
  const link = await page.evaluate(
    (id: QueueId) =>
      (globalThis as WithClient).peerprint?.invite(id, {
        role: 'printer',
        voter: false,
        lifeMs: 3_600_000,
        usesMax: 1,
        note: '',
      }),
    queue,
  );
  await joinAt(ben.page, house, queue, granted(link).url);
  await connectVirtual(ben.page, 'Bench', '200');
  await untilView(page, queue, 'Bench is known', 1, (view) => view.counts.printers);

  await page.getByRole('link', { name: 'Printers' }).click();
  const bench = page.getByRole('article', { name: 'Bench on the board' });
  await bench.getByRole('link', { name: 'Bench' }).click();
  await expect(page.getByRole('heading', { name: 'Bench', exact: true })).toBeVisible();
  const remove = page.getByRole('button', { name: 'Remove Bench from this queue' });
  await expect(remove).toBeHidden();

  const benId = await peerIdOf(ben.page);
  await ben.browser.stop();
  await expect(page.getByText('Away', { exact: true })).toBeVisible({ timeout: awayMs });
  await remove.click();
  const removal = page.getByRole('region', { name: 'Gone for good?' });
  await expect(removal).toContainText('Removed.');
  await removal.getByRole('button', { name: 'Undo' }).click();
  await expect(remove).toBeVisible();
  await expect(messages.getByText('Bench was removed.')).toBeHidden();
  expect(await printers()).toEqual(['Bench']);

  // Also from the board, where a person looks next.
  await remove.click();
  await page.getByRole('link', { name: 'Printers' }).first().click();
  await expect(bench).toContainText('Removed.');
  await bench.getByRole('button', { name: 'Undo' }).click();
  await expect(bench).not.toContainText('Removed.');
  await bench.getByRole('link', { name: 'Bench' }).click();
  await remove.click();
  await expect.poll(printers, { message: 'nobody took it back' }).toEqual([]);
  await expect(page.getByRole('heading', { name: 'This printer is not connected' })).toBeVisible();
  await page.getByRole('link', { name: 'All printers' }).click();
  await expect(page.getByText('No printer yet')).toBeVisible();

  // Links carry the relay that serves the app: it is the queue's by now.
  const relays = page.getByRole('list', { name: 'Relays' });
  await page.getByRole('link', { name: 'Settings' }).click();
  await expect(relays).toContainText('Named by “Shields”, for everyone there.');
  const trash = relays.getByRole('button', { name: /^Remove relay/ });
  await expect(trash).toHaveCount(0);
  const address = `/dns4/localhost/tcp/9/ws/p2p/${benId}`;
  const addresses = async () => (await appOf(page)).relays.map((relay) => relay.address);
  const [named] = await addresses();
  await page.getByRole('textbox', { name: 'Add a relay' }).fill(address);
  await page.getByRole('button', { name: 'Add relay' }).click();
  await expect(relays).toContainText(address);
  await relays.getByRole('button', { name: `Remove relay ${address}` }).click();
  await expect(trash).toHaveCount(0);
  await expect.poll(addresses).toEqual([named]);
  await messages
    .getByRole('status')
    .filter({ hasText: 'The relay was removed.' })
    .getByRole('button', { name: 'Undo' })
    .click();
  await expect(relays).toContainText(address);
  // What was typed is there after a restart of the browser too.
  await anna.stop();
  await anna.start();
  const again = await anna.newChromiumPage();
  await again.goto(`${house.relay.url}/settings`);
  await expect(again.getByRole('list', { name: 'Relays' })).toContainText(address);
});
