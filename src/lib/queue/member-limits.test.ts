import { expect, test } from 'vitest';
import type { FileId, JobId, SetId } from '../base/index.ts';
import type { Command } from './command.ts';
import { type Person, TestQueue } from './fixture.ts';
import { fileBytesMax, filesPerMemberMax, idleFilesPerMemberMax, openJobsPerMemberMax } from './limits.ts';

const fileOf = (name: string, size = 1): Command => ({
  type: 'add-file',
  file: name as FileId,
  name,
  size,
  meta: {},
});
const jobOf = (name: string, file: FileId): Command => ({
  type: 'add-job',
  job: name as JobId,
  name,
  copies: 1,
  draft: false,
  keepTogether: false,
  sets: [{ set: `${name}.1` as SetId, file, count: 1, requirements: {} }],
});

/** A queue in which that person has as many jobs that are not done as one member can, all of one file. */
function fullOfJobs(queue: TestQueue, person: Person): FileId {
  const file = queue.file(person);
  for (let i = 0; i < openJobsPerMemberMax; i++) queue.must(person, jobOf(`${person.peer}-${i}`, file));
  return file;
}

test('a member who may not operate has so many open jobs and no more; others have their own', () => {
  const queue = new TestQueue();
  const [gil, other] = [queue.join('submitter'), queue.join('submitter')];
  const file = fullOfJobs(queue, gil);
  expect(queue.refused(gil, jobOf('one-more', file))).toBe('limit');
  queue.must(other, jobOf('of-another', file));
  queue.must(queue.owner, jobOf('of-the-owner', file));
  queue.must(gil, { type: 'delete-job', job: `${gil.peer}-0` as JobId });
  queue.must(gil, jobOf('one-more', file));
  expect(queue.refused(gil, jobOf('another-one', file))).toBe('limit');
});

test('a job that is done counts no more, and counts again once it is to be printed again', () => {
  const queue = new TestQueue();
  const gil = queue.join('submitter');
  const file = fullOfJobs(queue, gil);
  const driver = queue.join('printer');
  const printer = queue.printer(driver);
  const done = queue.jobOf(`${gil.peer}-7` as JobId);
  const [set] = done.sets;
  if (set === undefined) throw new Error('a job has a set');
  queue.run(driver, set, printer);
  expect(queue.jobOf(done.id).done).toBe(true);
  queue.must(gil, jobOf('one-more', file));
  expect(queue.refused(gil, jobOf('another-one', file))).toBe('limit');
});

test('the limit holds in a copy that was read from a snapshot as it does where it was counted', () => {
  const queue = new TestQueue();
  const gil = queue.join('submitter');
  const file = fullOfJobs(queue, gil);
  queue.state = queue.restored(queue.state.snapshot());
  expect(queue.refused(gil, jobOf('one-more', file))).toBe('limit');
  queue.must(gil, { type: 'delete-job', job: `${gil.peer}-0` as JobId });
  queue.must(gil, jobOf('one-more', file));
});

test('a member who may not operate brings so many files that jobs use, and no more', () => {
  const queue = new TestQueue();
  const gil = queue.join('submitter');
  for (let i = 0; i < filesPerMemberMax; i += 50) {
    const files = Array.from({ length: 50 }, (_, k) => `file-${i + k}` as FileId);
    for (const file of files) queue.must(gil, fileOf(file));
    const sets = files.map((file) => ({ set: `set-${file}` as SetId, file, count: 1, requirements: {} }));
    queue.must(gil, { ...jobOf(`job-${i}`, files[0] as FileId), sets } as Command);
  }
  expect(queue.refused(gil, fileOf('one-more'))).toBe('limit');
  queue.must(queue.owner, fileOf('of-the-owner'));
  queue.state = queue.restored(queue.state.snapshot());
  expect(queue.refused(gil, fileOf('one-more'))).toBe('limit');
});

test('files that no job uses give way to newer ones of the same member, and not those of others', () => {
  const queue = new TestQueue();
  const [gil, other] = [queue.join('submitter'), queue.join('submitter')];
  queue.must(other, fileOf('of-another'));
  queue.must(queue.owner, fileOf('of-the-owner'));
  for (let i = 0; i < 1_500; i++) queue.must(gil, fileOf(`gil-${i}`));
  const known = [...queue.state.files.values()];
  const ofGil = known.filter(({ by }) => by === gil.peer).map(({ id }) => id);
  expect(ofGil).toHaveLength(idleFilesPerMemberMax);
  expect(ofGil.at(-1)).toBe('gil-1499');
  expect(known.map(({ id }) => id)).toEqual(expect.arrayContaining(['of-another', 'of-the-owner']));
});

test('what was said of a file is put right by who added it or who may operate, and by nobody else', () => {
  const queue = new TestQueue();
  const [gil, other] = [queue.join('submitter'), queue.join('submitter')];
  const sizeOf = () => queue.state.files.get('part' as FileId)?.size;
  queue.must(gil, fileOf('part', 1));
  queue.must(other, fileOf('part', 2));
  expect(sizeOf()).toBe(1);
  queue.must(gil, fileOf('part', 3));
  expect(sizeOf()).toBe(3);
  queue.must(queue.owner, fileOf('part', 4));
  expect(sizeOf()).toBe(4);
});

test('a file has 2 GiB at most', () => {
  const queue = new TestQueue();
  expect(fileBytesMax).toBe(2 * 1024 ** 3);
  queue.must(queue.owner, fileOf('fits', fileBytesMax));
  expect(queue.apply(queue.owner, fileOf('large', fileBytesMax + 1)).result).toMatchObject({
    kind: 'refused',
  });
});
