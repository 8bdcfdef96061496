import { expect, test } from 'vitest';
import { type Bytes, type QueueId, decode } from '../../base/index.ts';
import { LastWords } from './last-words.ts';
import { parseRaftFrame, withQueue } from '../replica/raft-frame.ts';
import { isUnfollowed, nextHeirMs } from '../replica/succession.ts';
import { type Browser, House } from '../testing/house.ts';

/** What the anchor tab of that browser would say at its end. */
function tabOf(browser: Browser, tabs = 1) {
  const { peer } = browser;
  const tab: { words: Bytes | undefined; readonly room: LastWords } = {
    words: undefined,
    room: new LastWords({
      clock: browser.house.clock,
      random: browser.house.random,
      identity: () => peer.identity,
      hosts: () => peer.hosts.values(),
      connections: () => peer.ports.wire.connections(),
      isOver: () => false,
      prepare: (words) => (tab.words = words),
    }),
  };
  peer.onChange(() => tab.room.changed());
  tab.room.tabs = tabs;
  return tab;
}

async function threePeers() {
  const house = new House();
  const all: Browser[] = [];
  for (const name of ['Anna', 'Ben', 'Cleo']) all.push(await house.browser(name).open());
  const [anna, ben, cleo] = all as [Browser, Browser, Browser];
  const queue = await anna.createQueue('Shields');
  await ben.join(anna, queue);
  await cleo.join(anna, queue);
  await house.until(
    'three to vote',
    () =>
      anna.host(queue).status().confState.voters.length === 3 && anna.host(queue).status().role === 'leader',
  );
  return { house, anna, ben, cleo, queue };
}

/** The replica that the only word among these names: bytes 4 to 8 of what stands behind the name of its queue and the flags. */
function heirIn(words: Bytes): number {
  const { w } = decode(words) as { w: { f: Uint8Array }[] };
  const [word] = w;
  return (
    parseRaftFrame(new Uint8Array(32), withQueue(new Uint8Array(32), word?.f ?? new Uint8Array()))?.to ?? 0
  );
}

const role = (browser: Browser, queue: QueueId) => browser.host(queue).status().role;

test('the last tab of the leader closes: the voter that it named leads at once, without waiting for an election', async () => {
  const { house, anna, ben, cleo, queue } = await threePeers();
  const tab = tabOf(anna);
  await house.pass(200);
  const { words } = tab;
  if (words === undefined) throw new Error('the leader has prepared nothing');
  expect(words.length).toBeLessThan(400);
  anna.kill();
  for (const browser of [ben, cleo]) tabOf(browser).room.hear(words);
  await house.until('another to lead', () => [ben, cleo].some((each) => role(each, queue) === 'leader'), 200);
});

test('the heir is gone too, or lacks what was committed since: the next one who heard the words stands, and who leads by then is left in peace', async () => {
  const { house, anna, ben, cleo, queue } = await threePeers();
  const dora = await house.browser('Dora').open();
  const emil = await house.browser('Emil').open();
  for (const each of [dora, emil]) await each.join(anna, queue);
  await house.until('five vote', () => anna.host(queue).status().confState.voters.length === 5);
  const tab = tabOf(anna);
  await house.pass(200);
  const { words } = tab;
  if (words === undefined) throw new Error('the leader has prepared nothing');
  // Who is named is not to be seen from outside: whoever it is, somebody leads without an election's patience.
  const others = [ben, cleo, dora, emil];
  const rooms = new Map(others.map((each) => [each, tabOf(each).room]));
  anna.kill();
  const [named] = others.filter((each) => each.host(queue).part.replica.replicaId === heirIn(words));
  if (named === undefined) throw new Error('it names nobody');
  named.kill();
  const living = others.filter((each) => each !== named);
  for (const each of living) rooms.get(each)?.hear(words);
  await house.until(
    'the next to lead',
    () => living.some((each) => role(each, queue) === 'leader'),
    2 * nextHeirMs,
  );
  const leader = living.find((each) => role(each, queue) === 'leader');
  const term = leader?.host(queue).status().term;
  await house.pass(3_000);
  expect(leader?.host(queue).status()).toMatchObject({ role: 'leader', term });
});

test.each([20, 120, 180, 220, 280, 380])(
  'machines and network are slow, a message takes %i ms: whoever is elected is left in peace, and nobody stands against the heir',
  async (delayMs) => {
    for (const laterMs of [0, 150]) {
      const { house, anna, ben, cleo, queue } = await threePeers();
      const tab = tabOf(anna);
      await house.pass(200);
      const { words } = tab;
      if (words === undefined) throw new Error('the leader has prepared nothing');
      const others = [ben, cleo];
      const rooms = new Map(others.map((each) => [each, tabOf(each).room]));
      const term = anna.host(queue).status().term;
      anna.kill();
      house.network.setWeather(() => [delayMs]);
      const isHeir = (each: Browser) => each.host(queue).part.replica.replicaId === heirIn(words);
      // The others hear it before the heir does.
      for (const each of others) if (!isHeir(each)) rooms.get(each)?.hear(words);
      await house.pass(laterMs);
      for (const each of others) if (isHeir(each)) rooms.get(each)?.hear(words);
      await house.until(
        'the heir to lead',
        () => others.some((each) => role(each, queue) === 'leader'),
        1_000,
      );
      await house.pass(4_000);
      expect(others.map((each) => each.host(queue).status())).toMatchObject([
        { leader: heirIn(words), term: term + 1 },
        { leader: heirIn(words), term: term + 1 },
      ]);
    }
  },
);

test('an heir that lacks what was committed since it was named is not elected: who has it stands in its place', async () => {
  const { house, anna, ben, cleo, queue } = await threePeers();
  const tab = tabOf(anna);
  await house.pass(200);
  const { words } = tab;
  if (words === undefined) throw new Error('the leader has prepared nothing');
  const [heir, next] = heirIn(words) === ben.host(queue).part.replica.replicaId ? [ben, cleo] : [cleo, ben];
  const peer = heir.peer.identity.peer;
  house.network.setWeather((_from, to) => (to === peer ? [] : [3]));
  expect(await house.await(anna.service.renameQueue(queue, 'Later'))).toMatchObject({ kind: 'committed' });
  const rooms = [heir, next].map((each) => tabOf(each).room);
  anna.kill();
  house.network.setWeather(() => [3]);
  for (const room of rooms) room.hear(words);
  await house.until('the next to lead', () => role(next, queue) === 'leader', 3 * nextHeirMs);
  await house.until('both have it', () => heir.host(queue).state.head.name === 'Later');
});

test('words are good until somebody follows, also when the heir’s call for votes was heard before them', () => {
  const word = { from: 1, term: 4 };
  expect(isUnfollowed({ leader: 1, term: 4 }, word)).toBe(true);
  expect(isUnfollowed({ leader: 0, term: 5 }, word)).toBe(true);
  expect(isUnfollowed({ leader: 2, term: 5 }, word)).toBe(false);
  // It leads again, in a later term: these are words from before.
  expect(isUnfollowed({ leader: 1, term: 6 }, word)).toBe(false);
});

test('an idle leader has its words ready all the time, also just after it looked whether its quorum lives', async () => {
  const { house, anna } = await threePeers();
  const tab = tabOf(anna);
  await house.pass(200);
  for (let i = 0; i < 80; i++) {
    await house.pass(50);
    tab.room.changed();
    await house.pass(5);
    expect(tab.words).toBeDefined();
  }
});

test('without last words nobody leads for more than a second', async () => {
  const { house, anna, ben, cleo, queue } = await threePeers();
  anna.kill();
  await house.pass(1_000);
  expect([role(ben, queue), role(cleo, queue)]).not.toContain('leader');
});

test('nothing is prepared by who does not lead, nor while a second tab is open, and what was is taken back', async () => {
  const { house, anna, ben, queue } = await threePeers();
  const [leads, follows] = [tabOf(anna, 2), tabOf(ben)];
  await house.pass(200);
  expect([leads.words, follows.words]).toEqual([undefined, undefined]);
  leads.room.tabs = 1;
  await house.pass(20);
  expect(leads.words).toBeDefined();
  anna.host(queue).part.replica.office?.handOver();
  await house.until('Anna does not lead', () => role(anna, queue) !== 'leader');
  await house.pass(20);
  expect(leads.words).toBeUndefined();
});

test('commits do not make the words anew; another leader’s term does', async () => {
  const { house, anna, queue } = await threePeers();
  const tab = tabOf(anna);
  await house.pass(200);
  const { words } = tab;
  for (let i = 0; i < 5; i++)
    await house.await(anna.host(queue).submit({ type: 'rename-queue', name: `Name ${i}` }, 'Rename'));
  expect(tab.words).toBe(words);
});

test('words with a wrong signature, of another queue, replayed in a later term, or that are none change nothing', async () => {
  const { house, anna, ben, cleo, queue } = await threePeers();
  const stranger = await house.browser('Dora').open();
  await stranger.createQueue('Other');
  const tab = tabOf(anna);
  await house.pass(200);
  const words = tab.words;
  if (words === undefined) throw new Error('nothing prepared');
  const hearers = [ben, cleo, stranger].map((each) => tabOf(each).room);
  const hear = (bytes: Uint8Array) => {
    for (const room of hearers) room.hear(bytes);
  };
  for (let at = 0; at < words.length; at += 7) {
    const damaged = words.slice();
    damaged[at] = (damaged[at] ?? 0) ^ 0x10;
    hear(damaged);
  }
  hear(new Uint8Array(0));
  hear(new Uint8Array(20_000));
  await house.pass(500);
  expect(role(anna, queue)).toBe('leader');
  // Heard from a leader that lives it costs an election, as a transfer does; once that is over the words mean nothing.
  hear(words);
  await house.until('another to lead', () => role(anna, queue) !== 'leader', 500);
  await house.until('a leader', () => [ben, cleo].some((each) => role(each, queue) === 'leader'));
  const leader = [ben, cleo].find((each) => role(each, queue) === 'leader');
  hear(words);
  await house.pass(500);
  expect([ben, cleo].find((each) => role(each, queue) === 'leader')).toBe(leader);
});
