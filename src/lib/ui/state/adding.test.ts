import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakeClient } from '../testing/fake-client.ts';
import { workshop } from '../testing/fake-views.ts';
import { Adding } from './adding.svelte.ts';
import { QueueState } from './queue.svelte.ts';
import { session } from './session.svelte.ts';
import { toasts } from './toasts.svelte.ts';

let client: FakeClient;

function adding(scene = 'farm'): Adding {
  client = new FakeClient({ scene, latencyMs: 40 });
  session.use(client);
  const queue = new QueueState(workshop);
  queue.watch();
  return new Adding(queue);
}

const gcode = (name: string) => new File(['G28\n'], name);
const jobCalls = () => client.calls.filter((call) => call.startsWith('addJob'));

beforeEach(() => {
  vi.useFakeTimers();
  toasts.list = [];
});

afterEach(() => {
  client.close();
  vi.useRealTimers();
});

it('asks at once and reads meanwhile', async () => {
  const form = adding();
  form.take([gcode('visor_clip.gcode')]);
  expect(form.open).toBe(true);
  expect(form.name).toBe('visor clip');
  expect(form.reading).toBe(true);
  await vi.advanceTimersByTimeAsync(200);
  expect(form.reading).toBe(false);
});

it('adds the job as soon as its file is read, when the person was quicker', async () => {
  const form = adding();
  form.take([gcode('cube.gcode')]);
  form.copies = 2;
  form.submit();
  expect(jobCalls()).toEqual([]);
  await vi.advanceTimersByTimeAsync(200);
  expect(jobCalls()).toEqual(['addJob cube 2']);
  expect(form.open).toBe(false);
});

it('brings back what was put away by a slip', async () => {
  const form = adding();
  form.take([gcode('cube.gcode')]);
  await vi.advanceTimersByTimeAsync(200);
  form.notes = 'black';
  form.discard();
  expect(form.open).toBe(false);
  toasts.list[0]?.action?.run();
  expect(form.open).toBe(true);
  expect(form.notes).toBe('black');
  expect(form.files.map(({ name }) => name)).toEqual(['cube.gcode']);
});

it('says of a file why it is not taken, and adds the others', async () => {
  const form = adding();
  form.take([gcode('cube.gcode'), new File(['x'], 'photo.png')]);
  await vi.advanceTimersByTimeAsync(200);
  expect(form.files.map((file) => file.refused?.includes('not G-code'))).toEqual([undefined, true]);
  form.submit();
  expect(jobCalls()).toEqual(['addJob cube 1']);
});

it('makes a job of each file when that is wanted', async () => {
  const form = adding();
  form.take([gcode('a.gcode'), gcode('b.gcode')]);
  form.apart = true;
  await vi.advanceTimersByTimeAsync(200);
  form.submit();
  expect(jobCalls()).toEqual(['addJob a 1', 'addJob b 1']);
});

it('keeps a name that was typed when more files come', async () => {
  const form = adding();
  form.take([gcode('a.gcode')]);
  form.name = 'Mine';
  form.named();
  form.take([gcode('b.gcode')]);
  await vi.advanceTimersByTimeAsync(200);
  expect(form.name).toBe('Mine');
  expect(form.taken).toHaveLength(2);
});

it('offers the filled form again after a reload, until it is put away', async () => {
  const form = adding();
  form.take([gcode('cube.gcode')]);
  await vi.advanceTimersByTimeAsync(200);
  form.copies = 7;
  form.keep();
  const later = adding();
  expect(later.left?.copies).toBe(7);
  later.resume();
  expect([later.open, later.copies, later.name, later.reading]).toEqual([true, 7, 'cube', false]);
  later.close();
  expect(adding().left).toBeUndefined();
});

it('brings everything back when the command was refused', async () => {
  const form = adding('refuse');
  form.take([gcode('cube.gcode')]);
  await vi.advanceTimersByTimeAsync(200);
  form.copies = 3;
  form.submit();
  await vi.advanceTimersByTimeAsync(200);
  toasts.list[0]?.action?.run();
  expect([form.open, form.copies, form.taken.length]).toEqual([true, 3, 1]);
});

it('stops reading a file that was left out', async () => {
  const form = adding();
  form.take([gcode('cube.gcode')]);
  const [file] = form.files;
  if (file === undefined) throw new Error('a file was taken');
  form.drop(file);
  expect(form.open).toBe(false);
  await vi.advanceTimersByTimeAsync(200);
  expect(file.file).toBeUndefined();
});
