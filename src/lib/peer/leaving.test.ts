import { expect, test } from 'vitest';
import { type Browser, House, letTwoVote, threeVoters } from './testing/house.ts';
import type { QueueId } from '../base/index.ts';

const idOf = (browser: Browser) => browser.peer.identity.peer;
const own = (house: House, by: Browser, queue: QueueId, whom: Browser) =>
  house.await(by.service.setMember(queue, idOf(whom), 'owner'));

/** Two browsers that both own the queue: one votes, or both do as a person may choose. */
async function two(seed: number, voters: 1 | 2) {
  const house = new House(seed);
  const anna = await house.browser('Anna').open();
  const ben = await house.browser('Ben').open();
  const queue = await anna.createQueue('Shields');
  if (voters === 2) await letTwoVote(anna, queue);
  await ben.join(anna, queue);
  await house.until('both have it all', () =>
    [anna, ben].every((each) => {
      const { confState } = each.host(queue).status();
      return confState.voters.length === voters && confState.learners.length === 2 - voters;
    }),
  );
  expect(await own(house, anna, queue, ben)).toMatchObject({ kind: 'committed' });
  // Each hears the other.
  await house.pass(1_000);
  return { house, anna, ben, queue };
}

for (const [who, voters] of [
  ['leads', 2],
  ['follows', 2],
  ['leads', 1],
  ['follows', 1],
] as const) {
  test(`of two trusted peers of which ${voters} may vote one leaves, who ${who}: the other goes on alone`, async () => {
    const { house, anna, ben, queue } = await two(61, voters);
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
  const { house, anna, ben, queue } = await two(64, 2);
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

test('who decides alone stays until another trusted peer is here that has everything, unless a person says so', async () => {
  const { house, anna, ben, queue } = await two(65, 1);
  ben.kill();
  await house.pass(30_000);
  expect(await house.await(anna.service.leaveQueue(queue))).toMatchObject({
    ok: false,
    refusal: { code: 'nobody-to-tell' },
  });
  // Nothing was said that cannot be kept: she is a member and decides on.
  expect(anna.host(queue).state.members.size).toBe(2);
  expect(await house.await(anna.service.renameQueue(queue, 'Still'))).toMatchObject({ kind: 'committed' });
  await ben.open();
  await house.until('he has it', () => ben.host(queue).state.head.name === 'Still');
  expect(await house.await(anna.service.leaveQueue(queue))).toMatchObject({ ok: true });
  expect(await house.await(ben.service.renameQueue(queue, 'His'))).toMatchObject({ kind: 'committed' });
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
  await house.until('one votes', () => ben.host(queue).status().confState.voters.length === 1);
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
