import { expect, test } from 'vitest';
import { House } from './testing/house.ts';

const gcode = `G28\nM104 S200\n${'G1 X10 Y10 E1\n'.repeat(2_000)}M104 S0\n`;

/** One peer that prints a single copy for so long; returns once the first line has been sent. */
async function onePrint(printMs: number) {
  const house = new House();
  const anna = await house.browser('Anna').open();
  const queue = await anna.createQueue('Cubes');
  const printer = anna.attachPrinter('left', printMs);
  const file = await anna.addFile(queue, 'cube.gcode', gcode);
  const job = { name: 'Cube', copies: 1, draft: false, notes: '', sets: [{ file, count: 1 }] };
  await house.await(anna.service.addJob(queue, job));
  await house.until('it prints', () => printer.started.length === 1);
  const outcomes = () => [...anna.host(queue).state.history.values()].map((entry) => entry.outcome);
  return { house, anna, queue, printer, outcomes };
}

test('a print under which the worker dies is taken up by the next worker, its lease renewed, and ends good', async () => {
  const { house, anna, queue, printer, outcomes } = await onePrint(200_000);
  await house.pass(500);
  anna.kill();
  await house.pass(3_000);
  await anna.open();
  printer.reattach();
  expect(anna.peer.desk.printing).toBe(true);
  await house.until('it leads', () => anna.host(queue).condition().condition === 'ready');
  // Longer than a lease: were it not renewed, contact would count as lost.
  await house.pass(120_000);
  const [print] = anna.host(queue).state.prints.values();
  expect(print).toMatchObject({ phase: 'started', lostMs: undefined });
  expect((print?.leaseUntilMs ?? 0) > anna.host(queue).nowMs).toBe(true);
  await house.until('it is over', () => outcomes().length === 1, 120_000);
  expect(outcomes()).toEqual(['good']);
  expect(printer.started.length).toBe(1);
});

test('a print that ends while there is no worker is reported to the next one, once', async () => {
  const { house, anna, queue, printer, outcomes } = await onePrint(4_000);
  await house.pass(500);
  anna.kill();
  await house.until('it is printed', () => printer.printed.length === 1);
  await anna.open();
  printer.reattach();
  await house.until('it is known', () => outcomes().length === 1);
  await house.pass(10_000);
  expect(outcomes()).toEqual(['good']);
  expect(anna.host(queue).state.prints.size).toBe(0);
  expect(printer.started.length).toBe(1);
});

test('a print that waits at the fence when the worker dies asks the next one, and starts once', async () => {
  const house = new House();
  const anna = await house.browser('Anna').open();
  const queue = await anna.createQueue('Cubes');
  const printer = anna.attachPrinter('left', 2_000);
  const file = await anna.addFile(queue, 'cube.gcode', gcode);
  const job = { name: 'Cube', copies: 1, draft: false, notes: '', sets: [{ file, count: 1 }] };
  await house.await(anna.service.addJob(queue, job));
  await house.until('it is claimed', () => printer.waiting);
  anna.kill();
  await anna.open();
  printer.reattach();
  await house.until('it is printed', () => printer.printed.length === 1);
  expect(new Set(printer.started).size).toBe(1);
  expect(printer.started.length).toBe(1);
});
