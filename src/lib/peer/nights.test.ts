import { expect, test } from 'vitest';
import type { FileId, QueueId } from '../base/index.ts';
import { brokenInvariants } from '../queue/index.ts';
import { type Browser, House } from './testing/house.ts';
import type { ToyPrinter } from './testing/toy-printer.ts';

const gcode = `G28\nM104 S200\n${'G1 X10 Y10 E1\n'.repeat(2_000)}M104 S0\n`;

async function workshop(seed: number, copies: number, claimAhead = 2) {
  const house = new House(seed);
  const anna = await house.browser('Anna').open();
  const ben = await house.browser('Ben').open();
  const cleo = await house.browser('Cleo').open();
  const all = [anna, ben, cleo];
  const queue = await anna.createQueue('Shields');
  await ben.join(anna, queue);
  await cleo.join(anna, queue);
  await house.until('three voters', () =>
    all.every((each) => each.host(queue).status().confState.voters.length === 3),
  );
  const settings = anna.host(queue).submit({ type: 'set-settings', settings: { claimAhead } }, 'Nights');
  expect(await house.await(settings)).toMatchObject({ kind: 'committed' });
  const file = await anna.addFile(queue, 'cube.gcode', gcode);
  await addJob(house, anna, queue, file, copies);
  return { house, anna, ben, cleo, all, queue, file };
}

async function addJob(
  house: House,
  by: Browser,
  queue: QueueId,
  file: FileId,
  copies: number,
): Promise<void> {
  const job = { name: 'Cubes', copies, draft: false, notes: '', sets: [{ file, count: 1 }] };
  expect(await house.await(by.service.addJob(queue, job))).toMatchObject({ kind: 'committed' });
}

function good(browser: Browser, queue: QueueId): number {
  return browser.host(queue).state.totals.all.good;
}

function held(browser: Browser, queue: QueueId, printer: ToyPrinter): number {
  return browser.host(queue).state.printers.get(printer.id)?.prints.length ?? 0;
}

/** What must hold at the end, whoever was away: the job has its copies, no print was begun twice, and all replicas agree. */
function expectMerged(
  all: readonly Browser[],
  queue: QueueId,
  printers: readonly ToyPrinter[],
  copies: number,
): void {
  const started = printers.flatMap((printer) => printer.started);
  expect(new Set(started).size).toBe(started.length);
  for (const each of all) {
    expect(each.host(queue).state.totals.all).toMatchObject({ good: copies, prints: copies, surplus: 0 });
    expect(brokenInvariants(each.host(queue).state)).toEqual([]);
  }
}

test('A printer claims ahead while the others are there, and goes through its copies when they sleep; each counts once', async () => {
  const { house, anna, ben, cleo, all, queue } = await workshop(11, 4);
  const printer = ben.attachPrinter('left', 60_000);
  await house.until(
    'one begun and two held',
    () => printer.started.length > 0 && held(ben, queue, printer) === 3,
  );
  anna.kill();
  cleo.kill();
  await house.until('all held copies printed', () => printer.printed.length === 3, 400_000);
  await house.pass(120_000);
  // The fourth was not held: without the others it is not begun.
  expect(printer.started.length).toBe(3);
  await anna.open();
  await cleo.open();
  await house.until('merged and finished', () => all.every((each) => good(each, queue) === 4), 400_000);
  expectMerged(all, queue, [printer], 4);
});

test('A majority that goes on without a printer leaves it the copies that it holds ahead', async () => {
  const { house, anna, ben, cleo, all, queue } = await workshop(12, 6);
  const night = ben.attachPrinter('left', 60_000);
  await house.until(
    'one begun and two held',
    () => night.started.length > 0 && held(ben, queue, night) === 3,
  );
  for (const other of [anna, cleo]) house.network.cut(ben.peer.identity.peer, other.peer.identity.peer);
  const day = anna.attachPrinter('right', 60_000);
  await house.until('the night shift is done', () => night.printed.length === 3, 400_000);
  await house.until('the others have done theirs', () => day.printed.length === 3, 400_000);
  await house.pass(300_000);
  expect(day.started.length).toBe(3);
  for (const other of [anna, cleo]) house.network.heal(ben.peer.identity.peer, other.peer.identity.peer);
  await house.until('merged', () => all.every((each) => good(each, queue) === 6), 400_000);
  expectMerged(all, queue, [night, day], 6);
});

test('A browser that is closed and opened again in the night begins no copy a second time', async () => {
  const { house, anna, ben, cleo, all, queue } = await workshop(13, 3);
  const before = ben.attachPrinter('left', 60_000);
  await house.until(
    'one begun and two held',
    () => before.started.length > 0 && held(ben, queue, before) === 3,
  );
  anna.kill();
  cleo.kill();
  await house.until('the second is under way', () => before.started.length === 2, 400_000);
  ben.kill();
  await ben.open();
  const after = ben.attachPrinter('left', 60_000);
  // What was interrupted lies on the bed, and who was there when it was begun is gone: nothing more moves before the others are back.
  await house.pass(300_000);
  expect(after.started).toEqual([]);
  await anna.open();
  await cleo.open();
  // What was interrupted is unknown: a person looks at the bed, then its copy is printed again.
  await house.until('the interruption is told', () => anna.host(queue).state.totals.all.unknown === 1);
  const clear = () => anna.service.setBed(queue, after.id, 'clear');
  expect(await house.await(clear())).toMatchObject({ kind: 'committed' });
  await house.until('three good copies', () => all.every((each) => good(each, queue) === 3), 400_000);
  const started = [...before.started, ...after.started];
  expect(new Set(started).size).toBe(started.length);
  for (const each of all)
    expect(each.host(queue).state.totals.all).toMatchObject({ good: 3, unknown: 1, surplus: 0 });
});

test('A copy that waits for its start when the others fall asleep is neither handed back nor forgotten', async () => {
  const { house, anna, ben, cleo, all, queue } = await workshop(16, 3);
  const printer = ben.attachPrinter('left', 30_000);
  await house.until(
    'one begun and two held',
    () => printer.started.length > 0 && held(ben, queue, printer) === 3,
  );
  await house.until('the first is reported', () => good(ben, queue) === 1);
  // The second asks for its start, or is about to.
  for (const other of [anna, cleo]) house.network.cut(ben.peer.identity.peer, other.peer.identity.peer);
  await house.until('the night shift is done', () => printer.printed.length === 3, 400_000);
  house.network.heal();
  await house.until('merged', () => all.every((each) => good(each, queue) === 3), 400_000);
  expectMerged(all, queue, [printer], 3);
});

test('Copies are claimed ahead only when no printer stands idle for them', async () => {
  const { house, anna, ben, cleo, queue } = await workshop(14, 3);
  const printers = [anna, ben, cleo].map((each, i) => each.attachPrinter(`at-${i}`, 30_000));
  await house.until('all begun', () => printers.every((printer) => printer.started.length === 1));
  await house.until('all reported', () => good(anna, queue) === 3);
  expect(printers.map((printer) => printer.printed.length)).toEqual([1, 1, 1]);
});

test('A copy held ahead that a person cancels is handed back and not printed', async () => {
  const { house, anna, ben, queue } = await workshop(15, 3);
  const printer = ben.attachPrinter('left', 60_000);
  await house.until(
    'one begun and two held',
    () => printer.started.length > 0 && held(ben, queue, printer) === 3,
  );
  const ahead = anna.host(queue).state.printers.get(printer.id)?.prints.at(-1);
  if (ahead === undefined) throw new Error('nothing held');
  await house.await(anna.host(queue).submit({ type: 'cancel-print', print: ahead }, 'Cancel'));
  await house.until('handed back', () => !anna.host(queue).state.prints.has(ahead));
  expect(printer.started).not.toContain(ahead);
});

test('Copies held ahead that nobody wants any more are handed back, and not printed', async () => {
  const { house, anna, ben, queue } = await workshop(17, 3);
  const printer = ben.attachPrinter('left', 60_000);
  await house.until(
    'one begun and two held',
    () => printer.started.length > 0 && held(ben, queue, printer) === 3,
  );
  const job = [...anna.host(queue).state.jobs.keys()].at(-1);
  if (job === undefined) throw new Error('no job');
  await house.await(anna.host(queue).submit({ type: 'edit-job', job, copies: 1 }, 'Fewer'));
  await house.until('handed back', () => held(anna, queue, printer) === 1);
  await house.until('the one is reported', () => good(anna, queue) === 1, 400_000);
  expect(printer.started.length).toBe(1);
});
