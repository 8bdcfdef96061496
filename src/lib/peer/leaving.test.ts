import { expect, test } from 'vitest';
import { type Browser, House, threeVoters } from './testing/house.ts';
import type { QueueId } from '../base/index.ts';

const idOf = (browser: Browser) => browser.peer.identity.peer;
const own = (house: House, by: Browser, queue: QueueId, whom: Browser) =>
  house.await(by.service.setMember(queue, idOf(whom), 'owner'));

/** Two browsers that both vote and own the queue. */
async function two(seed: number) {
  const house = new House(seed);
  const anna = await house.browser('Anna').open();
  const ben = await house.browser('Ben').open();
  const queue = await anna.createQueue('Shields');
  await ben.join(anna, queue);
  await house.until('two voters', () =>
    [anna, ben].every((each) => each.host(queue).status().confState.voters.length === 2),
  );
  expect(await own(house, anna, queue, ben)).toMatchObject({ kind: 'committed' });
  return { house, anna, ben, queue };
}

for (const who of ['leads', 'follows']) {
  test(`of two voters one leaves, who ${who}: the other goes on alone`, async () => {
    const { house, anna, ben, queue } = await two(61);
    const leaver = (anna.host(queue).status().role === 'leader') === (who === 'leads') ? anna : ben;
    const other = leaver === anna ? ben : anna;
    const peer = idOf(leaver);
    expect(await house.await(leaver.service.leaveQueue(queue))).toMatchObject({ ok: true });
    expect(leaver.peer.hosts.has(queue)).toBe(false);
    house.network.crash(peer);
    expect(await house.await(other.service.renameQueue(queue, 'Alone'))).toMatchObject({ kind: 'committed' });
    const { state } = other.host(queue);
    expect([...state.members.keys()]).toEqual([idOf(other)]);
    expect(other.host(queue).status().confState.voters.length).toBe(1);
  });
}

test('a voter that the queue has taken out, and whose vote nobody is left to stop counting, is told that and not that it may stay', async () => {
  const { house, anna, ben, queue } = await two(64);
  const leaver = anna.host(queue).status().role === 'leader' ? anna : ben;
  const other = leaver === anna ? ben : anna;
  const leaving = leaver.service.leaveQueue(queue);
  await house.until('it is taken out', () => !leaver.host(queue).state.members.has(idOf(leaver)));
  other.kill();
  expect(await house.await(leaving)).toMatchObject({ ok: false, refusal: { code: 'vote-still-counted' } });
  // Also when nobody leads any more.
  await house.until('nobody leads', () => leaver.host(queue).condition().condition === 'waiting');
  expect(await house.await(leaver.service.leaveQueue(queue))).toMatchObject({
    refusal: { code: 'vote-still-counted' },
  });
  expect(leaver.peer.hosts.has(queue)).toBe(true);
  expect(await house.await(leaver.service.leaveQueue(queue, { anyway: true }))).toMatchObject({ ok: true });
});

test('the only owner of a queue with others does not leave by a slip, nor a voter whom nobody hears, unless a person says so', async () => {
  const house = new House(62);
  const { anna, ben, cleo, queue } = await threeVoters(house);
  expect(await house.await(anna.service.leaveQueue(queue))).toMatchObject({
    ok: false,
    refusal: { code: 'last-owner' },
  });
  expect(anna.host(queue).state.members.size).toBe(3);
  // Of three voters one may go: the two that stay decide.
  expect(await house.await(cleo.service.leaveQueue(queue))).toMatchObject({ ok: true });
  expect(anna.host(queue).state.members.size).toBe(2);
  await house.until('two vote', () => anna.host(queue).status().confState.voters.length === 2);
  anna.kill();
  await house.until('nobody leads', () => ben.host(queue).condition().condition === 'waiting');
  expect(await house.await(ben.service.leaveQueue(queue))).toMatchObject({
    ok: false,
    refusal: { code: 'nobody-to-tell' },
  });
  expect(ben.peer.hosts.has(queue)).toBe(true);
  expect(await house.await(ben.service.leaveQueue(queue, { anyway: true }))).toMatchObject({ ok: true });
  expect(ben.peer.hosts.has(queue)).toBe(false);
});

test('who alone holds a queue deletes it; a guest goes whether the others are here or not', async () => {
  const house = new House(63);
  const anna = await house.browser('Anna').open();
  const gil = await house.browser('Gil').open();
  const alone = await anna.createQueue('Mine');
  expect(await house.await(anna.service.leaveQueue(alone))).toMatchObject({ ok: true });
  const queue = await anna.createQueue('Shields');
  await gil.join(anna, queue, 'guest');
  await house.until('he is ready', () => gil.host(queue).condition().condition === 'ready');
  expect(await house.await(gil.service.leaveQueue(queue))).toMatchObject({ ok: true });
  await house.until('he is gone', () => anna.host(queue).state.members.size === 1);
  await gil.join(anna, queue, 'guest');
  anna.kill();
  expect(await house.await(gil.service.leaveQueue(queue))).toMatchObject({ ok: true });
  expect(gil.peer.hosts.has(queue)).toBe(false);
});
