import { expect, test } from 'vitest';
import { steadyHabits } from '../storage/disk.ts';
import { reopenPausesMs } from './limits.ts';
import { House, threeVoters } from './testing/house.ts';

const pausesMs = reopenPausesMs['storage-full'];
const [firstMs] = pausesMs;

test('a replica whose write failed stops, says so, and comes up again from its disk by itself', async () => {
  const house = new House();
  const { anna, ben, queue } = await threeVoters(house);
  ben.disk.disk.habits = { ...steadyHabits, fullOneIn: 1 };
  expect(await house.await(anna.service.renameQueue(queue, 'Without Ben'))).toMatchObject({
    kind: 'committed',
  });
  const isStopped = () => ben.host(queue).condition().condition === 'stopped';
  await house.until('Ben has stopped', isStopped, 5_000);
  expect(ben.host(queue).condition().text).toContain('no room left');
  expect(ben.host(queue).state.head.name).toBe('Shields');
  ben.disk.disk.habits = steadyHabits;
  const name = () => ben.peer.hosts.get(queue)?.state.head.name;
  await house.until('Ben has it', () => name() === 'Without Ben', firstMs + 5_000);
  // As the same replica, which votes as before: with it two of three decide.
  expect(ben.host(queue).status().confState.voters).toContain(ben.host(queue).status().replicaId);
  anna.kill();
  const settled = ben.service.renameQueue(queue, 'Without Anna');
  expect(await house.await(settled)).toMatchObject({ kind: 'committed' });
});

test('a disk that stays full is tried a few times, ever more rarely, and then left to a person', async () => {
  const house = new House();
  const { anna, ben, queue } = await threeVoters(house);
  ben.disk.disk.habits = { ...steadyHabits, fullOneIn: 1 };
  const opened: number[] = [];
  const store = ben.peer.ports.store;
  const openLog = store.openLog.bind(store);
  store.openLog = (key) => {
    const now = house.clock.monotonicMs();
    // In vain once for the queue and once for its name.
    if (now - (opened.at(-1) ?? -Infinity) > 1_000) opened.push(now);
    return openLog(key);
  };
  await house.await(anna.service.renameQueue(queue, 'Without Ben'));
  const isStopped = () => ben.peer.broken.has(queue) || ben.peer.hosts.get(queue)?.trouble !== undefined;
  await house.until('Ben has stopped', isStopped, 5_000);
  const allMs = pausesMs.reduce((sum, ms) => sum + ms, 0);
  await house.pass(allMs + 30_000);
  expect(opened.length).toBe(pausesMs.length);
  const gaps = opened.slice(1).map((at, i) => at - (opened[i] ?? 0));
  expect(gaps.every((gap, i) => gap >= (pausesMs[i + 1] ?? 0))).toBe(true);
  await house.pass(60_000);
  expect(opened.length).toBe(pausesMs.length);
  expect(isStopped()).toBe(true);
});
