import { expect, test } from 'vitest';
import { House } from '../testing/house.ts';

const job = { name: 'Cubes', copies: 2, draft: false, notes: '' };
/** Writes of a job of two copies: adding the printer, the job, then five or so for each copy. */
const writes = Array.from({ length: 12 }, (_, i) => i + 1);

/** Two copies, with the disk of the browser failing one write of the outbox, or all from one on for a while. */
async function print(failing: number, forMs: number): Promise<House> {
  const house = new House(7);
  const anna = await house.browser('Anna').open();
  const queue = await anna.createQueue('Shields');
  const printer = anna.attachPrinter('left', 2_000);
  const { state } = anna.host(queue);
  await house.until('it is known', () => state.printers.size === 1);
  const file = await anna.addFile(queue, 'cube.gcode', 'G28\nG1 X1\n');
  expect(await house.await(anna.service.addJob(queue, { ...job, sets: [{ file, count: 1 }] }))).toMatchObject(
    {
      kind: 'committed',
    },
  );
  const { disk } = anna.disk;
  let count = 0;
  let failed = 0;
  disk.failure = (place, removes) => {
    if (place !== 'outbox' || removes || ++count < failing) return undefined;
    if (failed++ === 0) house.clock.after(forMs, () => (disk.failure = undefined));
    return forMs === 0 && failed > 1 ? undefined : 'storage-full';
  };
  await house.until('both copies are printed', () => state.totals.all.good === 2, 600_000);
  expect(printer.printed).toHaveLength(2);
  await house.until('nothing is held any more', () => state.prints.size === 0, 60_000);
  return house;
}

test.for(writes)('a printer goes on when write %i of the outbox fails', async (failing) => {
  await print(failing, 0);
});

test.for(writes)('a printer goes on when the disk is full for a minute from write %i on', async (failing) => {
  await print(failing, 60_000);
});
