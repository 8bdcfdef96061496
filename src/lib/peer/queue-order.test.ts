import { expect, test } from 'vitest';
import type { QueueId } from '../base/index.ts';
import { isUnderWay } from '../queue/index.ts';
import { openMemoryStore } from '../storage/index.ts';
import { QueueOrder } from './printing/queue-order.ts';
import { type Browser, House } from './testing/house.ts';

const gcode = `G28\nM104 S200\n${'G1 X10 Y10 E1\n'.repeat(20)}M104 S0\n`;
const [one, two, three] = ['one', 'two', 'three'] as [QueueId, QueueId, QueueId];

test('queues that nobody put in order come last, as they were opened; the order outlives the process', async () => {
  const store = openMemoryStore();
  const order = new QueueOrder(store);
  const there = new Map([one, two, three].map((queue) => [queue, queue]));
  expect(order.sort(there)).toEqual([one, two, three]);
  await order.put([three]);
  await order.put([two]);
  expect(order.sort(there)).toEqual([two, three, one]);
  there.delete(two);
  const again = new QueueOrder(store);
  await again.load();
  expect(again.sort(there)).toEqual([three, one]);
});

async function addJobs(house: House, by: Browser, queue: QueueId, copies: number): Promise<void> {
  const file = await by.addFile(queue, 'cube.gcode', gcode);
  const job = { name: 'Cubes', copies, draft: false, notes: '', sets: [{ file, count: 1 }] };
  expect(await house.await(by.service.addJob(queue, job))).toMatchObject({ kind: 'committed' });
}

test('a printer serves its queues in the order that its owner set, one print at a time', async () => {
  const house = new House(33);
  const anna = await house.browser('Anna').open();
  const shields = await anna.createQueue('Shields');
  const toys = await anna.createQueue('Toys');
  const printer = anna.attachPrinter('left', 3_000);
  const good = (queue: QueueId) => anna.host(queue).state.totals.all.good;
  const both = () => [anna.host(shields).state, anna.host(toys).state];
  const underWay = () => both().flatMap(({ prints }) => [...prints.values()].filter(isUnderWay)).length;
  await house.until('both know it', () => both().every(({ printers }) => printers.has(printer.id)));
  expect(await house.await(anna.service.orderQueues([toys, shields]))).toMatchObject({ ok: true });
  expect(anna.peer.order.sort(anna.peer.hosts).map(({ queue }) => queue)).toEqual([toys, shields]);
  await house.await(anna.service.enablePrinter(shields, printer.id, false));
  await house.await(anna.service.enablePrinter(toys, printer.id, false));
  for (const queue of [shields, toys]) await addJobs(house, anna, queue, 3);
  await house.await(anna.service.enablePrinter(shields, printer.id, true));
  await house.await(anna.service.enablePrinter(toys, printer.id, true));
  const sequence: string[] = [];
  let most = 0;
  const step = () => {
    most = Math.max(most, underWay(), printer.started.length - printer.printed.length);
    const name = (queue: QueueId) => (queue === toys ? 'toys' : 'shields');
    for (const queue of [toys, shields])
      while (sequence.filter((each) => each === name(queue)).length < good(queue)) sequence.push(name(queue));
    return good(toys) + good(shields);
  };
  // The first may have gone to the queue that was switched on first; from then on the order decides.
  await house.until('half is printed', () => step() === 3, 400_000);
  expect(sequence.filter((each) => each === 'toys').length).toBeGreaterThanOrEqual(2);
  // What the owner changes counts from the next copy on.
  await house.await(anna.service.orderQueues([shields, toys]));
  const left = good(toys);
  await house.until('the other queue is done', () => step() > 0 && good(shields) === 3, 400_000);
  expect(good(toys) - left).toBeLessThanOrEqual(1);
  await house.until('everything is printed', () => step() === 6, 400_000);
  expect(most).toBe(1);
});
