import { expect, test } from 'vitest';
import { figuresOf } from '../serving/figures.ts';
import { House } from '../testing/house.ts';

test('a printer that a person removed is off the board at once, keeps its totals, and is back when it is connected again', async () => {
  const house = new House(71);
  const anna = await house.browser('Anna').open();
  const queue = await anna.createQueue('Shields');
  const printer = anna.attachPrinter('left', 3_000);
  const { state } = anna.host(queue);
  await house.until('it is known', () => state.printers.has(printer.id));
  const file = await anna.addFile(queue, 'cube.gcode', 'G28\nG1 X1\n');
  const job = { name: 'Cube', copies: 1, draft: false, notes: '', sets: [{ file, count: 1 }] };
  expect(await house.await(anna.service.addJob(queue, job))).toMatchObject({ kind: 'committed' });
  await house.until('it has printed', () => state.totals.all.good === 1, 400_000);

  expect(await house.await(anna.service.removePrinter(queue, printer.id))).toMatchObject({
    kind: 'committed',
  });
  expect(state.printers.size).toBe(0);
  expect(figuresOf(state).byPrinter).toMatchObject([{ name: 'left, removed', good: 1 }]);
  // A second word finds nothing to remove.
  expect(await house.await(anna.service.removePrinter(queue, printer.id))).toMatchObject({
    kind: 'refused',
    refusal: { code: 'printer-not-found' },
  });

  printer.reconnect();
  await house.until('it is back', () => state.printers.has(printer.id));
});
