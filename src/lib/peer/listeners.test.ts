import { expect, test } from 'vitest';
import { hex, must } from '../base/index.ts';
import { listenProtocol } from '../network/protocols.ts';
import { signNews } from './replica/news.ts';
import { growQueue } from './testing/large-queue.ts';
import { type Browser, House, granted, threeVoters } from './testing/house.ts';

const gcode = `G28\nM104 S200\n${'G1 X10 Y10 E1\nG1 X20 Y10 E1\n'.repeat(50)}M104 S0\n`;

async function room(house: House) {
  const { anna, ben, cleo, all: voters, queue } = await threeVoters(house);
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

/** What comes over a peer's gossip, in bytes as they came; and its topics. */
function overheard(browser: Browser) {
  const { wire } = browser.peer.ports;
  const told: string[] = [];
  const hear = wire.hear.bind(wire);
  wire.onNews((_topic, news) => {
    told.push(hex(news));
    return false;
  });
  return { told, hear: (topic: string) => hear(new Set([topic])) };
}

test('who was removed hears in the room where it listened that it was, and nothing more; the others go on in another', async () => {
  const house = new House();
  const { anna, gil, queue } = await room(house);
  const hal = await house.browser('Hal').open();
  await hal.join(anna, queue, 'guest');
  await house.until('both listen', () => [gil, hal].every((each) => each.host(queue).part.topic !== ''));
  await house.pass(6_000);
  const topic = gil.host(queue).part.topic;
  expect(hal.host(queue).part.topic).toBe(topic);
  // Gossip carries nothing that can be read without the key.
  const cleo = house.browser('Stranger');
  await cleo.open();
  cleo.peer.ports.wire.want(new Set([anna.peer.identity.peer]));
  const stranger = overheard(cleo);
  stranger.hear(topic);
  await house.pass(2_000);
  expect(await house.await(anna.service.renameQueue(queue, 'Quite secret'))).toMatchObject({
    kind: 'committed',
  });
  await house.until('the stranger hears something', () => stranger.told.length > 0);
  await house.until('Gil knows', () => nameAt(gil, queue) === 'Quite secret');
  expect(stranger.told.join()).not.toContain(hex(new TextEncoder().encode('Quite secret')));

  expect(await house.await(anna.service.removeMember(queue, hal.peer.identity.peer))).toMatchObject({
    kind: 'committed',
  });
  await house.until('Hal knows', () => hal.host(queue).trouble?.code === 'removed', 3_000);
  await house.until('Gil has another room', () => ![topic, ''].includes(gil.host(queue).part.topic), 3_000);
  const heard = stranger.told.length;
  await house.until('changes come by gossip again', () => gil.host(queue).part.listening?.topic !== topic);
  const asked = gil.host(queue).part.listening?.asked;
  expect(await house.await(anna.service.renameQueue(queue, 'Later'))).toMatchObject({ kind: 'committed' });
  await house.until('Gil knows', () => nameAt(gil, queue) === 'Later', 1_000);
  expect(gil.host(queue).part.listening?.asked).toBe(asked);
  expect(stranger.told.length).toBe(heard);
});

test('a learner that was removed while it was away is told so when it is back', async () => {
  const house = new House();
  const anna = await house.browser('Anna').open();
  const queue = await anna.createQueue('Shields');
  const ben = await house.browser('Ben').open();
  await ben.join(anna, queue, 'guest');
  await house.until('Ben follows', () => nameAt(ben, queue) === 'Shields');
  expect(await house.await(anna.service.setMember(queue, ben.peer.identity.peer, 'trusted'))).toMatchObject({
    kind: 'committed',
  });
  await house.until(
    'Raft has taken Ben in',
    () =>
      anna.host(queue).status().confState.learners.length +
        ben.host(queue).status().confState.learners.length >
      0,
  );
  const bens = ben.peer.identity.peer;
  ben.kill();
  expect(await house.await(anna.service.removeMember(queue, bens))).toMatchObject({
    kind: 'committed',
  });
  await house.until('Raft has let it go', () => anna.host(queue).status().confState.learners.length === 0);
  await house.pass(5_000);
  await ben.open();
  await house.until('Ben knows', () => ben.host(queue).trouble?.code === 'removed', 60_000);
});

test('in a queue of the local network a listener is told straight, without topics, and need not ask; a census counts it', async () => {
  const house = new House();
  const anna = await house.browser('Anna').open();
  const queue = granted(await house.await(anna.service.createQueue({ name: 'Workshop', lan: true })));
  await house.until('she leads', () => anna.host(queue).condition().condition === 'ready');
  const gil = await house.browser('Gil').open();
  await gil.join(anna, queue, 'guest');
  await house.pass(12_000);
  const listening = () => must(gil.host(queue).part.listening, 'Gil listens');
  const before = listening();
  await house.pass(20_000);
  expect(listening().asked - before.asked).toBeLessThanOrEqual(1);
  expect(listening().topic).toBe('');
  const { asked } = listening();
  expect(await house.await(anna.service.renameQueue(queue, 'Garage'))).toMatchObject({ kind: 'committed' });
  await house.until('Gil knows', () => nameAt(gil, queue) === 'Garage', 400);
  expect(listening().asked).toBe(asked);
  expect(granted(await house.await(gil.service.census(queue)))).toMatchObject({ peers: 2, deviation: 0 });
});
