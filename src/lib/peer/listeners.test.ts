import { expect, test } from 'vitest';
import { hex, must } from '../base/index.ts';
import { listenProtocol } from '../network/protocols.ts';
import { signNews } from './replica/news.ts';
import { topicName } from './replica/newsroom.ts';
import { growQueue } from './testing/large-queue.ts';
import { type Browser, House } from './testing/house.ts';

const gcode = `G28\nM104 S200\n${'G1 X10 Y10 E1\nG1 X20 Y10 E1\n'.repeat(50)}M104 S0\n`;

async function room(house: House) {
  const anna = await house.browser('Anna').open();
  const ben = await house.browser('Ben').open();
  const cleo = await house.browser('Cleo').open();
  const queue = await anna.createQueue('Shields');
  await ben.join(anna, queue);
  await cleo.join(anna, queue);
  const voters = [anna, ben, cleo];
  await house.until('three voters', () =>
    voters.every((each) => each.host(queue).status().confState.voters.length === 3),
  );
  const gil = await house.browser('Gil').open();
  await gil.join(anna, queue, 'guest');
  return { anna, ben, cleo, gil, voters, queue };
}

type Queue = Awaited<ReturnType<typeof room>>['queue'];

const nameAt = (browser: Browser, queue: Queue) => browser.host(queue).state.head.name;
const hashAt = (browser: Browser, queue: Queue) => hex(browser.host(queue).state.hash());

test('a listener is no member of Raft, hears what is committed by gossip, and seldom asks', async () => {
  const house = new House();
  const { anna, gil, voters, queue } = await room(house);
  await house.pass(6_000);
  expect(gil.host(queue).status()).toMatchObject({ role: 'listener', commit: anna.host(queue).state.index });
  expect(anna.host(queue).status().confState.learners).toEqual([]);
  let asked = 0;
  const wire = gil.peer.ports.wire;
  const request = wire.request.bind(wire);
  wire.request = (to, protocol, ...rest) => {
    if (protocol === listenProtocol) asked++;
    return request(to, protocol, ...rest);
  };
  for (let i = 0; i < 5; i++) {
    expect(await house.await(anna.service.renameQueue(queue, `Name ${i}`))).toMatchObject({
      kind: 'committed',
    });
    await house.until('Gil knows', () => nameAt(gil, queue) === `Name ${i}`, 400);
  }
  expect(asked).toBe(0);
  await house.pass(500);
  expect(new Set([gil, ...voters].map((each) => hashAt(each, queue))).size).toBe(1);
});

test('a listener adds a job and prints it, while voters come and go', async () => {
  const house = new House();
  const { anna, ben, cleo, gil, voters, queue } = await room(house);
  expect(await house.await(anna.service.setMember(queue, gil.peer.identity.peer, 'printer'))).toMatchObject({
    kind: 'committed',
  });
  const printer = gil.attachPrinter('corner', 4_000);
  await house.until('the printer is known', () => ben.host(queue).state.printers.size === 1);
  const leader = must(
    voters.find((each) => each.host(queue).status().role === 'leader'),
    'somebody leads',
  );
  const file = await gil.addFile(queue, 'hook.gcode', gcode);
  const job = { name: 'Hook', copies: 2, draft: false, notes: '', sets: [{ file, count: 1 }] };
  expect(await house.await(gil.service.addJob(queue, job))).toMatchObject({ kind: 'committed' });
  await house.until('it prints', () => printer.started.length === 1);
  leader.kill();
  await house.until('it prints the second', () => printer.printed.length === 2, 120_000);
  await leader.open();
  const all = [anna, ben, cleo, gil];
  await house.until('all know', () =>
    all.every(
      (each) => [...each.host(queue).state.history.values()].filter((e) => e.outcome === 'good').length === 2,
    ),
  );
  expect(gil.host(queue).status().role).toBe('listener');
});

test('without gossip a listener still gets everything, by asking', async () => {
  const house = new House();
  const { anna, gil, queue } = await room(house);
  gil.peer.ports.wire.hear(new Set());
  gil.peer.ports.wire.hear = () => undefined;
  await house.pass(12_000);
  for (let i = 0; i < 30; i++) {
    expect(await house.await(anna.service.renameQueue(queue, `Name ${i}`))).toMatchObject({
      kind: 'committed',
    });
  }
  await house.until('Gil knows', () => nameAt(gil, queue) === 'Name 29', 3_000);
});

test('a listener that was away, or begins with a queue of years, copies it and believes it when a voter’s checkpoint fits', async () => {
  const house = new House();
  const anna = await house.browser('Anna').open();
  const queue = await anna.createQueue('Shields');
  await growQueue(anna, queue, 200);
  await house.until('she leads', () => anna.host(queue).condition().condition === 'ready');
  const gil = await house.browser('Gil').open();
  await gil.join(anna, queue, 'guest');
  await house.until('all is here', () => gil.host(queue).state.jobs.size === 200);
  expect(hashAt(gil, queue)).toBe(hashAt(anna, queue));
  await house.pass(500);
  gil.kill();
  for (let i = 0; i < 10; i++) await house.await(anna.service.renameQueue(queue, `Name ${i}`));
  await gil.open();
  expect(gil.host(queue).state.jobs.size).toBe(200);
  await house.until('he is up to date', () => nameAt(gil, queue) === 'Name 9');
});

test('a listener passes over news that no voter signed, and what does not lead to the state that was signed', async () => {
  const house = new House();
  const { anna, ben, gil, queue } = await room(house);
  await house.pass(2_000);
  const { digest, state } = gil.host(queue);
  const lie = {
    queue: digest,
    first: state.index + 1,
    entries: [],
    at: state.index + 1,
    hash: new Uint8Array(32),
    offer: null,
  };
  const entry = [1, 0, new Uint8Array()] as const;
  // A guest's own word.
  expect(gil.host(queue).part.hear(signNews(gil.peer.identity, { ...lie, entries: [entry] }))).toBe(false);
  // A voter's word that is wrong: thrown away, and not believed until another has put things right.
  expect(gil.host(queue).part.hear(signNews(ben.peer.identity, { ...lie, entries: [entry] }))).toBe(true);
  await house.pass(200);
  expect(gil.host(queue).state.index).toBe(anna.host(queue).state.index);
  expect(await house.await(anna.service.renameQueue(queue, 'True'))).toMatchObject({ kind: 'committed' });
  await house.until('Gil has the true queue', () => nameAt(gil, queue) === 'True');
  expect(hashAt(gil, queue)).toBe(hashAt(anna, queue));
});

test('an operator promotes a listener and retires a voter, and both go on where they are', async () => {
  const house = new House();
  const { anna, ben, cleo, gil, queue } = await room(house);
  const votersOf = () => anna.host(queue).status().confState.voters.length;
  expect(await house.await(anna.service.setMember(queue, gil.peer.identity.peer, 'trusted'))).toMatchObject({
    kind: 'committed',
  });
  await house.until('Gil votes', () => votersOf() === 4 && gil.host(queue).status().role !== 'listener');
  expect(await house.await(anna.service.setMember(queue, ben.peer.identity.peer, 'guest'))).toMatchObject({
    kind: 'committed',
  });
  await house.until('Ben listens', () => votersOf() === 3 && ben.host(queue).status().role === 'listener');
  await house.until(
    'Raft has forgotten him',
    () => anna.host(queue).status().confState.learners.length === 0,
  );
  // He hears, and is heard; a guest may not change the queue's name.
  expect(await house.await(ben.service.renameQueue(queue, 'By Ben'))).toMatchObject({
    kind: 'refused',
    refusal: { code: 'not-allowed' },
  });
  // And back again, after a restart.
  ben.kill();
  await ben.open();
  expect(await house.await(anna.service.setMember(queue, ben.peer.identity.peer, 'trusted'))).toMatchObject({
    kind: 'committed',
  });
  await house.until(
    'Ben votes again',
    () => votersOf() === 4 && ben.host(queue).status().role !== 'listener',
  );
  anna.kill();
  expect(await house.await(cleo.service.renameQueue(queue, 'Without Anna'))).toMatchObject({
    kind: 'committed',
  });
  await house.until('all know', () =>
    [ben, cleo, gil].every((each) => nameAt(each, queue) === 'Without Anna'),
  );
});

test('a listener that is retired again before Raft has taken it in goes on listening', async () => {
  const house = new House();
  const { anna, gil, queue } = await room(house);
  await house.pass(6_000);
  const part = async (role: 'trusted' | 'guest') =>
    expect(await house.await(anna.service.setMember(queue, gil.peer.identity.peer, role))).toMatchObject({
      kind: 'committed',
    });
  await part('trusted');
  await house.until(
    'he hears that he is to vote',
    () => gil.host(queue).state.members.get(gil.peer.identity.peer)?.voter === true,
  );
  await part('guest');
  expect(await house.await(anna.service.renameQueue(queue, 'Later'))).toMatchObject({ kind: 'committed' });
  await house.until('he hears what follows', () => nameAt(gil, queue) === 'Later', 20_000);
  expect(gil.host(queue).status().role).toBe('listener');
});

test('a topic names no queue', () => {
  expect(topicName(new Uint8Array(32), 3)).toBe('peerprint/listen/1/ab181bc48eae5a7f9f13ec552dc05c6a/3');
});
