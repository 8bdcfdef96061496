import { expect, test } from 'vitest';
import { type JobId, type SetId, must, ok, silentLog } from '../../base/index.ts';
import { FileStore } from '../../files/index.ts';
import { TestQueue } from '../../queue/fixture.ts';
import { openMemoryStore } from '../../storage/index.ts';
import { archiveOf, exportArchive } from './archive-export.ts';
import { archiveJobsMax } from './archive.ts';

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

test('a queue with more jobs than an archive holds is refused, not cut short', async () => {
  const queue = new TestQueue();
  const file = queue.file();
  const spec = { type: 'add-job', copies: 1, draft: true, keepTogether: false } as const;
  for (let i = 0; i <= archiveJobsMax; i++) {
    const sets = [{ set: `set-${i}` as SetId, file, count: 1, requirements: {} }];
    queue.must(queue.owner, { ...spec, job: `job-${i}` as JobId, name: 'Many', sets });
  }
  const exporting = exportArchive({
    state: queue.state,
    store: await FileStore.open(openMemoryStore(), silentLog),
    wallMs: 0,
    bring: () => Promise.resolve(ok(undefined)),
    withinReach: () => true,
    onProgress: () => undefined,
    signal: new AbortController().signal,
  });
  await expect(exporting).resolves.toMatchObject({ ok: false, refusal: { code: 'archive-too-large' } });
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
