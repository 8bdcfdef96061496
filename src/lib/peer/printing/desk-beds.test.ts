import { describe, expect, test } from 'vitest';
import type { FileId, PrintId, QueueId } from '../../base/index.ts';
import { type BedOf, bedsToTell } from './desk-beds.ts';
import { type Browser, House } from '../testing/house.ts';

const [one, two] = ['one', 'two'] as [QueueId, QueueId];
const [cube, gear] = ['cube', 'gear'] as [PrintId, PrintId];
const bedOf = (queue: QueueId, bed: BedOf['bed'], more: Partial<BedOf> = {}): BedOf => ({
  queue,
  bed,
  print: undefined,
  before: { bed, print: more.print },
  printing: false,
  ...more,
});
const clear = (print?: PrintId) => ({ bed: 'clear', print });
const occupied = (print?: PrintId) => ({ bed: 'occupied', print });

describe('the one bed of a printer of two queues', () => {
  test.each<[string, BedOf[], PrintId | undefined, [QueueId, object][]]>([
    ['clear in both: nothing', [bedOf(one, 'clear'), bedOf(two, 'clear')], undefined, []],
    [
      'what lies there after a print of one lies there for the other, by its name',
      [bedOf(one, 'occupied', { print: cube }), bedOf(two, 'clear')],
      cube,
      [[two, occupied(cube)]],
    ],
    [
      'a print whose end nobody knows lies there for both',
      [bedOf(one, 'unknown', { print: cube }), bedOf(two, 'clear')],
      cube,
      [[two, occupied(cube)]],
    ],
    [
      'what lies there now is named to a queue that knows of what lay there before',
      [bedOf(one, 'occupied', { print: cube }), bedOf(two, 'occupied', { print: gear })],
      cube,
      [[two, occupied(cube)]],
    ],
    [
      'not while that print is under way',
      [bedOf(one, 'occupied', { print: cube, printing: true }), bedOf(two, 'clear')],
      cube,
      [],
    ],
    [
      'who clears it in one clears it for both',
      [
        bedOf(one, 'clear', { before: { bed: 'occupied', print: cube } }),
        bedOf(two, 'occupied', { print: cube }),
      ],
      cube,
      [[two, clear(cube)]],
    ],
    [
      'a late word that something else was taken off clears it for nobody',
      [
        bedOf(one, 'clear', { before: { bed: 'occupied', print: gear } }),
        bedOf(two, 'occupied', { print: cube }),
      ],
      cube,
      [[one, occupied(cube)]],
    ],
    [
      'a queue that does not know learns from one where somebody has looked',
      [bedOf(one, 'clear'), bedOf(two, 'unknown')],
      undefined,
      [[two, clear()]],
    ],
    ['unknown in both: nothing', [bedOf(one, 'unknown'), bedOf(two, 'unknown')], undefined, []],
  ])('%s', (_, beds, part, told) => {
    expect([...bedsToTell(beds, part)]).toEqual(told);
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
