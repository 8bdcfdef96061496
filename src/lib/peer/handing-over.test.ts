import { expect, test } from 'vitest';
import { type QueueId, must } from '../base/index.ts';
import { electionTicks, handOverMs, tickMs } from './limits.ts';
import { type Browser, House, letTwoVote } from './testing/house.ts';

/** An election timeout is at most twice its least. */
const electionMsMax = 2 * electionTicks * tickMs;

async function peersOf(house: House, names: readonly string[]) {
  const all: Browser[] = [];
  for (const name of names) all.push(await house.browser(name).open());
  const [anna, ...others] = all;
  const first = must(anna, 'somebody');
  const queue = await first.createQueue('Shields');
  if (names.length === 2) await letTwoVote(first, queue);
  for (const other of others) await other.join(first, queue);
  await house.until('all vote', () =>
    all.every((each) => each.host(queue).status().confState.voters.length === names.length),
  );
  return { all, queue };
}

const leads = (browser: Browser, queue: QueueId) => browser.host(queue).status().role === 'leader';
const leaderOf = (all: readonly Browser[], queue: QueueId) =>
  must(
    all.find((each) => leads(each, queue)),
    'a leader',
  );

async function isCommitted(house: House, browser: Browser, queue: QueueId, name: string): Promise<void> {
  const settled = await house.await(browser.service.renameQueue(queue, name));
  expect(settled).toMatchObject({ kind: 'committed' });
}

for (const names of [
  ['Anna', 'Ben'],
  ['Anna', 'Ben', 'Cleo'],
]) {
  test(`a leader of ${names.length} that closes has handed over when it is gone: nobody waits for an election`, async () => {
    const house = new House();
    const { all, queue } = await peersOf(house, names);
    const leader = leaderOf(all, queue);
    const others = all.filter((each) => each !== leader);
    const fromMs = house.clock.monotonicMs();
    await house.await(leader.peer.close());
    expect(house.clock.monotonicMs() - fromMs).toBeLessThan(500);
    expect(others.filter((each) => leads(each, queue)).length).toBe(1);
    house.network.crash(leader.peer.identity.peer);
    if (others.length > 1) await isCommitted(house, leaderOf(others, queue), queue, 'Without her');
  });
}

test('a leader that takes its queue off this browser hands over first', async () => {
  const house = new House();
  const { all, queue } = await peersOf(house, ['Anna', 'Ben', 'Cleo']);
  const leader = leaderOf(all, queue);
  const others = all.filter((each) => each !== leader);
  await house.await(leader.peer.leave(queue));
  expect(others.filter((each) => leads(each, queue)).length).toBe(1);
  await isCommitted(house, leaderOf(others, queue), queue, 'Without her');
});

test('a leader that goes waits a little for others who do not answer, and not at all when it is alone', async () => {
  const house = new House();
  const { all, queue } = await peersOf(house, ['Anna', 'Ben', 'Cleo']);
  const leader = leaderOf(all, queue);
  house.network.setWeather(() => []);
  const fromMs = house.clock.monotonicMs();
  await house.await(leader.peer.handOver());
  const waitedMs = house.clock.monotonicMs() - fromMs;
  expect(waitedMs).toBeGreaterThanOrEqual(handOverMs);
  expect(waitedMs).toBeLessThan(handOverMs + 100);

  const dan = await house.browser('Dan').open();
  await dan.createQueue('Alone');
  const danMs = house.clock.monotonicMs();
  await house.await(dan.peer.handOver());
  expect(house.clock.monotonicMs() - danMs).toBeLessThan(50);
});

test('a leader that was frozen for twenty minutes does not lead when it wakes, and no lease was lost meanwhile', async () => {
  const house = new House();
  const { all, queue } = await peersOf(house, ['Anna', 'Ben', 'Cleo']);
  const leader = leaderOf(all, queue);
  const [holder, other] = all.filter((each) => each !== leader);
  const ben = must(holder, 'a follower');
  const printer = ben.attachPrinter('left', 2 * 3_600_000);
  const file = await leader.addFile(queue, 'cube.gcode', `G28\n${'G1 X1\n'.repeat(100)}`);
  const job = { name: 'Cube', copies: 1, draft: false, notes: '', sets: [{ file, count: 1 }] };
  expect(await house.await(leader.service.addJob(queue, job))).toMatchObject({ kind: 'committed' });
  await house.until('it prints', () => printer.started.length === 1);
  leader.freeze();
  await house.pass(20 * 60_000, 250);
  const rest = [ben, must(other, 'another')];
  const now = leaderOf(rest, queue);
  const isLost = (browser: Browser) =>
    [...browser.host(queue).state.prints.values()].some(({ lostMs }) => lostMs !== undefined);
  expect(isLost(now)).toBe(false);
  leader.thaw();
  const { term } = now.host(queue).status();
  for (let i = 0; i < 500; i++) {
    await house.pass(10);
    // What it took itself for before it heard of the others has no power: theirs is the newer term, and it commits nothing.
    const stale = leader.host(queue).status();
    expect(stale.role === 'leader' && stale.term >= term).toBe(false);
    expect([...rest, leader].some(isLost)).toBe(false);
  }
  expect(now.host(queue).status()).toMatchObject({ role: 'leader', term });
  expect(leader.host(queue).status()).toMatchObject({ role: 'follower', term });
  await isCommitted(house, leader, queue, 'Awake');
});

test('when all machines sleep for an hour at once, it is no hour of the queue, and who led leads on', async () => {
  const house = new House();
  const { all, queue } = await peersOf(house, ['Anna', 'Ben', 'Cleo']);
  await isCommitted(house, leaderOf(all, queue), queue, 'Before');
  const before = leaderOf(all, queue).host(queue).nowMs;
  const { term } = leaderOf(all, queue).host(queue).status();
  for (const each of all) each.freeze();
  house.network.setWeather(() => []);
  house.clock.advance(3_600_000);
  for (const each of all) each.thaw();
  await house.pass(electionMsMax);
  const leader = leaderOf(all, queue);
  expect(leader.host(queue).status().term).toBe(term);
  expect(leader.host(queue).nowMs - before).toBeLessThan(electionMsMax + 5_000);
  await isCommitted(house, leader, queue, 'After');
});

test('log time goes on from leader to leader and never back, nor does it stand still', async () => {
  const house = new House();
  const { all, queue } = await peersOf(house, ['Anna', 'Ben', 'Cleo']);
  const stamps = new Map(all.map((each) => [each, 0]));
  const look = () => {
    for (const each of all) {
      const { stampMs } = each.host(queue).state;
      expect(stampMs).toBeGreaterThanOrEqual(stamps.get(each) ?? 0);
      stamps.set(each, stampMs);
    }
  };
  await isCommitted(house, leaderOf(all, queue), queue, 'First');
  const fromStampMs = leaderOf(all, queue).host(queue).state.stampMs;
  const fromMs = house.clock.monotonicMs();
  for (let i = 0; i < 6; i++) {
    const leader = leaderOf(all, queue);
    // Its clock is the oldest or the newest of the three: a new leader goes by the log, not by its own.
    await house.await(leader.peer.handOver());
    for (let j = 0; j < 20; j++) {
      await house.pass(100);
      look();
    }
    await isCommitted(house, leader, queue, `Name ${i}`);
    look();
  }
  const passedMs = house.clock.monotonicMs() - fromMs;
  const passedThereMs = leaderOf(all, queue).host(queue).state.stampMs - fromStampMs;
  expect(passedThereMs).toBeLessThanOrEqual(passedMs + 100);
  expect(passedThereMs).toBeGreaterThan(passedMs * 0.8);
});

test('two voters become one, whichever of them leads, and the one decides alone', async () => {
  for (const goes of ['leader', 'follower'] as const) {
    const house = new House();
    const { all, queue } = await peersOf(house, ['Anna', 'Ben']);
    const [anna, ben] = all as [Browser, Browser];
    // Anna owns the queue and stays.
    if (leads(anna, queue) === (goes === 'leader')) await house.await(leaderOf(all, queue).peer.handOver());
    await house.until('somebody leads', () => all.some((each) => leads(each, queue)));
    expect(leads(ben, queue)).toBe(goes === 'leader');
    const settled = anna.service.setMember(queue, ben.peer.identity.peer, 'guest');
    expect(await house.await(settled)).toMatchObject({ kind: 'committed' });
    const isOne = () => anna.host(queue).status().confState.voters.length === 1 && leads(anna, queue);
    await house.until('one voter', isOne);
    ben.kill();
    await isCommitted(house, anna, queue, 'Alone');
  }
});
