import { expect, test, untilVoters, viewOf } from './house.ts';
import { type Peer, peersOf, settle } from './scenes.ts';

test('of two the one who stays decides alone, and says so; the only owner is told that the others would miss this browser, and may stay @long', async ({
  house,
}) => {
  const { peers, queue } = await peersOf(house, 'Shields', ['Anna', 'Ben']);
  const [{ page: anna }, { page: ben }] = peers as [Peer, Peer];
  await anna.getByRole('link', { name: 'Peers' }).click();
  await expect(
    anna.getByRole('heading', { name: 'One browser decides, another keeps a copy' }),
  ).toBeVisible();
  await expect(anna.getByRole('group', { name: 'Peer Ben' })).toContainText('eeps a copy of everything');
  await anna.getByRole('button', { name: 'Leave queue' }).click();
  await anna.getByRole('dialog').getByRole('button', { name: 'Leave the queue' }).click();
  const warning = anna.getByRole('dialog', { name: 'The others would miss this browser' });
  await expect(warning).toContainText('only owner');
  await warning.getByRole('button', { name: 'Stay' }).click();
  await expect(warning).toBeHidden();
  expect((await viewOf(anna, queue)).counts.peers).toBe(2);

  await ben.getByRole('link', { name: 'Peers' }).click();
  await ben.getByRole('button', { name: 'Leave queue' }).click();
  await ben.getByRole('dialog').getByRole('button', { name: 'Leave the queue' }).click();
  await ben.waitForURL(`${house.relay.url}/?all`);
  await expect(ben.getByText('Shields')).toHaveCount(0);
  await expect.poll(async () => (await viewOf(anna, queue)).counts.peers).toBe(1);
  await untilVoters(anna, queue, 1);
  expect(await settle(anna, queue, 'Alone')).toMatchObject({ kind: 'committed' });

  // And the last one deletes it.
  await anna.getByRole('button', { name: 'Leave queue' }).click();
  await anna.getByRole('dialog').getByRole('button', { name: 'Delete the queue' }).click();
  await anna.waitForURL(`${house.relay.url}/?all`);
  await expect(anna.getByText('Alone')).toHaveCount(0);
});
