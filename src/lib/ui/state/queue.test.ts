import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PrinterId, SetId } from '../../base/ids.ts';
import { FakeClient } from '../testing/fake-client.ts';
import { workshop } from '../testing/fake-views.ts';
import { heldKey, livePrints, printersInOrder, QueueState } from './queue.svelte.ts';
import { session } from './session.svelte.ts';
import { toasts } from './toasts.svelte.ts';

let client: FakeClient;

/** A queue that is watched, of a peer that answers after 100 ms. */
function watched(scene: string): QueueState {
  client = new FakeClient({ scene, latencyMs: 100 });
  session.use(client);
  const queue = new QueueState(workshop);
  queue.watch();
  queue.list.open();
  return queue;
}

const names = (queue: QueueState) => queue.jobs.map((job) => job.name);

beforeEach(() => {
  vi.useFakeTimers();
  toasts.list = [];
});

afterEach(() => {
  client.close();
  vi.useRealTimers();
});

describe('the order of jobs on the page', () => {
  it('changes at once, is marked as being saved, and stays when it is committed', async () => {
    const queue = watched('farm');
    const [, second] = queue.jobs;
    if (second === undefined) throw new Error('the farm has jobs');
    const moving = queue.move(1, 0);
    expect(queue.jobs[0]?.name).toBe(second.name);
    expect(queue.isSaving(second.job)).toBe(true);
    expect(session.saving).toBe(1);
    await vi.advanceTimersByTimeAsync(100);
    await moving;
    expect(queue.jobs[0]?.name).toBe(second.name);
    expect(queue.isSaving(second.job)).toBe(false);
    expect(session.saving).toBe(0);
  });

  it('does not jump back between the answer and the view that shows it', async () => {
    const queue = watched('farm');
    const [, second] = queue.jobs;
    if (second === undefined) throw new Error('the farm has jobs');
    client.viewsLateMs = 80;
    const moving = queue.move(1, 0);
    for (let ms = 0; ms < 300; ms += 20) {
      expect(queue.jobs[0]?.name).toBe(second.name);
      await vi.advanceTimersByTimeAsync(20);
    }
    await moving;
    expect(queue.isSaving(second.job)).toBe(false);
  });

  it('goes back when the move is refused, and says why', async () => {
    const queue = watched('refuse');
    const before = names(queue);
    const moving = queue.move(1, 0);
    await vi.advanceTimersByTimeAsync(100);
    await moving;
    expect(names(queue)).toEqual(before);
    expect(toasts.list.map((toast) => toast.tone)).toEqual(['problem']);
  });
});

describe('a deleted job', () => {
  it('is gone from the page at once and from the queue when nobody took it back', async () => {
    const queue = watched('farm');
    const [first] = queue.jobs;
    if (first === undefined) throw new Error('the farm has jobs');
    queue.remove(first);
    expect(names(queue)).not.toContain(first.name);
    await vi.advanceTimersByTimeAsync(6900);
    expect(client.calls).toEqual([]);
    await vi.advanceTimersByTimeAsync(300);
    expect(client.calls).toEqual([`deleteJob ${first.job}`]);
    expect(names(queue)).not.toContain(first.name);
  });

  it('comes back where it was', async () => {
    const queue = watched('farm');
    const before = names(queue);
    const [first] = queue.jobs;
    if (first === undefined) throw new Error('the farm has jobs');
    queue.remove(first);
    toasts.list[0]?.action?.run();
    expect(names(queue)).toEqual(before);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(client.calls).toEqual([]);
  });

  it('is deleted right away when the page goes', () => {
    const queue = watched('farm');
    const [first] = queue.jobs;
    if (first === undefined) throw new Error('the farm has jobs');
    queue.remove(first);
    queue.flush();
    queue.flush();
    expect(client.calls).toEqual([`deleteJob ${first.job}`]);
  });
});

describe('what a slip of the hand would cost', () => {
  const left = { printer: 'printer-left' as PrinterId, name: 'Left' };

  it('is not sent before the time to take it back is over: no print begins on a bed that is not clear', async () => {
    const queue = watched('done');
    queue.clearBed(left, 'good');
    expect(queue.held.canUndo(heldKey.bed(left.printer))).toBe(true);
    await vi.advanceTimersByTimeAsync(6900);
    expect(client.calls).toEqual([]);
    await vi.advanceTimersByTimeAsync(300);
    expect(client.calls).toEqual(['setBed printer-left clear good']);
    expect(queue.held.has(heldKey.bed(left.printer))).toBe(false);
  });

  it('is never sent once it was taken back, by the message or in its place', async () => {
    const queue = watched('done');
    queue.clearBed(left, 'good');
    toasts.list[0]?.action?.run();
    queue.letGoOn(left);
    queue.held.undo(heldKey.printer(left.printer));
    queue.release('set-1' as SetId, 'cube.gcode');
    queue.held.undo(heldKey.set('set-1' as SetId));
    queue.removePrinter(left);
    queue.held.undo(heldKey.removal(left.printer));
    expect(toasts.list).toEqual([]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(client.calls).toEqual([]);
  });

  it('is sent right away when the page goes', () => {
    const queue = watched('farm');
    const print = queue.jobs.flatMap(livePrints)[0];
    if (print === undefined) throw new Error('the farm prints');
    queue.resolve(print, 'lost');
    queue.release('set-1' as SetId, 'cube.gcode');
    queue.removePrinter(left);
    queue.flush();
    expect(client.calls).toEqual([
      `resolvePrint ${print.print} lost`,
      'releaseSet set-1',
      'removePrinter printer-left',
    ]);
  });

  it('is kept back for a file that is taken out of a job: put back, it would count from nothing', async () => {
    const queue = watched('farm');
    const job = queue.jobs.find(({ sets }) => sets.length > 1);
    if (job === undefined) throw new Error('the farm has a job of two files');
    const [first] = job.sets;
    if (first === undefined) throw new Error('a job has sets');
    const sets = [{ set: first.set, file: first.file, count: first.count }];
    const shown = () => queue.jobs.find((each) => each.job === job.job)?.sets.length;
    void queue.edit(job, { sets });
    expect(shown()).toBe(1);
    toasts.list[0]?.action?.run();
    expect(shown()).toBe(job.sets.length);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(client.calls).toEqual([]);
  });
});

it('shows a change before it is saved, and the old state when nobody answered', async () => {
  const queue = watched('unknown');
  const [first] = queue.jobs;
  if (first === undefined) throw new Error('the farm has jobs');
  const changing = queue.change(first.job, { name: 'Other' });
  expect(queue.jobs[0]?.name).toBe('Other');
  await vi.advanceTimersByTimeAsync(100);
  await changing;
  expect(queue.jobs[0]?.name).toBe(first.name);
  expect(toasts.list[0]?.text).toContain('may still be saved');
});

it('shows a job that is being added until it is there', async () => {
  const queue = watched('farm');
  const adding = queue.add({ name: 'New', copies: 1, draft: false, notes: '', sets: [] }, () => undefined);
  expect(queue.adding.map((ghost) => ghost.name)).toEqual(['New']);
  await vi.advanceTimersByTimeAsync(100);
  expect(await adding).toBe(true);
  expect(queue.adding).toEqual([]);
  expect(names(queue)).toContain('New');
});

it('knows the prints of a job that are under way', () => {
  const [first] = watched('farm').jobs;
  if (first === undefined) throw new Error('the farm has jobs');
  expect(livePrints(first).map((print) => print.copy)).toEqual([3, 4]);
});

it('offers the way back from an edit, with all that was changed and nothing else', async () => {
  const queue = watched('farm');
  const [first] = queue.jobs;
  if (first === undefined) throw new Error('the farm has jobs');
  const edited = queue.edit(first, { name: 'Other', dueWallMs: 5 });
  expect(queue.jobs[0]?.dueWallMs).toBe(5);
  await vi.advanceTimersByTimeAsync(100);
  await edited;
  expect(queue.jobs[0]?.name).toBe('Other');
  toasts.list[0]?.action?.run();
  await vi.advanceTimersByTimeAsync(100);
  expect(client.calls.at(-1)).toBe(
    `changeJob ${first.job} ${JSON.stringify({ name: first.name, dueWallMs: null })}`,
  );
  expect(queue.jobs[0]?.name).toBe(first.name);
});

it('offers the way back from a jump, and not from a step', async () => {
  const queue = watched('farm');
  const before = names(queue);
  const step = queue.move(1, 0);
  await vi.advanceTimersByTimeAsync(100);
  await step;
  expect(toasts.list).toEqual([]);
  const back = queue.move(0, 1);
  await vi.advanceTimersByTimeAsync(100);
  await back;
  const last = queue.jobs.at(-1);
  if (last === undefined) throw new Error('the farm has jobs');
  const jump = queue.moveToPlace(last, 0);
  await vi.advanceTimersByTimeAsync(100);
  await jump;
  expect(names(queue)[0]).toBe(last.name);
  toasts.list[0]?.action?.run();
  await vi.advanceTimersByTimeAsync(100);
  expect(names(queue)).toEqual(before);
});

it('finds by text and by filter, and shows where a large queue is scrolled to', () => {
  const queue = watched('large');
  expect(queue.list.page?.total).toBe(100_000);
  queue.list.search('gear 99');
  expect(queue.jobs.every((job) => job.name.startsWith('Gear'))).toBe(true);
  queue.list.search('');
  queue.list.choose('drafts');
  expect(queue.jobs.every((job) => job.draft)).toBe(true);
  queue.list.choose('all');
  queue.list.show(50_000, 40);
  expect(queue.jobs[0]?.place).toBe(50_000);
});

it('lists own printers first and those that are away last', () => {
  const queue = watched('farm');
  expect(printersInOrder(queue.view?.printers ?? []).map((printer) => printer.name)).toEqual([
    'Prusa by the window',
    'Ender, back room',
    'Mini',
  ]);
});
