import { expect, test } from 'vitest';
import { must } from '../../base/index.ts';
import { TestQueue } from '../../queue/fixture.ts';
import { archiveOf } from './archive-export.ts';

/** A job of so many copies of sets of so many prints, of which so many came out good; and what its archive asks for. */
function asked(copies: number, counts: readonly number[], good: readonly number[]) {
  const queue = new TestQueue();
  const printer = queue.printer(queue.owner);
  const job = queue.job(queue.owner, counts, { copies });
  good.forEach((times, i) => {
    for (let n = 0; n < times; n++) queue.run(queue.owner, must(job.sets[i], 'a set'), printer);
  });
  const [one] = archiveOf(queue.state, 0).jobs;
  return one && [one.copies, ...one.sets.map(({ count }) => count)];
}

test('an archive asks for what is missing, and for nothing twice', () => {
  expect(asked(3, [1, 4], [0, 0])).toEqual([3, 1, 4]);
  expect(asked(3, [1, 4], [1, 4])).toEqual([2, 1, 4]);
  // One printer made all of the first set, the second waits for another printer.
  expect(asked(2, [1, 1], [2, 0])).toEqual([1, 2]);
  expect(asked(2, [2, 3], [1, 5])).toEqual([1, 3, 1]);
  expect(asked(1, [2], [2])).toBeUndefined();
});

test('an archive names no printers: another queue does not know them', () => {
  const queue = new TestQueue();
  const printer = queue.printer(queue.owner);
  const requirements = { printers: [printer], nozzleMm: 0.6 };
  queue.must(queue.owner, { type: 'set-settings', settings: { defaultRequirements: requirements } });
  const job = queue.job(queue.owner, [1]);
  const set = queue.setOf(job.sets[0]);
  queue.must(queue.owner, {
    type: 'edit-job',
    job: job.id,
    sets: [{ set: set.id, file: set.file, count: 1, requirements }],
  });
  const archive = archiveOf(queue.state, 0);
  expect(archive.settings.defaultRequirements).toEqual({ nozzleMm: 0.6 });
  expect(archive.jobs[0]?.sets[0]?.requirements).toEqual({ nozzleMm: 0.6 });
});
