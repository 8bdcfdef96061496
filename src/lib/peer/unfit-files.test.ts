import { expect, test } from 'vitest';
import type { FileId } from '../base/index.ts';
import { House } from './testing/house.ts';
import { reasonText, waitText } from '../words/index.ts';

const job = (file: FileId, copies = 1) => ({
  name: 'Hot',
  copies,
  draft: false,
  notes: '',
  sets: [{ file, count: 1 }],
});

test('a file that no printer could print fails with its sentence, is set aside, and is not claimed for ever', async () => {
  const house = new House(41);
  const anna = await house.browser('Anna').open();
  const queue = await anna.createQueue('Shields');
  const printer = anna.attachPrinter('left', 60_000);
  const text = 'Line 2 is longer than firmware takes.';
  printer.unfit = { code: 'line-too-long', text };
  const file = await anna.addFile(queue, 'long.gcode', 'G28\nM104 S420\nG1 X1 E1\n');
  await house.await(anna.service.addJob(queue, job(file)));
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

test.each(['too-hot', 'beyond-the-machine'] as const)(
  'what one printer refuses as %s is printed by another, and the first is asked no second time',
  async (code) => {
    const house = new House(43);
    const anna = await house.browser('Anna').open();
    const queue = await anna.createQueue('Shields');
    const small = anna.attachPrinter('small', 2_000);
    const { state } = anna.host(queue);
    await house.until('it is in the queue', () => state.printers.has(small.id));
    const text = 'Line 1 heats the nozzle to 260 °C; the limit of this printer is 240 °C.';
    small.unfit = { code, text };
    const file = await anna.addFile(queue, 'hot.gcode', 'M104 S260\nG28\nG1 X220 Y100 E1\n');
    await house.await(anna.service.addJob(queue, job(file, 3)));
    await house.until('the small one has refused it', () => small.handed !== undefined);
    await house.pass(30_000);
    const set = [...state.sets.values()][0];
    expect(set).toMatchObject({ failed: 0, quarantine: undefined, active: [] });
    // Alone it says why it waits, and fills no log.
    const wait = set === undefined ? undefined : anna.host(queue).indexes.agenda.whyWaits(set.id);
    expect(wait === undefined ? '' : waitText(wait)).toBe(`It does not fit on small: ${text}`);
    const { index } = state;
    await house.pass(300_000);
    expect(state.index - index).toBeLessThan(20);
    small.handed = undefined;
    const big = anna.attachPrinter('big', 2_000);
    await house.until('all are printed', () => [...state.jobs.values()].every(({ done }) => done), 120_000);
    expect(big.printed).toHaveLength(3);
    expect(small.handed).toBeUndefined();
    expect([...state.history.values()].map(({ outcome }) => outcome)).toEqual(['good', 'good', 'good']);
  },
);

test('a copy that a person cancels at the printer before its first move waits for a person, and starts nowhere else', async () => {
  const house = new House(44);
  const anna = await house.browser('Anna').open();
  const queue = await anna.createQueue('Shields');
  const left = anna.attachPrinter('left', 2_000);
  const { state } = anna.host(queue);
  left.unfit = { code: 'cancelled', text: 'Cancelled.' };
  const file = await anna.addFile(queue, 'a.gcode', 'G28\nG1 X1 E1\n');
  await house.await(anna.service.addJob(queue, job(file)));
  await house.until('it is on hold', () => [...state.sets.values()].some(({ onHold }) => onHold.length > 0));
  left.unfit = undefined;
  const right = anna.attachPrinter('right', 2_000);
  await house.pass(120_000);
  expect([...left.printed, ...right.printed]).toEqual([]);
  const set = [...state.sets.keys()][0];
  if (set === undefined) throw new Error('no set');
  await house.await(anna.service.decideCopies(queue, set, [1], 'print-again'));
  await house.until('it is printed', () => [...state.jobs.values()].every(({ done }) => done), 120_000);
});

test('a printer that nobody described takes nothing by itself, and says what is missing', async () => {
  const house = new House(45);
  const anna = await house.browser('Anna').open();
  const queue = await anna.createQueue('Shields');
  const { state } = anna.host(queue);
  const printer = anna.attachPrinter('left', 2_000, { virtual: false });
  await house.until('it is in the queue', () => state.printers.has(printer.id));
  await house.await(anna.service.setBed(queue, printer.id, 'clear'));
  const file = await anna.addFile(
    queue,
    'a.gcode',
    '; BambuStudio 02.04.00.70\n; printer_model = Bambu Lab X1 Carbon\n; nozzle_diameter = 0.4\nG28\nG1 X-13 E1\n',
  );
  await house.await(anna.service.addJob(queue, job(file)));
  await house.pass(120_000);
  expect(printer.handed).toBeUndefined();
  const set = [...state.sets.keys()][0];
  const wait = set === undefined ? undefined : anna.host(queue).indexes.agenda.whyWaits(set);
  expect(wait === undefined ? '' : waitText(wait)).toBe(
    'Nobody said what left is. Say its model or its size, then it takes prints.',
  );
  await house.await(anna.service.changePrinter(queue, printer.id, { model: 'Bambu Lab X1 Carbon' }));
  await house.until('it is printed', () => printer.printed.length > 0);
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
