import { describe, expect, it } from 'vitest';
import type { FileId, JobId, SetId } from '../base/index.ts';
import { must } from '../base/index.ts';
import { TestQueue } from './fixture.ts';
import { wantedOf } from './state.ts';

const orderOf = (queue: TestQueue) => [...queue.state.jobsInOrder()].map((job) => job.id);

describe('jobs', () => {
  it('wants copies × count of each set', () => {
    const queue = new TestQueue();
    const job = queue.job(queue.owner, [1, 4], { copies: 3 });
    expect(job.sets.map((set) => wantedOf(job, queue.setOf(set)))).toEqual([3, 12]);
  });

  it('stand at the end, at the front or behind another, and move', () => {
    const queue = new TestQueue();
    const [a, b, c] = [queue.job(queue.owner, [1]), queue.job(queue.owner, [1]), queue.job(queue.owner, [1])];
    queue.must(queue.owner, { type: 'move-job', job: c.id, after: null });
    expect(orderOf(queue)).toEqual([c.id, a.id, b.id]);
    queue.must(queue.owner, { type: 'move-job', job: c.id, after: a.id });
    expect(orderOf(queue)).toEqual([a.id, c.id, b.id]);
    expect(queue.state.jobBefore(c.id)).toBe(a.id);
    expect(queue.refused(queue.owner, { type: 'move-job', job: c.id, after: c.id })).toBe('bad-position');
    expect(queue.refused(queue.owner, { type: 'move-job', job: 'none' as JobId, after: null })).toBe(
      'job-not-found',
    );
  });

  it('belong to who added them: a guest changes only their own, and not the order', () => {
    const queue = new TestQueue();
    const [guest, other] = [queue.join('submitter'), queue.join('submitter')];
    const job = queue.job(guest, [1]);
    expect(queue.refused(other, { type: 'edit-job', job: job.id, copies: 9 })).toBe('access-denied');
    expect(queue.refused(other, { type: 'delete-job', job: job.id })).toBe('access-denied');
    expect(queue.refused(guest, { type: 'move-job', job: job.id, after: null })).toBe('not-allowed');
    queue.must(guest, { type: 'edit-job', job: job.id, copies: 2 });
    queue.must(queue.owner, { type: 'edit-job', job: job.id, notes: 'in red' });
    expect(queue.jobOf(job.id)).toMatchObject({ copies: 2, notes: 'in red', by: guest.peer });
    queue.must(guest, { type: 'delete-job', job: job.id });
    expect(orderOf(queue)).toEqual([]);
  });

  it('a viewer adds nothing', () => {
    const queue = new TestQueue();
    const viewer = queue.join('viewer');
    expect(
      queue.refused(viewer, { type: 'add-file', file: 'f' as FileId, name: 'f', size: 1, meta: {} }),
    ).toBe('not-allowed');
  });

  it('are not deleted while another peer holds a copy', () => {
    const queue = new TestQueue();
    const ann = queue.join('operator');
    const printer = queue.printer(ann);
    const job = queue.job(queue.owner, [1]);
    queue.claim(ann, must(job.sets[0], 'a set'), printer);
    const { result } = queue.apply(queue.owner, { type: 'delete-job', job: job.id });
    expect(result).toMatchObject({
      refusal: { code: 'access-denied', author: queue.owner.peer, why: 'held', id: job.id, by: ann.peer },
    });
    const missing = queue.apply(ann, { type: 'delete-job', job: 'gone' as JobId });
    expect(missing.result).toEqual({
      kind: 'refused',
      refusal: { code: 'job-not-found' },
    });
    queue.must(ann, { type: 'delete-job', job: job.id });
    expect(queue.state.prints.size).toBe(0);
    expect(queue.printerOf(printer).prints).toEqual([]);
  });

  it('a draft gives out nothing, and turning one into a draft frees its claims', () => {
    const queue = new TestQueue();
    const printer = queue.printer(queue.owner);
    const job = queue.job(queue.owner, [1]);
    const set = must(job.sets[0], 'a set');
    queue.claim(queue.owner, set, printer);
    queue.must(queue.owner, { type: 'edit-job', job: job.id, draft: true });
    expect(queue.setOf(set).active).toEqual([]);
    expect(queue.refused(queue.owner, { type: 'claim', print: 'x' as never, set, printer })).toBe(
      'job-is-draft',
    );
  });

  it('keep what was printed when counts change, and forget it when the file does', () => {
    const queue = new TestQueue();
    const printer = queue.printer(queue.owner);
    const job = queue.job(queue.owner, [1, 1]);
    const [a, b] = job.sets.map((id) => queue.setOf(id));
    queue.run(queue.owner, must(a, 'a').id, printer);
    const spec = (set: SetId, file: FileId, count: number) => ({ set, file, count, requirements: {} });
    queue.must(queue.owner, {
      type: 'edit-job',
      job: job.id,
      sets: [spec(must(a, 'a').id, must(a, 'a').file, 3)],
    });
    expect(queue.setOf(a?.id)).toMatchObject({ good: 1, count: 3 });
    expect(queue.state.sets.has(must(b, 'b').id)).toBe(false);
    const other = queue.file();
    queue.must(queue.owner, { type: 'edit-job', job: job.id, sets: [spec(must(a, 'a').id, other, 3)] });
    expect(queue.setOf(a?.id)).toMatchObject({ good: 0, file: other });
    expect(queue.state.files.get(other)?.uses).toBe(1);
  });

  it('kept together, are printed by one printer, and by another once nothing binds them', () => {
    const queue = new TestQueue();
    const [ann, bob] = [queue.join('operator'), queue.join('operator')];
    const [one, two] = [queue.printer(ann), queue.printer(bob)];
    const job = queue.job(queue.owner, [2], { keepTogether: true });
    const set = must(job.sets[0], 'a set');
    const print = queue.claim(ann, set, one);
    expect(queue.refused(bob, { type: 'claim', print: 'x' as never, set, printer: two })).toBe(
      'access-denied',
    );
    queue.must(ann, { type: 'release', print });
    expect(queue.jobOf(job.id).boundTo).toBeUndefined();
    queue.run(bob, set, two);
    expect(queue.refused(ann, { type: 'claim', print: 'y' as never, set, printer: one })).toBe(
      'access-denied',
    );
    queue.must(bob, { type: 'remove-printer', printer: two });
    queue.run(ann, set, one);
    expect(queue.jobOf(job.id).done).toBe(true);
  });

  it('are refused with unknown files, set ids of others and ids that are taken', () => {
    const queue = new TestQueue();
    const job = queue.job(queue.owner, [1]);
    const set = queue.setOf(job.sets[0]);
    const add = (id: string, setId: string, file: string) =>
      queue.refused(queue.owner, {
        type: 'add-job',
        job: id as JobId,
        name: 'x',
        copies: 1,
        draft: false,
        keepTogether: false,
        sets: [{ set: setId as SetId, file: file as FileId, count: 1, requirements: {} }],
      });
    expect(add('new', 'new.0', 'nowhere')).toBe('file-not-found');
    expect(add('new', set.id, set.file)).toBe('exists');
    expect(add(job.id, 'new.0', set.file)).toBe('exists');
  });

  it('come back to life when more copies are asked for', () => {
    const queue = new TestQueue();
    const printer = queue.printer(queue.owner);
    const job = queue.job(queue.owner, [1]);
    queue.run(queue.owner, must(job.sets[0], 'a set'), printer);
    expect(queue.jobOf(job.id).done).toBe(true);
    queue.must(queue.owner, { type: 'edit-job', job: job.id, copies: 2 });
    expect(queue.jobOf(job.id).done).toBe(false);
    queue.run(queue.owner, must(job.sets[0], 'a set'), printer);
    expect(queue.jobOf(job.id).done).toBe(true);
  });
});

describe('a set that took the id of a removed one', () => {
  it('is not charged with what was printed of the old one', () => {
    const queue = new TestQueue();
    const printer = queue.printer(queue.owner);
    const job = queue.job(queue.owner, [2]);
    const set = queue.setOf(job.sets[0]);
    const print = queue.run(queue.owner, set.id, printer);
    const specs = (file: FileId) => [{ set: set.id, file, count: 2, requirements: {} }];
    queue.must(queue.owner, { type: 'edit-job', job: job.id, sets: specs(queue.file()) });
    queue.must(queue.owner, { type: 'edit-job', job: job.id, sets: specs(set.file) });
    queue.must(queue.owner, { type: 'resolve', print, verdict: 'failed' });
    expect(queue.setOf(set.id)).toMatchObject({ good: 0, failed: 0, failures: 0 });
    expect(queue.state.history.get(print)?.outcome).toBe('failed');
  });
});
