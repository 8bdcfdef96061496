import { expect, test } from 'vitest';
import { House } from './testing/house.ts';

test('a long print on a peer that does not lead keeps its lease while nothing else happens', async () => {
  const house = new House();
  const anna = await house.browser('Anna').open();
  const ben = await house.browser('Ben').open();
  const queue = await anna.createQueue('Shields');
  await ben.join(anna, queue);
  const printer = ben.attachPrinter('left', 8 * 60_000);
  const file = await anna.addFile(queue, 'cube.gcode', `G28\n${'G1 X1\n'.repeat(1000)}`);
  const job = { name: 'Cube', copies: 1, draft: false, notes: '', sets: [{ file, count: 1 }] };
  expect(await house.await(anna.service.addJob(queue, job))).toMatchObject({ kind: 'committed' });
  await house.until('it prints', () => printer.started.length === 1);
  let lost = false;
  for (let i = 0; i < 7 * 60; i++) {
    await house.pass(1_000);
    for (const print of anna.host(queue).state.prints.values()) lost ||= print.lostMs !== undefined;
  }
  expect(lost).toBe(false);
});

test('an idle leader tells the time twice an hour, so that no entry must add more than it may', async () => {
  const house = new House();
  const anna = await house.browser('Anna').open();
  const queue = await anna.createQueue('Shields');
  const host = anna.host(queue);
  await house.pass(10_000);
  const { index, stampMs } = host.state;
  await house.pass(65 * 60_000, 250);
  expect(host.state.index).toBe(index + 2);
  expect(host.state.stampMs - stampMs).toBeGreaterThan(59 * 60_000);
});
