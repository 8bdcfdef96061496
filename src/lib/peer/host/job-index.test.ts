import { expect, it, vi } from 'vitest';
import { type JobId, ManualClock } from '../../base/index.ts';
import { TestQueue } from '../../queue/fixture.ts';
import type { Applied } from '../../queue/index.ts';
import type { EndedFilter, JobFilter } from '../api.ts';
import { EndedIndex } from './ended-index.ts';
import { JobIndex } from './job-index.ts';
import { searchSlice, searchSliceMs } from '../limits.ts';
import { QueueIndexes } from './queue-indexes.ts';
import { RowIndex, byName } from './row-index.ts';

const filters: readonly JobFilter[] = ['all', 'waiting', 'printing', 'asks', 'drafts', 'done', 'mine'];
const searches = ['', 'part', 'part 1', 'person', 'file-3'];

function followed() {
  const queue = new TestQueue();
  const index = new JobIndex(queue.state, queue.owner.peer);
  const ended = new EndedIndex(queue.state);
  const after = (applied: Applied) => {
    index.update(applied.changed);
    ended.update(applied.changed);
    return applied;
  };
  return { queue, index, ended, after };
}

/** What an index that was built anew would say. */
function expectAsIfBuiltAnew(queue: TestQueue, index: JobIndex, ended: EndedIndex): void {
  const anew = new JobIndex(queue.state, queue.owner.peer);
  for (const filter of filters) {
    for (const text of searches)
      expect(index.find(filter, text, 0, 1000), `${filter} “${text}”`).toEqual(
        anew.find(filter, text, 0, 1000),
      );
  }
  expect(index.counts()).toEqual(anew.counts());
  expect(index.waiting).toBe(anew.waiting);
  const old = new EndedIndex(queue.state);
  for (const filter of ['all', 'good', 'failed'] satisfies EndedFilter[])
    expect(ended.find(filter, '', 0, 1000)).toEqual(old.find(filter, '', 0, 1000));
  expect(ended.counts()).toEqual(old.counts());
}

it('says after every change what an index that is built anew says', () => {
  const { queue, index, ended, after } = followed();
  const ben = queue.join('submitter');
  const file = queue.file();
  for (const found of [index.find('all', 'part', 0, 10), index.find('waiting', 'person', 0, 10)])
    expect(found.total).toBe(0);
  const ids: JobId[] = [];
  for (let i = 0; i < 40; i++) {
    const id = `job-${i}` as JobId;
    ids.push(id);
    after(
      queue.must(i % 5 === 0 ? ben : queue.owner, {
        type: 'add-job',
        job: id,
        name: `Part ${i}`,
        copies: 1 + (i % 2),
        draft: i % 7 === 0,
        keepTogether: false,
        sets: [{ set: `${id}.0` as never, file, count: 1, requirements: {} }],
        ...(i % 5 === 1 ? { after: null } : {}),
      }),
    );
  }
  expectAsIfBuiltAnew(queue, index, ended);
  // Always into the same gap: the numbers of neighbours run out and are spread anew.
  for (let i = 0; i < 60; i++) {
    const job = ids[i % ids.length];
    if (job === undefined) continue;
    after(
      queue.must(queue.owner, {
        type: 'move-job',
        job,
        after: i % 2 === 0 ? null : (ids[1] ?? null) === job ? null : (ids[1] ?? null),
      }),
    );
  }
  expectAsIfBuiltAnew(queue, index, ended);
  const printer = queue.printer(queue.owner);
  const [, second, third] = ids;
  if (second === undefined || third === undefined) throw new Error('there are jobs');
  const print = 'print-a' as never;
  after(queue.must(queue.owner, { type: 'claim', print, set: `${second}.0` as never, printer }));
  expect(index.find('printing', '', 0, 10).jobs).toEqual([second]);
  after(queue.must(queue.owner, { type: 'starting', print }));
  after(queue.must(queue.owner, { type: 'started', print }));
  after(queue.finish(queue.owner, print));
  after(queue.must(queue.owner, { type: 'delete-job', job: third }));
  after(queue.must(queue.owner, { type: 'rename-member', peer: ben.peer, name: 'Dana' }));
  expect(index.find('all', 'dana', 0, 100).total).toBe(8);
  expectAsIfBuiltAnew(queue, index, ended);
});

it('shows a window, counts what matches, and knows the place of a job', () => {
  const { queue, index, after } = followed();
  for (let i = 0; i < 1000; i++) {
    queue.file();
    after(
      queue.must(queue.owner, {
        type: 'add-job',
        job: `job-${i}` as JobId,
        name: `Part ${i}`,
        copies: 1,
        draft: false,
        keepTogether: false,
        sets: [{ set: `set-${i}` as never, file: 'file-1' as never, count: 1, requirements: {} }],
      }),
    );
  }
  expect(index.find('all', '', 500, 3)).toEqual({ jobs: ['job-500', 'job-501', 'job-502'], total: 1000 });
  expect(index.find('all', 'part 99', 0, 2)).toEqual({ jobs: ['job-99', 'job-199'], total: 19 });
  expect(index.placeOf('job-700' as JobId)).toBe(700);
  expect(index.at(700)).toBe('job-700');
  expect(index.waiting).toBe(1000);
});

it('finds a job by what it is called now', () => {
  const { queue, index, after } = followed();
  const job = queue.job(queue.owner, [1]);
  index.update([{ kind: 'job', id: job.id }]);
  expect(index.find('all', 'lamp', 0, 10).total).toBe(0);
  after(queue.must(queue.owner, { type: 'edit-job', job: job.id, name: 'Lamp' }));
  expect(index.find('all', 'LAMP', 0, 10).total).toBe(1);
  after(queue.must(queue.owner, { type: 'edit-job', job: job.id, name: 'Shade' }));
  expect(index.find('all', 'lamp', 0, 10).total).toBe(0);
});

it('reads ahead in slices, so that the first keystroke only looks', () => {
  const queue = new TestQueue();
  const file = queue.file();
  const many = searchSlice + 500;
  for (let i = 0; i < many; i++) {
    queue.must(queue.owner, {
      type: 'add-job',
      job: `job-${i}` as JobId,
      name: `Part ${i}`,
      copies: 1,
      draft: false,
      keepTogether: false,
      sets: [{ set: `set-${i}` as never, file, count: 1, requirements: {} }],
    });
  }
  const clock = new ManualClock();
  const { jobs } = new QueueIndexes(queue.state, queue.owner.peer, clock);
  const read = vi.spyOn(queue.state.sets, 'get');
  clock.advance(searchSliceMs);
  expect(read).toHaveBeenCalledTimes(searchSlice);
  clock.advance(searchSliceMs);
  expect(read).toHaveBeenCalledTimes(many);
  expect(jobs.find('all', 'part 77', 0, 1).total).toBe(43);
  expect(read).toHaveBeenCalledTimes(many);
});

it('finds a job by the name that its file has now', () => {
  const { queue, index, after } = followed();
  const file = queue.file();
  after(
    queue.must(queue.owner, {
      type: 'add-job',
      job: 'job' as JobId,
      name: 'Order',
      copies: 1,
      draft: false,
      keepTogether: false,
      sets: [{ set: 'set' as never, file, count: 1, requirements: {} }],
    }),
  );
  expect(index.find('all', 'hinge', 0, 1).total).toBe(0);
  after(queue.must(queue.owner, { type: 'add-file', file, name: 'hinge.gcode', size: 1, meta: {} }));
  expect(index.find('all', 'hinge', 0, 1).total).toBe(1);
});

it('keeps names in the order in which people count', () => {
  const index = new RowIndex(byName, [
    ['a', { name: 'MK3-10' }],
    ['b', { name: 'MK3-2' }],
  ]);
  expect([...index.ids()]).toEqual(['b', 'a']);
  index.changed('c', { name: 'mk3-5' });
  index.changed('b', { name: 'MK3-20' });
  expect([...index.ids()]).toEqual(['c', 'a', 'b']);
  index.changed('a', undefined);
  expect(index.slice(0, 9)).toEqual(['c', 'b']);
});
