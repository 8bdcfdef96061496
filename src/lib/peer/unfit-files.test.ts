import { expect, test } from 'vitest';
import { House } from './testing/house.ts';
import { reasonText } from '../words/index.ts';

test('a file that a printer cannot print fails with its sentence, is set aside, and is not claimed for ever', async () => {
  const house = new House(41);
  const anna = await house.browser('Anna').open();
  const queue = await anna.createQueue('Shields');
  const printer = anna.attachPrinter('left', 60_000);
  const text = 'Line 2 heats the nozzle to 420 °C; the limit of this printer is 300 °C.';
  printer.unfit = { code: 'too-hot', text };
  const file = await anna.addFile(queue, 'hot.gcode', 'G28\nM104 S420\nG1 X1 E1\n');
  const job = { name: 'Hot', copies: 1, draft: false, notes: '', sets: [{ file, count: 1 }] };
  await house.await(anna.service.addJob(queue, job));
  const { state } = anna.host(queue);
  await house.until('it is set aside', () =>
    [...state.sets.values()].some((set) => set.quarantine !== undefined),
  );
  const ended = [...state.history.values()];
  expect(ended.every(({ outcome, reason }) => outcome === 'failed' && reasonText(reason) === text)).toBe(
    true,
  );
  const before = state.index;
  await house.pass(300_000);
  // Nothing goes on in the log: no claim follows another.
  expect(ended.length).toBe(state.history.size);
  expect(state.index - before).toBeLessThan(20);
  expect(state.printers.get(printer.id)?.bed).toBe('clear');
});

test('a printer is told with each print how large it may be, as its profile in the queue says', async () => {
  const house = new House(42);
  const anna = await house.browser('Anna').open();
  const queue = await anna.createQueue('Shields');
  const printer = anna.attachPrinter('left', 60_000);
  const { state } = anna.host(queue);
  await house.until('it is in the queue', () => state.printers.has(printer.id));
  const sizeMm = { x: 220, y: 210, z: 250 };
  await house.await(anna.service.changePrinter(queue, printer.id, { sizeMm }));
  const file = await anna.addFile(queue, 'a.gcode', 'G28\nG1 X1 E1\n');
  const job = { name: 'A', copies: 1, draft: false, notes: '', sets: [{ file, count: 1 }] };
  await house.await(anna.service.addJob(queue, job));
  await house.until('it was handed', () => printer.handed !== undefined);
  expect(printer.handed?.sizeMm).toEqual(sizeMm);
});
