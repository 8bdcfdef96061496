import { describe, expect, test } from 'vitest';
import { type QueueId, must } from '../../base/index.ts';
import { commandRetryMs, electionTicks, requestTimeoutMs, restMissedMs, tickMs } from '../limits.ts';
import { type Browser, House, threeVoters } from '../testing/house.ts';

async function threeAtRest(house: House) {
  const { anna, ben, cleo, all, queue } = await threeVoters(house);
  await allRest(house, all, queue);
  return { anna, ben, cleo, all, queue };
}

async function allRest(house: House, browsers: readonly Browser[], queue: QueueId): Promise<void> {
  await house.until(
    'all rest',
    () => browsers.every((each) => each.host(queue).part.replica.isResting),
    90_000,
  );
}

async function stayAtRest(house: House, browsers: readonly Browser[], queue: QueueId, forMs: number) {
  for (let passed = 0; passed < forMs; passed += 100) {
    await house.pass(100);
    expect(browsers.map((each) => each.host(queue).part.replica.isResting)).toEqual(browsers.map(() => true));
  }
}

const leads = (browser: Browser, queue: QueueId) => browser.host(queue).status().role === 'leader';
const leaderOf = (browsers: readonly Browser[], queue: QueueId) =>
  must(
    browsers.find((each) => leads(each, queue)),
    'somebody leads',
  );

/** An election timeout is at most twice its least. */
const electionMsMax = 2 * electionTicks * tickMs;

test('an idle queue of three peers costs each of them a few timers and messages a minute, and nobody stands for election', async () => {
  const house = new House();
  const { all, queue, anna } = await threeAtRest(house);
  await house.pass(120_000);
  let messages = 0;
  house.network.setWeather(() => {
    messages++;
    return [3];
  });
  const before = all.map((each) => each.timersFired);
  const { term } = anna.host(queue).status();
  await stayAtRest(house, all, queue, 10 * 60_000);
  const timers = all.reduce((sum, each, i) => sum + each.timersFired - (before[i] ?? 0), 0);
  expect(all.every((each) => each.host(queue).part.replica.isResting)).toBe(true);
  expect(all.map((each) => each.host(queue).status().term)).toEqual([term, term, term]);
  // Before replicas rested these were 534 and 190.
  expect(timers / 10 / 3).toBeLessThan(12);
  expect(messages / 10 / 3).toBeLessThan(6);
});

test('a peer that is alone in its queue costs a few timers a minute', async () => {
  const house = new House();
  const anna = await house.browser('Anna').open();
  const queue = await anna.createQueue('Shields');
  await allRest(house, [anna], queue);
  await house.pass(120_000);
  const before = anna.timersFired;
  await house.pass(5 * 60_000);
  expect((anna.timersFired - before) / 5).toBeLessThan(12);
});

test('a peer that listens to an idle queue costs little, and wakes nobody', async () => {
  const house = new House();
  const { all, queue, anna } = await threeAtRest(house);
  const gil = await house.browser('Gil').open();
  await gil.join(anna, queue, 'guest');
  await house.pass(120_000);
  await allRest(house, all, queue);
  const before = gil.timersFired;
  await stayAtRest(house, all, queue, 3 * 60_000);
  // News every 4 s, a question every 30 s, and a look whether they come.
  expect((gil.timersFired - before) / 3).toBeLessThan(30);
});

describe('Resting replicas wake', () => {
  test('when a command is given to any of them: it is committed as fast as ever', async () => {
    const house = new House();
    const { all, queue } = await threeAtRest(house);
    for (const [i, browser] of all.entries()) {
      await allRest(house, all, queue);
      await stayAtRest(house, all, queue, 15_000);
      const settled = browser.service.renameQueue(queue, `Name ${i}`);
      expect(await house.await(settled, 500)).toMatchObject({ kind: 'committed' });
      const know = () => all.every((each) => each.host(queue).state.head.name === `Name ${i}`);
      await house.until('all know', know, 1_000);
    }
  });

  test('when the leader dies: another leads within one election timeout of the lost connection', async () => {
    const house = new House();
    const { all, queue } = await threeAtRest(house);
    const leader = leaderOf(all, queue);
    const rest = all.filter((each) => each !== leader);
    leader.kill();
    const another = () => rest.some((each) => leads(each, queue));
    await house.until('another leads', another, electionMsMax + 2_000);
    await allRest(house, rest, queue);
    const renamed = leaderOf(rest, queue).service.renameQueue(queue, 'Without');
    expect(await house.await(renamed)).toMatchObject({ kind: 'committed' });
  });

  test('when the leader is cut off: it steps down, what it was told is kept, and the others go on', async () => {
    const house = new House();
    const { all, queue } = await threeAtRest(house);
    const leader = leaderOf(all, queue);
    const rest = all.filter((each) => each !== leader);
    house.network.partition(
      [leader.peer.identity.peer],
      rest.map((each) => each.peer.identity.peer),
    );
    const told = leader.service.renameQueue(queue, 'From the island');
    const another = () => rest.some((each) => leads(each, queue));
    await house.until('another leads', another, house.network.detectMs + electionMsMax + 2_000);
    await house.until('it has stepped down', () => !leads(leader, queue), 2 * electionMsMax);
    expect(leader.host(queue).state.head.name).toBe('Shields');
    house.network.heal();
    expect(await house.await(told)).toMatchObject({ kind: 'committed' });
    const know = () => all.every((each) => each.host(queue).state.head.name === 'From the island');
    await house.until('all know', know);
  });

  test('when nothing comes through although connections stand: a beat or its answer is missing', async () => {
    const house = new House();
    const { all, queue } = await threeAtRest(house);
    const leader = leaderOf(all, queue);
    const mute = leader.peer.identity.peer;
    house.network.setWeather((from, to) => (from === mute || to === mute ? [] : [3]));
    const another = () => all.some((each) => each !== leader && leads(each, queue));
    await house.until('another leads', another, restMissedMs + electionMsMax + 2_000);
    await house.until('the old one has stepped down', () => !leads(leader, queue), 2_000);
  });

  test('when a peer goes, and rest without it; when it comes back, it is told what it missed', async () => {
    const house = new House();
    const { all, queue } = await threeAtRest(house);
    const leader = leaderOf(all, queue);
    const gone = must(
      all.find((each) => each !== leader),
      'a follower',
    );
    const rest = all.filter((each) => each !== gone);
    gone.kill();
    await house.pass(1_000);
    expect(leader.host(queue).part.replica.isResting).toBe(false);
    await allRest(house, rest, queue);
    const renamed = leader.service.renameQueue(queue, 'Meanwhile');
    expect(await house.await(renamed)).toMatchObject({ kind: 'committed' });
    await allRest(house, rest, queue);
    await gone.open();
    await house.until('it knows', () => gone.host(queue).state.head.name === 'Meanwhile', 2_000);
    await allRest(house, all, queue);
  });

  test('when a deadline of the queue has come: an invitation ends on time', async () => {
    const house = new House();
    const { all, queue, anna } = await threeAtRest(house);
    const options = { role: 'guest' as const, lifeMs: 7 * 60_000, origin: 'http://localhost' };
    expect((await house.await(anna.service.makeLink(queue, options))).ok).toBe(true);
    const { state } = anna.host(queue);
    const endsMs = must([...state.invitations.values()].at(-1), 'an invitation').expiresMs;
    const leftMs = endsMs - state.stampMs;
    const fromMs = house.clock.monotonicMs();
    await allRest(house, all, queue);
    await stayAtRest(house, all, queue, leftMs - 30_000);
    await house.until('it has ended', () => anna.host(queue).state.stampMs >= endsMs, leftMs + 2_000);
    expect(house.clock.monotonicMs() - fromMs).toBeGreaterThan(leftMs - 2_000);
    await allRest(house, all, queue);
  });

  test('when somebody wants something of a leader that says nothing although its connection stands', async () => {
    const house = new House();
    const { all, queue } = await threeAtRest(house);
    const leader = leaderOf(all, queue);
    const asker = must(
      all.find((each) => each !== leader),
      'a follower',
    );
    const mute = leader.peer.identity.peer;
    house.network.setWeather((from, to) => (from === mute || to === mute ? [] : [3]));
    const told = asker.service.renameQueue(queue, 'In spite of it');
    // The question to the silent leader is given up after a while; by then another leads.
    const limitMs = Math.max(electionMsMax, requestTimeoutMs) + 2 * commandRetryMs;
    expect(await house.await(told, limitMs)).toMatchObject({ kind: 'committed' });
  });

  test('when a lease runs out: contact with a print is lost on time', async () => {
    const house = new House();
    const { all, queue } = await threeAtRest(house);
    const leader = leaderOf(all, queue);
    const holder = must(
      all.find((each) => each !== leader),
      'a follower',
    );
    holder.attachPrinter('left', 3_600_000);
    const file = await leader.addFile(queue, 'cube.gcode', `G28\n${'G1 X1\n'.repeat(100)}`);
    const job = { name: 'Cube', copies: 1, draft: false, notes: '', sets: [{ file, count: 1 }] };
    expect(await house.await(leader.service.addJob(queue, job))).toMatchObject({ kind: 'committed' });
    const { state } = leader.host(queue);
    const print = () => [...state.prints.values()][0];
    await house.until('it prints', () => print()?.phase === 'started');
    const rest = all.filter((each) => each !== holder);
    holder.kill();
    const deadlineMs = must(print(), 'a print under way').leaseUntilMs;
    const leftMs = deadlineMs - leader.host(queue).nowMs;
    await allRest(house, rest, queue);
    const isLost = () => print()?.lostMs !== undefined;
    await house.until('contact is lost', isLost, leftMs + 2_000);
    expect(state.stampMs).toBeGreaterThanOrEqual(deadlineMs);
    await allRest(house, rest, queue);
  });

  test('when others come to one that waits for a quorum', async () => {
    const house = new House();
    const { anna, ben, cleo, queue } = await threeAtRest(house);
    ben.kill();
    cleo.kill();
    await house.until('it knows that it leads no more', () => anna.host(queue).status().leader === 0);
    await house.until('it rests', () => anna.host(queue).part.replica.isResting);
    expect(anna.host(queue).condition().condition).toBe('waiting');
    await house.pass(120_000);
    const before = anna.timersFired;
    await house.pass(5 * 60_000);
    expect((anna.timersFired - before) / 5).toBeLessThan(4);
    await ben.open();
    const ready = () => ben.host(queue).condition().condition === 'ready';
    await house.until('two of three go on', ready, electionMsMax + 2_000);
  });
});
