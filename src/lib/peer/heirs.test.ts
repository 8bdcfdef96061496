import { expect, test } from 'vitest';
import type { QueueId } from '../base/index.ts';
import { mayGoOn } from './members/heirs.ts';
import { heirViewsOf } from './serving/queue-view.ts';
import { type Browser, House, granted, threeVoters } from './testing/house.ts';

const gcode = `G28\nM104 S200\n${'G1 X10 Y10 E1\n'.repeat(2_000)}M104 S0\n`;

async function three(house: House) {
  const { anna, ben, cleo, queue } = await threeVoters(house);
  const file = await anna.addFile(queue, 'cube.gcode', gcode);
  const job = { name: 'Cubes', copies: 3, draft: true, notes: '', sets: [{ file, count: 1 }] };
  expect(await house.await(anna.service.addJob(queue, job))).toMatchObject({ kind: 'committed' });
  await house.pass(1_000);
  return { anna, ben, cleo, queue, file };
}

const conditionOf = (browser: Browser, queue: QueueId) => browser.host(queue).condition().condition;
const heirsOf = (browser: Browser, queue: QueueId) =>
  heirViewsOf(browser.host(queue), browser.peer.heirs, browser.peer.hosts);

async function alone(house: House, who: Browser, queue: QueueId): Promise<QueueId> {
  await house.until('nobody leads', () => mayGoOn(who.host(queue)).ok, 60_000);
  return granted(await house.await(who.service.goOnFrom(queue)));
}

test('going on from a copy is refused while enough peers are here', async () => {
  const house = new House();
  const { anna, queue } = await three(house);
  expect(await house.await(anna.service.goOnFrom(queue))).toMatchObject({
    ok: false,
    refusal: { code: 'not-alone' },
  });
  expect(anna.peer.hosts.size).toBe(1);
});

test('there is nothing to go on from where there is no copy: not here, not let in yet, or one that cannot be opened', async () => {
  const house = new House();
  const { anna, ben, cleo, queue } = await three(house);
  const dana = await house.browser('Dana').open();
  const refusalOf = async () => {
    const begun = await house.await(dana.service.goOnFrom(queue));
    return begun.ok ? undefined : begun.refusal;
  };
  expect(await refusalOf()).toEqual({
    code: 'queue-not-found',
    text: 'This browser has no copy of that queue, so it cannot go on from one.',
  });
  const made = await house.await(
    anna.service.makeLink(queue, { role: 'trusted', lifeMs: 60_000, origin: 'http://localhost' }),
  );
  for (const each of [anna, ben, cleo]) each.kill();
  granted(await house.await(dana.peer.join(granted(made).text)));
  expect(await refusalOf()).toMatchObject({ code: 'nothing-here' });
  await house.await(dana.peer.leave(queue));
  dana.peer.broken.set(queue, { code: 'log-damaged', text: 'Its log is damaged.', name: 'Shields' });
  expect(await refusalOf()).toEqual({
    code: 'log-damaged',
    text: 'This browser’s copy cannot be gone on from. Its log is damaged.',
  });
});

test('who lost the others for good goes on from their copy: the work is there, the old queue is only read, also after a restart', async () => {
  const house = new House();
  const { anna, ben, cleo, queue, file } = await three(house);
  anna.kill();
  cleo.kill();
  const heir = await alone(house, ben, queue);
  expect(heir).not.toBe(queue);
  await house.until('it is ready', () => conditionOf(ben, heir) === 'ready');
  const { state } = ben.host(heir);
  expect([...state.jobs.values()].map(({ name, copies }) => [name, copies])).toEqual([['Cubes', 3]]);
  expect(state.files.has(file)).toBe(true);
  expect(state.head).toMatchObject({ name: 'Shields (continued)', continues: queue });
  expect((await house.await(ben.service.renameQueue(heir, 'Onward'))).kind).toBe('committed');
  expect(conditionOf(ben, queue)).toBe('stopped');
  expect(await house.await(ben.service.renameQueue(queue, 'Never'))).toMatchObject({
    kind: 'refused',
    refusal: { code: 'continued' },
  });
  expect(await house.await(ben.service.goOnFrom(queue))).toMatchObject({ refusal: { code: 'continued' } });
  await house.pass(1_000);
  ben.kill();
  await ben.open();
  expect(conditionOf(ben, queue)).toBe('stopped');
  await house.until('it is ready again', () => conditionOf(ben, heir) === 'ready');
  expect(ben.host(heir).state.head.name).toBe('Onward');
  expect(heirsOf(ben, queue)).toMatchObject([{ queue: heir, mine: true, joined: true, name: 'Onward' }]);
});

test('the others come back: both queues exist, everybody is told which is which, one click joins, and nobody is forced', async () => {
  const house = new House();
  const { anna, ben, cleo, queue } = await three(house);
  anna.kill();
  cleo.kill();
  const heir = await alone(house, ben, queue);
  await anna.open();
  await cleo.open();
  // Two of three: the old queue lives on without Ben, who does not vote there any more.
  await house.until('the old queue decides again', () => conditionOf(anna, queue) === 'ready');
  expect((await house.await(anna.service.renameQueue(queue, 'Shields, old'))).kind).toBe('committed');
  expect(ben.host(queue).state.head.name).toBe('Shields');
  await house.until('both were told', () => [anna, cleo].every((each) => heirsOf(each, queue).length === 1));
  const [told] = heirsOf(anna, queue);
  expect(told).toMatchObject({ queue: heir, byName: 'Ben', mine: false, joined: false });
  expect(anna.peer.hosts.size).toBe(1);
  expect(granted(await house.await(anna.service.joinQueue(told?.link ?? '')))).toBe(heir);
  await house.until('Anna is in both', () => conditionOf(anna, heir) === 'ready');
  await house.until('and keeps it', () => ben.host(heir).status().confState.learners.length === 1);
  expect(heirsOf(anna, queue)).toMatchObject([{ joined: true }]);
  // What was told is kept over a restart, also while Ben is away.
  ben.kill();
  cleo.kill();
  await cleo.open();
  expect(heirsOf(cleo, queue)).toMatchObject([{ queue: heir, joined: false }]);
});

test('a print under way when its peer went on is never started again by itself, and its end is kept in the new queue', async () => {
  const house = new House();
  const { anna, ben, cleo, queue, file } = await three(house);
  const printer = ben.attachPrinter('left', 60_000);
  const job = { name: 'One', copies: 1, draft: false, notes: '', sets: [{ file, count: 1 }] };
  expect((await house.await(ben.service.addJob(queue, job))).kind).toBe('committed');
  await house.until('it prints', () => printer.started.length === 1);
  await house.pass(1_000);
  anna.kill();
  cleo.kill();
  const heir = await alone(house, ben, queue);
  await house.until('it is ready', () => conditionOf(ben, heir) === 'ready');
  const [print] = [...ben.host(heir).state.prints.values()];
  expect(print?.lostMs).toBeDefined();
  await house.until('it ended', () => ben.host(heir).state.history.size === 1, 120_000);
  expect([...ben.host(heir).state.history.values()].map(({ outcome }) => outcome)).toEqual(['good']);
  await house.pass(20_000);
  expect(printer.started.length).toBe(1);
});

test('what was asked while nobody else was here is asked of the new queue, and somebody else’s heir is not believed of another', async () => {
  const house = new House();
  const { anna, ben, cleo, queue } = await three(house);
  anna.kill();
  cleo.kill();
  await house.until('alone', () => mayGoOn(ben.host(queue)).ok);
  expect((await house.await(ben.service.renameQueue(queue, 'Typed alone'))).kind).toBe('unknown');
  const heir = granted(await house.await(ben.service.goOnFrom(queue)));
  await house.until('it is there', () => ben.host(heir).state.head.name === 'Typed alone');
  await anna.open();
  await house.until('Anna is told', () => heirsOf(anna, queue).length === 1);
  const [told] = heirsOf(anna, queue);
  const word = {
    v: 1 as const,
    q: ben.host(queue).digest,
    genesis: ben.host(heir).record.genesis,
    link: told?.link ?? '',
  };
  // Anna says that Ben went on; only Ben may say that.
  await cleo.open();
  const old = cleo.host(queue);
  cleo.peer.heirs.receive(old, anna.peer.identity.peer, word);
  expect(heirsOf(cleo, queue)).toEqual([]);
  cleo.peer.heirs.receive(old, ben.peer.identity.peer, { ...word, genesis: word.genesis.subarray(1) });
  expect(heirsOf(cleo, queue)).toEqual([]);
  const elsewhere = { queue: heir, state: old.state };
  cleo.peer.heirs.receive(elsewhere, ben.peer.identity.peer, word);
  expect([cleo.peer.heirs.of(queue), cleo.peer.heirs.of(heir)]).toEqual([[], []]);
  cleo.peer.heirs.receive(old, ben.peer.identity.peer, word);
  expect(heirsOf(cleo, queue)).toHaveLength(1);
});
