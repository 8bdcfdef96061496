import { expect, test, viewOf } from './house.ts';
import { commitOnAndOn, peersOf, reopen, settle, untilReady, untilTold } from './scenes.ts';

/** An election timeout at its longest is 6 s; the rest is for two busy cores. */
const electionMs = 6_000;

test('all three browsers killed at once in mid-commits and reopened: everything acknowledged is there', async ({
  house,
}) => {
  const { peers, queue } = await peersOf(house, 'All killed', ['Anna', 'Ben', 'Cleo']);
  const committer = peers[1];
  if (committer === undefined) throw new Error('three peers');
  await commitOnAndOn(committer.page, queue);
  const told = await untilTold(committer.page, 20);
  await Promise.all(peers.map(({ browser }) => browser.kill()));
  const pages = await Promise.all(peers.map(({ browser }) => reopen(house, browser, queue)));
  for (const page of pages) {
    await untilReady(page, queue);
    await expect
      .poll(async () => Number((await viewOf(page, queue)).name.replace('name ', '')))
      .toBeGreaterThanOrEqual(told);
  }
  const [first] = pages;
  if (first === undefined) throw new Error('three pages');
  expect(await settle(first, queue, 'Goes on')).toMatchObject({ kind: 'committed' });
});

test('the leader of three is killed: the others go on after an election, and it catches up when it is back', async ({
  house,
}) => {
  const { peers, queue } = await peersOf(house, 'Leader killed', ['Anna', 'Ben', 'Cleo']);
  const leads = async (peer: (typeof peers)[number]) =>
    (await viewOf(peer.page, queue)).peers.some((each) => each.self && each.leads);
  let leader: (typeof peers)[number] | undefined;
  for (const peer of peers) if (await leads(peer)) leader = peer;
  const [follower, other] = peers.filter((peer) => peer !== leader);
  if (leader === undefined || follower === undefined || other === undefined) throw new Error('one leads');
  await commitOnAndOn(follower.page, queue);
  const told = await untilTold(follower.page, 10);
  await leader.browser.kill();
  const began = Date.now();
  // The command under way settles, and more after it.
  await untilTold(follower.page, told + 3);
  expect(Date.now() - began).toBeLessThan(electionMs + 6_000);
  const back = await reopen(house, leader.browser, queue);
  await untilReady(back, queue);
  await expect
    .poll(async () => Number((await viewOf(back, queue)).name.replace('name ', '')))
    .toBeGreaterThanOrEqual(told + 3);
});
