import { readFileSync } from 'node:fs';
import { expect, peerIdOf, test, untilConnected, untilTrusted, untilView, viewOf } from './house.ts';
import { RelayProcess } from './relay-process.ts';
import {
  type Peer,
  appOf,
  beginPrint,
  letTwoVote,
  linkOf,
  outcomes,
  peersOf,
  setRelays,
  settle,
  untilDirect,
  untilReady,
} from './scenes.ts';

const gcode = readFileSync('src/e2e/fixtures/brief.gcode', 'utf8');

test('the relay comes back with the same identity: who was connected finds it again without a reload @long', async ({
  house,
}) => {
  const { peers, queue } = await peersOf(house, 'Relay gone', ['Anna', 'Ben']);
  const [anna, ben] = peers as [Peer, Peer];
  await untilDirect(anna.page, queue);
  const reachable = async (page: Peer['page']) => (await appOf(page)).relays.some((relay) => relay.reachable);
  await house.relay.stop('SIGKILL');
  for (const { page } of peers)
    await expect.poll(() => reachable(page), { message: 'the loss is noticed', timeout: 40_000 }).toBe(false);
  // Connected peers stay connected, and commit.
  expect(await settle(ben.page, queue, 'Without a relay')).toMatchObject({ kind: 'committed' });
  await house.relay.start();
  for (const { page } of peers)
    await expect.poll(() => reachable(page), { message: 'it is found again', timeout: 40_000 }).toBe(true);
});

test('with two relays in the link one may stay dead: others still join, and those within stay', async ({
  house,
}) => {
  const other = await new RelayProcess().start();
  try {
    const { peers, queue } = await peersOf(house, 'Two relays', ['Anna']);
    const [anna] = peers as [Peer];
    const address = await other.address();
    await setRelays(anna.page, [...(await appOf(anna.page)).relays.map((relay) => relay.address), address]);
    await expect
      .poll(async () => (await appOf(anna.page)).relays.filter((relay) => relay.reachable).length, {
        timeout: 30_000,
      })
      .toBe(2);
    const url = await linkOf(anna.page, queue);
    await house.relay.stop('SIGKILL');
    // The link is opened where the app is still served: by the other relay.
    const ben = await house.browser('Ben').start();
    const page = await ben.newChromiumPage();
    await page.goto(`${other.url}/join#${url.split('#')[1] ?? ''}`);
    await untilConnected(page);
    await page.getByRole('button', { name: 'Join the queue' }).click();
    await expect(page.getByTestId('condition')).toHaveText('Saved', { timeout: 40_000 });
    await untilTrusted(page, queue, 2);
    expect(await settle(page, queue, 'By the other relay')).toMatchObject({ kind: 'committed' });
    await expect.poll(async () => (await viewOf(anna.page, queue)).name).toBe('By the other relay');
  } finally {
    await other.remove();
  }
});

test('offline for a while: it says so calmly, keeps what is typed, and catches up when the others are there again @long', async ({
  house,
}) => {
  const { peers, queue } = await peersOf(house, 'Offline', ['Anna', 'Ben']);
  const [anna, ben] = peers as [Peer, Peer];
  await letTwoVote(
    anna.page,
    queue,
    peers.map(({ page }) => page),
  );
  // For Anna, no relay and no answer from Ben is what an unplugged cable is.
  await house.relay.stop('SIGKILL');
  ben.browser.freeze();
  try {
    await expect
      .poll(async () => (await viewOf(anna.page, queue)).condition, { timeout: 40_000 })
      .toBe('waiting');
    await expect(anna.page.getByText(/Waiting for other trusted peers/).first()).toBeVisible();
    const settled = settle(anna.page, queue, 'Typed offline');
    await untilView(anna.page, queue, 'it is kept', 1, (view) => view.pending.length);
    ben.browser.thaw();
    await house.relay.start();
    expect(['committed', 'unknown']).toContain((await settled)?.kind);
    for (const { page } of peers) {
      await untilReady(page, queue);
      await expect
        .poll(async () => (await viewOf(page, queue)).name, { timeout: 30_000 })
        .toBe('Typed offline');
    }
    await expect.poll(async () => (await viewOf(anna.page, queue)).pending).toEqual([]);
  } finally {
    ben.browser.thaw();
  }
});

test('the network changes: who cannot be reached from the new one is missed within seconds, who can be stays connected, and all is wired again without a reload @long', async ({
  house,
}) => {
  const { peers, queue } = await peersOf(house, 'Another network', ['Anna', 'Ben', 'Cleo']);
  const [anna, ben, cleo] = peers as [Peer, Peer, Peer];
  await untilDirect(anna.page, queue, 2);
  const [benId, cleoId] = [await peerIdOf(ben.page), await peerIdOf(cleo.page)];
  const pathTo = async (peer: string) =>
    (await viewOf(anna.page, queue)).peers.find((each) => each.peer === peer)?.path;
  const reachable = async () => (await appOf(anna.page)).relays.some((relay) => relay.reachable);
  await expect.poll(reachable).toBe(true);
  // To Anna, a peer and a relay that stand still are behind a network that she has left. The browser then says that it has another one.
  ben.browser.freeze();
  house.relay.freeze();
  try {
    const began = Date.now();
    await anna.browser.context.setOffline(true);
    await anna.browser.context.setOffline(false);
    await expect.poll(() => pathTo(benId), { message: 'Ben is missed' }).not.toBe('direct');
    await expect.poll(reachable, { message: 'the relay is missed' }).toBe(false);
    // A ping alone would find out after 6 s at the soonest.
    expect(Date.now() - began).toBeLessThan(5_000);
    expect(await pathTo(cleoId)).toBe('direct');
    expect(await settle(anna.page, queue, 'On another network')).toMatchObject({ kind: 'committed' });
  } finally {
    house.relay.thaw();
    ben.browser.thaw();
  }
  await untilDirect(anna.page, queue, 2);
  await expect.poll(reachable, { timeout: 40_000 }).toBe(true);
  await expect.poll(async () => (await viewOf(ben.page, queue)).name).toBe('On another network');
  await expect(anna.page.getByTestId('condition')).toHaveText('Saved');
});

test('the leader’s whole machine sleeps while another peer prints: the others go on, the print keeps its lease, the sleeper wakes as a follower @long', async ({
  house,
}) => {
  const { peers, queue } = await peersOf(house, 'Asleep', ['Anna', 'Ben', 'Cleo']);
  const [anna, ben, cleo] = peers as [Peer, Peer, Peer];
  await untilView(
    ben.page,
    queue,
    'Anna leads',
    1,
    (view) => view.peers.filter((peer) => peer.name !== '' && peer.leads && !peer.self).length,
  );
  await beginPrint(ben.page, queue, gcode, { speed: 2 });
  anna.browser.freeze();
  try {
    expect(await settle(cleo.page, queue, 'While Anna sleeps')).toMatchObject({ kind: 'committed' });
    await expect.poll(() => outcomes(cleo.page, queue), { timeout: 40_000 }).toEqual(['good']);
    const leaders = (await viewOf(cleo.page, queue)).peers.filter((peer) => peer.leads);
    anna.browser.thaw();
    await expect.poll(async () => (await viewOf(anna.page, queue)).name).toBe('While Anna sleeps');
    await expect.poll(() => outcomes(anna.page, queue)).toEqual(['good']);
    // One leader, the same for all: the sleeper does not lead on.
    for (const { page } of peers) {
      await expect.poll(async () => (await viewOf(page, queue)).leader).toBe(leaders[0]?.peer);
    }
  } finally {
    anna.browser.thaw();
  }
});
