import { expect, test } from 'vitest';
import type { FileId, PrinterId, QueueId } from '../base/index.ts';
import { filesToldMax } from './limits.ts';
import { printerPresence } from './printing/my-presence.ts';
import { jobView } from './serving/row-views.ts';
import { toldPrinters } from './serving/told-printers.ts';
import { type Browser, House } from './testing/house.ts';
import { saidJob } from './tab/said-views.ts';

/** What a page of this browser says of the queue's first job. */
function why(browser: Browser, queue: QueueId): string | undefined {
  const host = browser.host(queue);
  const { identity, files, ports, desk } = browser.peer;
  const [job] = host.state.jobs.keys();
  if (job === undefined) return undefined;
  const heard = host.presence.all();
  const told = new Map(heard.flatMap(([, { printers }]) => printers.map((each) => [each.printer, each])));
  for (const printer of desk.printers()) told.set(printer.id, printerPresence(printer));
  const presenceOf = (printer: PrinterId) => told.get(printer);
  const paths = new Map(ports.wire.connections().map(({ peer, path, rttMs }) => [peer, { path, rttMs }]));
  const facts = jobView(
    {
      host,
      self: identity.peer,
      heirs: [],
      keeper: files.keeper,
      printers: desk.printers(),
      paths,
      pictures: files.pictures,
      printersOf: () => [],
      presenceOf,
      told: toldPrinters({ state: host.state, presenceOf, isSilent: () => false }),
    },
    job,
  );
  return facts === undefined ? undefined : saidJob(facts).why;
}

test('a job whose file went away with its only holder says so, and prints once the holder is back', async () => {
  const house = new House(61);
  const anna = await house.browser('Anna').open();
  const ben = await house.browser('Ben').open();
  const cleo = await house.browser('Cleo').open();
  const queue = await anna.createQueue('Shields');
  await ben.join(anna, queue);
  await cleo.join(anna, queue, 'guest');
  await house.pass(2_000);
  const file = await cleo.addFile(queue, 'lamp.gcode', 'G28\nG1 X10 Y10 E1\n');
  const job = { name: 'Lamp', copies: 1, draft: false, notes: '', sets: [{ file, count: 1 }] };
  expect(await house.await(cleo.service.addJob(queue, job))).toMatchObject({ kind: 'committed' });
  cleo.kill();
  await house.until('the job is known', () => ben.host(queue).state.jobs.size === 1);
  expect(ben.peer.files.keeper.whole(file) || anna.peer.files.keeper.whole(file)).toBe(false);
  const said = 'Nobody who is here has lamp.gcode: it waits for a peer that holds it.';
  await house.until('it is said', () => why(ben, queue) === said && why(anna, queue) === said);
  ben.attachPrinter('left');
  await house.pass(20_000);
  expect(why(ben, queue)).toBe(said);
  // The printer is not kept by it from what can be printed, and claims nothing in vain.
  const { state } = ben.host(queue);
  const before = state.index;
  await house.pass(120_000);
  expect(state.index - before).toBeLessThan(5);
  const other = await ben.addFile(queue, 'cube.gcode', 'G28\nG1 X1 Y1 E1\n');
  const cube = { name: 'Cube', copies: 1, draft: false, notes: '', sets: [{ file: other, count: 1 }] };
  expect(await house.await(ben.service.addJob(queue, cube))).toMatchObject({ kind: 'committed' });
  const isDone = (name: string) => [...state.jobs.values()].some((each) => each.name === name && each.done);
  await house.until('the other is printed', () => isDone('Cube'), 20_000);
  expect(isDone('Lamp')).toBe(false);
  await cleo.open();
  await house.until('it is printed', () => isDone('Lamp'));
});

test('a file that its holder had no room to name is asked for all the same', async () => {
  const house = new House(63);
  const anna = await house.browser('Anna').open();
  const ben = await house.browser('Ben').open();
  const queue = await anna.createQueue('Shields');
  await ben.join(anna, queue, 'guest');
  const text = 'G28\nG1 X10 Y10 E1\n';
  const file = await anna.addFile(queue, 'oldest.gcode', text);
  const { presence } = ben.host(queue);
  const others = Array.from({ length: filesToldMax }, (_, i) => `another${i}` as FileId);
  let told = others.slice(1);
  const all = presence.all.bind(presence);
  presence.all = () => all().map(([peer, said]) => [peer, { ...said, files: told }]);
  await house.until('Ben knows of Anna and the file', () => {
    return presence.all().length > 0 && ben.host(queue).state.files.has(file);
  });
  const { keeper } = ben.peer.files;
  expect(keeper.withinReach(file)).toBe(false);
  told = others;
  expect(keeper.withinReach(file)).toBe(true);
  const wanted = { file, name: 'oldest.gcode', sizeBytes: text.length, by: anna.peer.identity.peer };
  expect(await house.await(keeper.ensure(wanted))).toMatchObject({ ok: true });
});

test('a draft says that it is one, whoever holds its file', async () => {
  const house = new House(62);
  const anna = await house.browser('Anna').open();
  const queue = await anna.createQueue('Shields');
  const file = await anna.addFile(queue, 'lamp.gcode', 'G28\n');
  const job = { name: 'Lamp', copies: 1, draft: true, notes: '', sets: [{ file, count: 1 }] };
  await house.await(anna.service.addJob(queue, job));
  expect(why(anna, queue)).toBe('It is a draft: nothing is printed before it is released.');
});

test('a copy whose printer went away with its tab or its cable waits for it by name, on every peer', async () => {
  const house = new House(64);
  const anna = await house.browser('Anna').open();
  const ben = await house.browser('Ben').open();
  const queue = await anna.createQueue('Shields');
  await ben.join(anna, queue);
  const left = anna.attachPrinter('left', 600_000);
  await house.until('it is known', () => ben.host(queue).state.printers.size === 1);
  const file = await anna.addFile(queue, 'lamp.gcode', 'G28\nG1 X10 Y10 E1\n');
  const job = { name: 'Lamp', copies: 2, draft: false, notes: '', sets: [{ file, count: 1 }] };
  expect(await house.await(anna.service.addJob(queue, job))).toMatchObject({ kind: 'committed' });
  await house.until('it prints', () => why(ben, queue) === 'left is printing lamp.gcode.');
  left.detach();
  const was = 'left was printing lamp.gcode when it was last heard of.';
  await house.until('it is said', () => why(ben, queue) === was && why(anna, queue) === was);
  const print = [...anna.host(queue).state.prints.keys()][0];
  if (print === undefined) throw new Error('it was under way');
  const lost = 'left lost contact while printing lamp.gcode.';
  await house.until('it is lost', () => why(anna, queue) === lost, 400_000);
  expect(await house.await(anna.service.resolvePrint(queue, print, 'failed'))).toMatchObject({
    kind: 'committed',
  });
  const away = 'left is not connected just now.';
  await house.until('both say it', () => why(ben, queue) === away && why(anna, queue) === away);
});
