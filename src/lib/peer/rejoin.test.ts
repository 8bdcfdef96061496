import { expect, test } from 'vitest';
import { type QueueId, hex, must } from '../base/index.ts';
import { keptOutcome } from './printing/print-journal.ts';
import { type Browser, House, granted, letTwoVote } from './testing/house.ts';

async function threePeers(seed: number) {
  const house = new House(seed);
  const anna = await house.browser('Anna').open();
  const ben = await house.browser('Ben').open();
  const cleo = await house.browser('Cleo').open();
  const all = [anna, ben, cleo];
  const queue = await anna.createQueue('Shields');
  await ben.join(anna, queue);
  await cleo.join(anna, queue);
  await house.until('three voters', () => all.every((each) => votersOf(each, queue).length === 3));
  return { house, anna, ben, cleo, all, queue };
}

function votersOf(browser: Browser, queue: QueueId): readonly number[] {
  return browser.peer.hosts.get(queue)?.status().confState.voters ?? [];
}

function replicaOf(browser: Browser, queue: QueueId): number | undefined {
  return browser.peer.hosts.get(queue)?.status().replicaId;
}

function conditionOf(browser: Browser, queue: QueueId): string | undefined {
  return browser.peer.hosts.get(queue)?.condition().condition;
}

async function draft(house: House, by: Browser, queue: QueueId, name: string): Promise<void> {
  const file = await by.addFile(queue, `${name}.gcode`, `G28\nG1 X1 ; ${name}\n`);
  const job = { name, copies: 1, draft: true, notes: '', sets: [{ file, count: 1 }] };
  expect(await house.await(by.service.addJob(queue, job))).toMatchObject({ kind: 'committed' });
}

function jobs(browser: Browser, queue: QueueId): string[] {
  return [...(browser.peer.hosts.get(queue)?.state.jobs.values() ?? [])].map(({ name }) => name);
}

/** The queue has forgotten the replica that this peer was, and counts the one that it is. */
async function expectBack(
  house: House,
  all: readonly Browser[],
  browser: Browser,
  queue: QueueId,
  old: number,
): Promise<void> {
  await house.until(
    'it is back as another voter',
    () =>
      all.every((each) => {
        const voters = votersOf(each, queue);
        const now = replicaOf(browser, queue);
        return (
          voters.length === all.length && !voters.includes(old) && now !== undefined && voters.includes(now)
        );
      }),
    120_000,
  );
}

test('A replica that lost what it had confirmed stops voting, and comes back by itself as another one', async () => {
  const { house, anna, ben, cleo, all, queue } = await threePeers(31);
  await draft(house, anna, queue, 'before');
  await house.pass(1_000);
  const old = must(replicaOf(ben, queue), 'ben has a replica');
  const backup = ben.disk.disk.backup();
  for (const name of ['one', 'two', 'three']) await draft(house, anna, queue, name);
  await house.until('ben has confirmed all', () => jobs(ben, queue).length === 4);
  await house.pass(1_000);
  ben.kill();
  ben.disk.disk.restore(backup);
  await ben.open();
  await expectBack(house, all, ben, queue, old);
  await house.until('everything is copied', () => jobs(ben, queue).length === 4);
  expect(jobs(cleo, queue)).toEqual(jobs(ben, queue));
});

test('An older copy of a profile is not heard beside a newer life of it: it stops, and a person lets it take over', async () => {
  const { house, anna, ben, all, queue } = await threePeers(32);
  await draft(house, anna, queue, 'one');
  await house.pass(1_000);
  const old = must(replicaOf(ben, queue), 'ben has a replica');
  const backup = ben.disk.disk.backup();
  ben.kill();
  await ben.open();
  await house.until('ben takes part again', () => conditionOf(ben, queue) === 'ready');
  await house.pass(2_000);
  ben.kill();
  ben.disk.disk.restore(backup);
  await ben.open();
  await house.until('it has stopped', () => conditionOf(ben, queue) === 'stopped');
  expect(ben.host(queue).trouble?.code).toBe('superseded');
  // A restart does not make it vote again, once that is on disk.
  await house.pass(1_000);
  ben.kill();
  await ben.open();
  expect(conditionOf(ben, queue)).toBe('stopped');
  expect(await house.await(ben.service.rejoinQueue(queue))).toMatchObject({ ok: true });
  await expectBack(house, all, ben, queue, old);
  await house.until('everything is copied', () => jobs(ben, queue).length === 1);
});

test('An older copy of a profile on another machine asks why nobody hears it, as what is said to its peer reaches the other machine', async () => {
  const { house, anna, ben, all, queue } = await threePeers(46);
  await draft(house, anna, queue, 'one');
  const backup = ben.disk.disk.backup();
  for (let opened = 0; opened < 2; opened++) {
    ben.kill();
    await ben.open();
    await house.until('ben takes part again', () => conditionOf(ben, queue) === 'ready');
    await draft(house, anna, queue, `again ${opened}`);
  }
  const copy = await house.copy(backup).open();
  await house.until('it has stopped', () => conditionOf(copy, queue) === 'stopped');
  expect(copy.host(queue).trouble?.code).toBe('superseded');
  await house.pass(1_000);
  expect(copy.peer.ports.wire.connections()).toEqual([]);
  await draft(house, anna, queue, 'last');
  await house.until('the others go on', () => all.every((each) => jobs(each, queue).length === 4));
  expect(conditionOf(ben, queue)).toBe('ready');
});

test('Where the copy has joined again as new, the machine that it was copied from is told by who leads', async () => {
  const { house, anna, ben, all, queue } = await threePeers(47);
  const backup = ben.disk.disk.backup();
  for (const name of ['one', 'two']) await draft(house, anna, queue, name);
  await house.until('ben has confirmed all', () => jobs(ben, queue).length === 2);
  await house.pass(1_000);
  const old = must(replicaOf(ben, queue), 'ben has a replica');
  const newest = ben.disk.disk.backup();
  ben.kill();
  ben.disk.disk.restore(backup);
  await ben.open();
  const original = await house.copy(newest).open();
  await expectBack(house, all, ben, queue, old);
  await house.until('the other has stopped', () => conditionOf(original, queue) === 'stopped');
  expect(original.host(queue).trouble?.code).toBe('superseded');
  // It joins again by itself only if nobody has taken its place.
  await house.await(original.peer.rejoin(queue, false));
  await house.until('it has stopped again', () => conditionOf(original, queue) === 'stopped');
  await house.pass(1_000);
  expect(original.host(queue).trouble?.code).toBe('superseded');
  expect(original.peer.ports.wire.connections()).toEqual([]);
  await house.until('the copy has everything', () => jobs(ben, queue).length === 2);
  expect(conditionOf(ben, queue)).toBe('ready');
});

test('A copy of the profile of one who does not vote is told too, before it takes the other’s print for one that it has lost', async () => {
  const { house, anna, queue } = await threePeers(48);
  const guest = await house.browser('Guest').open();
  await guest.join(anna, queue, 'guest');
  await house.await(anna.service.setMember(queue, guest.peer.identity.peer, 'printer'));
  await house.pass(2_000);
  guest.kill();
  const backup = guest.disk.disk.backup();
  await guest.open();
  const printer = guest.attachPrinter('left', 60_000);
  const file = await anna.addFile(queue, 'long.gcode', 'G28\nG1 X1\n');
  const job = { name: 'long', copies: 1, draft: false, notes: '', sets: [{ file, count: 1 }] };
  expect(await house.await(anna.service.addJob(queue, job))).toMatchObject({ kind: 'committed' });
  await house.until('it prints', () => printer.started.length === 1);
  const copy = await house.copy(backup).open();
  const twin = copy.attachPrinter('left', 60_000);
  await house.until('it has stopped', () => conditionOf(copy, queue) === 'stopped');
  expect(copy.host(queue).trouble?.code).toBe('superseded');
  await house.until('the print has ended', () => printer.printed.length === 1, 120_000);
  await house.until('it is counted', () => anna.host(queue).state.totals.all.good === 1);
  expect(twin.started).toEqual([]);
  expect(conditionOf(guest, queue)).toBe('ready');
});

test('Who joins a young queue and is gone before hearing that it was let in gets no vote: the other decides on alone', async () => {
  const house = new House(51);
  const anna = await house.browser('Anna').open();
  const ben = await house.browser('Ben').open();
  const queue = await anna.createQueue('Young');
  await letTwoVote(anna, queue);
  const options = { role: 'trusted', lifeMs: 3_600_000, origin: 'http://localhost' } as const;
  const link = granted(await house.await(anna.service.makeLink(queue, options)));
  ben.service.joinQueue(link.url).catch(() => 'the process died');
  const { peer } = ben.peer.identity;
  await house.until('anna has let him in', () => anna.host(queue).state.members.has(peer));
  ben.kill();
  await house.pass(30_000);
  expect(conditionOf(anna, queue)).toBe('ready');
  await draft(house, anna, queue, 'alone');
  await ben.open();
  await house.until('both vote', () => votersOf(anna, queue).length === 2);
  await house.until('ben has it', () => jobs(ben, queue).length === 1);
});

test('A copy that was opened as often and is gone leaves nothing behind: the one that goes on still votes when the leader is gone', async () => {
  const { house, anna, ben, cleo, queue } = await threePeers(49);
  ben.kill();
  const backup = ben.disk.disk.backup();
  await ben.open();
  await house.until('ben takes part again', () => conditionOf(ben, queue) === 'ready');
  await draft(house, anna, queue, 'one');
  // Nobody but the leader has heard this life of Ben.
  cleo.kill();
  await cleo.open();
  await house.until('cleo takes part again', () => conditionOf(cleo, queue) === 'ready');
  expect(anna.host(queue).status().admits).toBe(true);
  const copy = await house.copy(backup).open();
  await house.until('the copy has stopped', () => conditionOf(copy, queue) === 'stopped');
  await house.pass(30_000);
  anna.kill();
  await house.until(
    'the two go on',
    () => [ben, cleo].some((each) => each.host(queue).status().admits),
    240_000,
  );
  expect(conditionOf(ben, queue)).not.toBe('stopped');
});

test('A copy of one who does not vote is stopped by who leads, whoever else it asks, and the other goes on when that one is gone', async () => {
  const { house, anna, ben, cleo, queue } = await threePeers(50);
  const guest = await house.browser('Guest').open();
  await guest.join(anna, queue, 'guest');
  guest.kill();
  const backup = guest.disk.disk.backup();
  await guest.open();
  await house.until('it listens again', () => conditionOf(guest, queue) === 'ready');
  anna.host(queue).part.replica.office?.handOver();
  await house.until('another leads', () => [ben, cleo].some((each) => each.host(queue).status().admits));
  const leader = ben.host(queue).status().admits ? ben : cleo;
  await house.pass(60_000);
  for (const each of [anna, ben, cleo]) {
    if (each === leader) continue;
    each.kill();
    await each.open();
    await house.until('it takes part again', () => conditionOf(each, queue) === 'ready');
  }
  const copy = await house.copy(backup).open();
  await house.until('the copy has stopped', () => conditionOf(copy, queue) === 'stopped', 120_000);
  copy.kill();
  leader.kill();
  await house.pass(90_000);
  expect(conditionOf(guest, queue)).toBe('ready');
});

test('A browser that was removed while it was away is told so, and keeps what it has to read', async () => {
  const { house, anna, ben, queue } = await threePeers(33);
  await draft(house, anna, queue, 'kept');
  await house.until('ben has it', () => jobs(ben, queue).length === 1);
  const { peer } = ben.peer.identity;
  ben.kill();
  expect(await house.await(anna.service.removeMember(queue, peer))).toMatchObject({ kind: 'committed' });
  await house.until('one voter', () => votersOf(anna, queue).length === 1);
  await ben.open();
  await house.until('told', () => conditionOf(ben, queue) === 'stopped');
  expect(ben.host(queue).trouble?.code).toBe('removed');
  expect(jobs(ben, queue)).toEqual(['kept']);
});

test('A browser that was removed while it was away is told so also by those who were restarted since', async () => {
  const { house, anna, ben, cleo, queue } = await threePeers(40);
  const { peer } = ben.peer.identity;
  ben.kill();
  expect(await house.await(anna.service.removeMember(queue, peer))).toMatchObject({ kind: 'committed' });
  await house.until('one voter', () => [anna, cleo].every((each) => votersOf(each, queue).length === 1));
  for (const each of [anna, cleo]) {
    each.kill();
    await each.open();
  }
  await ben.open();
  await house.until('told', () => conditionOf(ben, queue) === 'stopped');
  expect(ben.host(queue).trouble?.code).toBe('removed');
});

test('A voter that is taken out while it is here stops at once, and what it still wants fills nobody’s log', async () => {
  const { house, anna, ben, queue } = await threePeers(38);
  const { peer } = ben.peer.identity;
  expect(await house.await(anna.service.removeMember(queue, peer))).toMatchObject({ kind: 'committed' });
  const wish = ben.host(queue).submit({ type: 'rename-queue', name: 'Mine' }, 'Rename');
  await house.until('it stops', () => conditionOf(ben, queue) === 'stopped', 5_000);
  expect(ben.host(queue).trouble?.code).toBe('removed');
  const { index } = anna.host(queue).state;
  await house.pass(20_000);
  expect(anna.host(queue).state.index).toBeLessThan(index + 3);
  expect(anna.host(queue).state.head.name).toBe('Shields');
  expect(await house.await(wish)).toMatchObject({ kind: 'unknown' });
});

test('A print that ended while its printer’s peer was taken out is told once that peer is a member again', async () => {
  const { house, anna, ben, queue } = await threePeers(39);
  const file = await anna.addFile(queue, 'long.gcode', 'G28\nG1 X1\n');
  const printer = ben.attachPrinter('left', 30_000);
  const job = { name: 'long', copies: 1, draft: false, notes: '', sets: [{ file, count: 1 }] };
  expect(await house.await(anna.service.addJob(queue, job))).toMatchObject({ kind: 'committed' });
  await house.until('it prints', () => printer.started.length === 1);
  await house.until('known', () => anna.host(queue).state.prints.size === 1);
  const { peer } = ben.peer.identity;
  expect(await house.await(anna.service.removeMember(queue, peer))).toMatchObject({ kind: 'committed' });
  await house.until('it has ended', () => printer.printed.length === 1);
  await house.until('it stops', () => conditionOf(ben, queue) === 'stopped');
  await house.pass(5_000);
  // Its print worker has written it down, and nobody has taken it over.
  const print = must(printer.printed[0], 'it has printed');
  expect(await house.await(keptOutcome(ben.peer.ports.store, print))).toMatchObject({ outcome: 'good' });
  expect(await house.await(ben.service.leaveQueue(queue))).toMatchObject({ ok: true });
  await ben.join(anna, queue);
  await house.until('it is told', () => anna.host(queue).state.totals.all.good === 1);
});

test('What a leader that is taken out has to tell of its print waits until it is a member again, and is not forgotten', async () => {
  const { house, anna, ben, queue } = await threePeers(40);
  const file = await anna.addFile(queue, 'long.gcode', 'G28\nG1 X1\n');
  anna.host(queue).part.replica.office?.handOver();
  await house.until('Ben leads', () => ben.host(queue).status().admits, 60_000);
  const printer = ben.attachPrinter('left', 5_000);
  const job = { name: 'long', copies: 1, draft: false, notes: '', sets: [{ file, count: 1 }] };
  expect(await house.await(anna.service.addJob(queue, job))).toMatchObject({ kind: 'committed' });
  await house.until('it prints', () => printer.started.length === 1);
  await house.pass(4_980);
  void anna.service.removeMember(queue, ben.peer.identity.peer);
  await house.until('it has ended, and he is out', () => {
    const { members } = ben.host(queue).state;
    return printer.printed.length === 1 && !members.has(ben.peer.identity.peer);
  });
  await house.until('he stops', () => conditionOf(ben, queue) === 'stopped', 60_000);
  expect(anna.host(queue).state.totals.all.good).toBe(0);
  expect(await house.await(ben.service.leaveQueue(queue))).toMatchObject({ ok: true });
  await ben.join(anna, queue);
  await house.until('it is told', () => anna.host(queue).state.totals.all.good === 1);
});

test('A damaged log does not vote: its queue has stopped with a sentence, and joins again as new when a person says so', async () => {
  const { house, anna, ben, all, queue } = await threePeers(34);
  await draft(house, anna, queue, 'one');
  await house.until('ben has it', () => jobs(ben, queue).length === 1);
  const old = must(replicaOf(ben, queue), 'ben has a replica');
  ben.kill();
  expect(ben.disk.disk.rotRecord(queue)).toBe(true);
  await ben.open();
  expect(ben.peer.hosts.has(queue)).toBe(false);
  expect(ben.peer.broken.get(queue)).toMatchObject({ code: 'corrupt', name: 'Shields' });
  expect(await house.await(ben.service.rejoinQueue(queue))).toMatchObject({ ok: true });
  await expectBack(house, all, ben, queue, old);
  expect(ben.peer.broken.size).toBe(0);
  await house.until('everything is copied', () => jobs(ben, queue).length === 1);
});

test('A browser that kept its key and lost its log comes back by any link, as another replica', async () => {
  const { house, anna, ben, all, queue } = await threePeers(35);
  const old = must(replicaOf(ben, queue), 'ben has a replica');
  ben.kill();
  await house.await(ben.disk.open().deleteLog(queue));
  await ben.open();
  expect(ben.peer.hosts.size).toBe(0);
  await ben.join(anna, queue);
  await expectBack(house, all, ben, queue, old);
});

test('A link opened while a rejoin of a damaged log goes on over a restart leads back into the queue, once', async () => {
  const { house, anna, ben, queue } = await threePeers(45);
  ben.kill();
  expect(ben.disk.disk.rotRecord(queue)).toBe(true);
  await ben.open();
  house.network.setWeather(() => []);
  await house.await(ben.peer.rejoin(queue, true));
  ben.kill();
  await ben.open();
  const link = anna.service.makeLink(queue, {
    role: 'trusted',
    lifeMs: 3_600_000,
    origin: 'http://localhost',
  });
  house.network.setWeather(() => [3]);
  const { url } = granted(await house.await(link));
  expect(await house.await(ben.service.joinQueue(url))).toMatchObject({ ok: true });
  await house.until('it is ready', () => conditionOf(ben, queue) === 'ready');
  await house.pass(10_000);
  expect(hex(ben.host(queue).state.hash())).toBe(hex(anna.host(queue).state.hash()));
  expect(ben.peer.joinings.size).toBe(0);
});

test('A rejoin goes on after the process died in its middle, and asks for one replica only', async () => {
  const { house, anna, ben, cleo, all, queue } = await threePeers(36);
  const old = must(replicaOf(ben, queue), 'ben has a replica');
  for (const other of [anna, cleo]) house.network.cut(ben.peer.identity.peer, other.peer.identity.peer);
  ben.service.rejoinQueue(queue).catch(() => 'the process died');
  await house.pass(500);
  ben.kill();
  await ben.open();
  expect(ben.peer.hosts.has(queue)).toBe(false);
  expect(ben.peer.joinings.size).toBe(1);
  const asked = ben.peer.joinings.get(queue)?.join.incarnation;
  house.network.heal();
  await expectBack(house, all, ben, queue, old);
  expect(anna.host(queue).state.members.get(ben.peer.identity.peer)?.incarnation).toEqual(asked);
});

test('Commands that waited when the log was lost settle under the new replica', async () => {
  const { house, anna, ben, cleo, all, queue } = await threePeers(37);
  const old = must(replicaOf(ben, queue), 'ben has a replica');
  const file = await ben.addFile(queue, 'late.gcode', 'G28\nG1 X1\n');
  for (const other of [anna, cleo]) house.network.cut(ben.peer.identity.peer, other.peer.identity.peer);
  const job = { name: 'late', copies: 1, draft: true, notes: '', sets: [{ file, count: 1 }] };
  expect(await house.await(ben.service.addJob(queue, job))).toMatchObject({ kind: 'unknown' });
  ben.kill();
  ben.disk.disk.rotRecord(queue);
  await ben.open();
  house.network.heal();
  expect(await house.await(ben.service.rejoinQueue(queue))).toMatchObject({ ok: true });
  await expectBack(house, all, ben, queue, old);
  await house.until('committed once', () => jobs(anna, queue).length === 1);
  expect(jobs(anna, queue)).toEqual(['late']);
});
