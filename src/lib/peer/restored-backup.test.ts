import { expect, test } from 'vitest';
import { type Browser, House, granted, threeVoters } from './testing/house.ts';

/** Three voters; Cleo's profile is put back from a backup of its present life after Anna and Cleo have committed a name. */
async function putBack(house: House) {
  const { anna, ben, cleo, queue } = await threeVoters(house);
  await house.pass(3_000);
  const backup = cleo.disk.disk.backup();
  const [a, b, c] = [anna, ben, cleo].map((each) => each.peer.identity.peer);
  if (a === undefined || b === undefined || c === undefined) throw new Error('three peers');
  house.network.partition([b], [a, c]);
  const settled = await house.await(anna.service.renameQueue(queue, 'Committed'), 30_000);
  expect(settled).toMatchObject({ kind: 'committed' });
  await house.pass(3_000);
  cleo.kill();
  cleo.disk.disk.restore(backup);
  return { anna, ben, cleo, queue };
}

type Queue = Parameters<Browser['host']>[0];
const nameOf = (each: Browser, queue: Queue) => each.host(queue).state.head.name;
const leads = (each: Browser, queue: Queue) => each.host(queue).status().role === 'leader';

test('a profile that was put back from a backup is recognised by who heard what it acknowledged, before it votes that away', async () => {
  const house = new House();
  const { anna, ben, cleo, queue } = await putBack(house);
  // All begin anew, and Ben, who lacks what was committed, would win with Cleo's vote.
  anna.kill();
  ben.kill();
  house.network.heal();
  await ben.open();
  await anna.open();
  await cleo.open();
  await house.until(
    'Cleo is back as another replica',
    () => (cleo.peer.hosts.get(queue)?.record.replicaId ?? 0) > 3,
    120_000,
  );
  await house.until('all have it', () =>
    [anna, ben, cleo].every((each) => nameOf(each, queue) === 'Committed'),
  );
  expect(anna.host(queue).trouble).toBeUndefined();
});

test('it is recognised by a witness that was itself restarted, whoever leads', async () => {
  const house = new House();
  const { anna, ben, cleo, queue } = await putBack(house);
  anna.kill();
  await anna.open();
  house.network.heal();
  await house.until('one leads', () => [anna, ben].some((each) => leads(each, queue)));
  await cleo.open();
  await house.until(
    'Cleo is back as another replica',
    () => (cleo.peer.hosts.get(queue)?.record.replicaId ?? 0) > 3,
    120_000,
  );
  expect(nameOf(ben, queue)).toBe('Committed');
});

test('when the only witness was away, it stops loudly on its return instead of giving up what was committed', async () => {
  const house = new House();
  const { anna, ben, cleo, queue } = await putBack(house);
  anna.kill();
  house.network.heal();
  await house.pass(5_000);
  await cleo.open();
  // Nobody awake knows: the limit that docs/threat-model.md names.
  await house.until('they go on', () => [ben, cleo].some((each) => leads(each, queue)));
  expect((await house.await(ben.service.renameQueue(queue, 'Without Anna'))).kind).toBe('committed');
  await anna.open();
  await house.until('Anna has stopped', () => anna.host(queue).trouble?.code === 'contradicted', 120_000);
  expect(nameOf(anna, queue)).toBe('Committed');
  expect(anna.host(queue).condition().condition).toBe('stopped');
  // What only Anna's browser has is not lost: it can be gone on from.
  const heir = granted(await house.await(anna.service.goOnFrom(queue)));
  await house.until('the copy goes on', () => anna.host(heir).condition().condition === 'ready');
  expect(nameOf(anna, heir)).toContain('Committed');
});
