import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { JobId, PeerId } from '../base/index.ts';
import { must } from '../base/index.ts';
import { JobTable } from './job-table.ts';
import type { Job } from './state.ts';

function jobOf(id: number, copies: number): Job {
  return {
    id: `job-${id}` as JobId,
    name: '',
    copies,
    draft: false,
    keepTogether: false,
    boundTo: undefined,
    notes: '',
    dueMs: undefined,
    by: 'peer' as PeerId,
    createdMs: 0,
    wallMs: undefined,
    sets: [],
    done: false,
  };
}

const step = fc.record({
  verb: fc.constantFrom('put', 'put', 'move', 'move', 'delete', 'replace', 'take'),
  id: fc.nat(12),
  /** Behind which job: the front, the end, or one that is there. */
  after: fc.constantFrom<'front' | 'end' | number>('front', 'end', 0, 1, 2, 3, 5, 8),
});

it('keeps jobs in their order and tells what was touched, whatever was added, moved, deleted and added again', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
      const table = new JobTable({ on: true });
      let model: readonly Job[] = [];
      const rows = new Map<JobId, Job>();
      const places = new Map<JobId, JobId | null>();
      const take = () => {
        table.takeTouched(
          ({ key, before, now }) => {
            expect(before).toBe(rows.get(key));
            if (now === undefined) rows.delete(key);
            else rows.set(key, now);
          },
          ({ key, before, now }) => {
            expect(before).toBe(places.get(key));
            if (now === undefined) places.delete(key);
            else places.set(key, now);
          },
        );
        expect([...rows].toSorted()).toEqual(model.map((job) => [job.id, job]).toSorted());
        expect([...places].toSorted()).toEqual(
          model.map((job, i) => [job.id, model[i - 1]?.id ?? null]).toSorted(),
        );
      };
      steps.forEach(({ verb, id, after }, i) => {
        const job = jobOf(id, i);
        const there = model.some((each) => each.id === job.id);
        const others = model.filter((each) => each.id !== job.id);
        const behind =
          typeof after === 'number' ? others[after] : after === 'front' ? undefined : others.at(-1);
        const at = behind === undefined ? 0 : others.indexOf(behind) + 1;
        if (verb === 'take') take();
        else if (verb === 'put' && !there) {
          table.add(job, after === 'end' ? undefined : (behind?.id ?? null));
          model = others.toSpliced(at, 0, job);
        } else if (verb === 'move' && there) {
          const moved = must(table.get(job.id), 'it is there');
          table.move(job.id, behind?.id ?? null);
          model = others.toSpliced(at, 0, moved);
        } else if (verb === 'delete' && there) {
          table.delete(job.id);
          model = others;
        } else if (verb === 'replace' && there) {
          table.replace(job);
          model = model.map((each) => (each.id === job.id ? job : each));
        }
        expect([...table.from()]).toEqual(model);
        expect(table.size).toBe(model.length);
      });
      model.forEach((job, i) => {
        expect(table.before(job.id)).toBe(model[i - 1]?.id);
        if (i > 0) expect(table.labelOf(job.id)).toBeGreaterThan(table.labelOf(must(model[i - 1], 'it').id));
      });
      expect(new Set(table.values())).toEqual(new Set(model));
      take();
    }),
    { numRuns: 200 },
  );
});

it('finds room between two neighbours as often as somebody wants to stand there, and says whose number changed', () => {
  const table = new JobTable({ on: false });
  const labels = new Map<JobId, number>();
  const put = (id: number, after: JobId | null | undefined) => {
    const job = jobOf(id, 1);
    for (const changed of [...table.add(job, after), job.id]) labels.set(changed, table.labelOf(changed));
  };
  for (let i = 0; i < 200; i++) put(i, undefined);
  for (let i = 200; i < 500; i++) put(i, 'job-100' as JobId);
  const order = [...table.from()].map(({ id }) => id);
  expect(order.slice(99, 103)).toEqual(['job-99', 'job-100', 'job-499', 'job-498']);
  expect(order.map((id) => labels.get(id))).toEqual(order.map((id) => table.labelOf(id)));
  expect(order.every((id, i) => i === 0 || table.labelOf(id) > table.labelOf(must(order[i - 1], 'it')))).toBe(
    true,
  );
});
