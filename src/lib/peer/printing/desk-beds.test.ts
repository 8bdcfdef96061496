import { describe, expect, test } from 'vitest';
import type { FileId, QueueId } from '../../base/index.ts';
import { type BedOf, bedsToTell } from './desk-beds.ts';
import { type Browser, House } from '../testing/house.ts';

const [one, two] = ['one', 'two'] as [QueueId, QueueId];
const bedOf = (queue: QueueId, bed: BedOf['bed'], more: Partial<BedOf> = {}): BedOf => ({
  queue,
  bed,
  before: bed,
  lies: false,
  printing: false,
  ...more,
});

describe('the one bed of a printer of two queues', () => {
  test.each<[string, BedOf[], [QueueId, string][]]>([
    ['clear in both: nothing', [bedOf(one, 'clear'), bedOf(two, 'clear')], []],
    [
      'what lies there after a print of one lies there for the other',
      [bedOf(one, 'occupied', { lies: true }), bedOf(two, 'clear')],
      [[two, 'occupied']],
    ],
    [
      'a print whose end nobody knows lies there for both',
      [bedOf(one, 'unknown', { lies: true }), bedOf(two, 'clear')],
      [[two, 'occupied']],
    ],
    [
      'not while that print is under way',
      [bedOf(one, 'occupied', { lies: true, printing: true }), bedOf(two, 'clear')],
      [],
    ],
    [
      'who clears it in one clears it for both',
      [bedOf(one, 'clear', { before: 'occupied' }), bedOf(two, 'occupied', { lies: true })],
      [[two, 'clear']],
    ],
    [
      'a queue that does not know learns from one where somebody has looked',
      [bedOf(one, 'clear'), bedOf(two, 'unknown')],
      [[two, 'clear']],
    ],
    ['unknown in both: nothing', [bedOf(one, 'unknown'), bedOf(two, 'unknown')], []],
  ])('%s', (_, beds, told) => {
    expect([...bedsToTell(beds)]).toEqual(told);
  });
});

const gcode = `G28\nM104 S200\n${'G1 X10 Y10 E1\n'.repeat(200)}M104 S0\n`;

async function addJob(house: House, by: Browser, queue: QueueId, file: FileId): Promise<void> {
  const job = { name: 'Cubes', copies: 1, draft: false, notes: '', sets: [{ file, count: 1 }] };
  expect(await house.await(by.service.addJob(queue, job))).toMatchObject({ kind: 'committed' });
}

test('a printer of two queues starts nothing for the second while the part of the first lies on it', async () => {
  const house = new House(31);
  const anna = await house.browser('Anna').open();
  const shields = await anna.createQueue('Shields');
  const toys = await anna.createQueue('Toys');
  const printer = anna.attachPrinter('left', 60_000);
  const record = (queue: QueueId) => anna.host(queue).state.printers.get(printer.id);
  await house.until('both know it', () => record(shields) !== undefined && record(toys) !== undefined);
  for (const queue of [shields, toys])
    await house.await(anna.service.changePrinter(queue, printer.id, { autoClear: false }));
  for (const queue of [shields, toys])
    await addJob(house, anna, queue, await anna.addFile(queue, 'cube.gcode', gcode));
  await house.until('one is printed', () => printer.printed.length === 1, 400_000);
  const [first, second] =
    record(shields)?.bedPrint === printer.printed[0] ? [shields, toys] : [toys, shields];
  await house.until('the other queue sees it on the bed', () => record(second)?.bed === 'occupied');
  await house.pass(120_000);
  expect(printer.started.length).toBe(1);
  // Cleared in one queue, it is clear for both.
  expect(await house.await(anna.service.setBed(first, printer.id, 'clear', 'good'))).toMatchObject({
    kind: 'committed',
  });
  await house.until('the second is printed', () => anna.host(second).state.totals.all.good === 1, 400_000);
  expect(printer.printed.length).toBe(2);
});

test('what a printer’s display says of its bed counts between prints only', async () => {
  const house = new House(32);
  const anna = await house.browser('Anna').open();
  const queue = await anna.createQueue('Shields');
  const printer = anna.attachPrinter('left', 60_000);
  const record = () => anna.host(queue).state.printers.get(printer.id);
  await house.until('it is known', () => record() !== undefined);
  await house.await(anna.service.changePrinter(queue, printer.id, { autoClear: false }));
  await addJob(house, anna, queue, await anna.addFile(queue, 'cube.gcode', gcode));
  await house.until('it prints', () => printer.started.length === 1, 400_000);
  printer.sayBed(true);
  await house.until('it has printed', () => anna.host(queue).state.totals.all.good === 1, 400_000);
  await house.pass(10_000);
  expect(record()?.bed).toBe('occupied');
  printer.sayBed(true);
  await house.until('the bed is clear', () => record()?.bed === 'clear');
  printer.sayBed(false);
  await house.until('the bed is not clear', () => record()?.bed === 'occupied');
});

test('a bed is unknown after its printer was connected again, in all its queues, until a person says what is there', async () => {
  const house = new House(33);
  const anna = await house.browser('Anna').open();
  const queues = [await anna.createQueue('Shields'), await anna.createQueue('Toys')] as const;
  const printer = anna.attachPrinter('left', 60_000);
  const beds = () => queues.map((queue) => anna.host(queue).state.printers.get(printer.id)?.bed);
  await house.until('both know it', () => beds().every((bed) => bed !== undefined));
  for (const queue of queues)
    await house.await(anna.service.changePrinter(queue, printer.id, { autoClear: false }));
  expect(beds()).toEqual(['clear', 'clear']);
  printer.reconnect();
  await house.until('nobody knows', () => beds().every((bed) => bed === 'unknown'));
  await addJob(house, anna, queues[1], await anna.addFile(queues[1], 'cube.gcode', gcode));
  await house.pass(60_000);
  expect(printer.started).toEqual([]);
  await house.await(anna.service.setBed(queues[0], printer.id, 'clear'));
  await house.until('it is printed', () => printer.printed.length === 1, 400_000);
});
