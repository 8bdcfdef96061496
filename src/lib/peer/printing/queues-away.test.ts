import { expect, test } from 'vitest';
import { type FileId, type QueueId, must } from '../../base/index.ts';
import { type Browser, House, letTwoVote } from '../testing/house.ts';
import { heldPrints } from './held-prints.ts';

const gcode = `G28\nM104 S200\n${'G1 X10 Y10 E1\n'.repeat(200)}M104 S0\n`;

async function addJob(house: House, by: Browser, queue: QueueId, file: FileId): Promise<void> {
  const job = { name: 'Cubes', copies: 1, draft: false, notes: '', sets: [{ file, count: 1 }] };
  expect(await house.await(by.service.addJob(queue, job))).toMatchObject({ kind: 'committed' });
}

const isReady = (browser: Browser, queue: QueueId) => browser.host(queue).condition().condition === 'ready';

/** A printer of two queues: Shields, of which Ben has a vote, so that nothing is agreed without him, and Toys. */
async function twoQueues(seed: number) {
  const house = new House(seed);
  const anna = await house.browser('Anna').open();
  const ben = await house.browser('Ben').open();
  const shields = await anna.createQueue('Shields');
  await letTwoVote(anna, shields);
  await ben.join(anna, shields);
  await house.until('Ben votes', () => anna.host(shields).status().confState.voters.length === 2);
  const toys = await anna.createQueue('Toys');
  const files = [
    await anna.addFile(shields, 'cube.gcode', gcode),
    await anna.addFile(toys, 'cube.gcode', gcode),
  ] as const;
  const printer = anna.attachPrinter('left', 60_000);
  const bed = (queue: QueueId) => anna.host(queue).state.printers.get(printer.id)?.bed;
  await house.until('both know it', () => bed(shields) === 'clear' && bed(toys) === 'clear');
  return { house, anna, ben, shields, toys, files, printer, bed };
}

test('what was told of a bed before a restart and arrives after it lets nothing start on the part of a queue that has no leader', async () => {
  const { house, anna, ben, shields, toys, files, printer, bed } = await twoQueues(41);
  const cleo = await house.browser('Cleo').open();
  await letTwoVote(anna, toys);
  await cleo.join(anna, toys);
  await house.until('Cleo votes', () => anna.host(toys).status().confState.voters.length === 2);
  await house.await(anna.service.setBed(toys, printer.id, 'occupied'));
  await addJob(house, anna, toys, files[1]);
  // Nobody in Toys hears that the bed is clear again.
  cleo.kill();
  await house.until('Toys has no leader', () => !isReady(anna, toys));
  void anna.service.setBed(toys, printer.id, 'clear');
  await addJob(house, anna, shields, files[0]);
  await house.until('a print of Shields is under way', () => printer.started.length === 1);
  ben.kill();
  anna.kill();

  await anna.open();
  const again = anna.attachPrinter('left', 60_000);
  await cleo.open();
  await house.until('Toys has a leader', () => isReady(anna, toys));
  await house.pass(30_000);
  expect(isReady(anna, shields)).toBe(false);
  expect(bed(toys)).toBe('unknown');
  expect(again.started).toEqual([]);
  // Who has looked says so: Toys need not wait for Shields to come back.
  expect(await house.await(anna.service.setBed(toys, again.id, 'clear'))).toMatchObject({
    kind: 'committed',
  });
  await house.until('the print of Toys starts', () => again.started.length === 1);
});

test('what was begun for a queue whose log is damaged lies there for the others, until somebody has looked', async () => {
  const { house, anna, ben, shields, toys, files, printer, bed } = await twoQueues(42);
  await addJob(house, anna, shields, files[0]);
  await house.until('a print of Shields is under way', () => printer.started.length === 1);
  ben.kill();
  anna.kill();
  expect(anna.disk.disk.rotRecord(shields)).toBe(true);

  await anna.open();
  expect(anna.peer.hosts.has(shields)).toBe(false);
  const again = anna.attachPrinter('left', 60_000);
  await house.until('Toys has a leader', () => isReady(anna, toys));
  await addJob(house, anna, toys, files[1]);
  await house.pass(30_000);
  expect(bed(toys)).toBe('unknown');
  expect(again.started).toEqual([]);
  expect(await house.await(anna.service.setBed(toys, again.id, 'clear'))).toMatchObject({
    kind: 'committed',
  });
  await house.until('the print of Toys starts', () => again.started.length === 1);
});

test('what was begun here is over after a restart, although the queue is only known to have claimed it', async () => {
  const { house, anna, shields, files } = await twoQueues(43);
  await addJob(house, anna, shields, files[0]);
  const held = () => [...anna.host(shields).state.prints.values()];
  await house.until('a copy is claimed', () => held().length === 1);
  const { id, phase, printer } = must(held()[0], 'a print is held');
  expect(phase).toBe('claimed');
  const record = must(anna.host(shields).state.printers.get(printer), 'its printer is known');
  expect(heldPrints(anna.host(shields), record, true, undefined)).toEqual({ begin: id, over: [] });
  expect(heldPrints(anna.host(shields), record, true, id)).toEqual({ begin: undefined, over: [id] });
});
