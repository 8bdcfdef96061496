import { unzipSync, zipSync } from 'fflate';
import { expect, test } from 'vitest';
import type { QueueId, Result } from '../base/index.ts';
import { must, utf8 } from '../base/index.ts';
import { isImported } from '../queue/index.ts';
import { type Archive, archiveEntry, fileEntry } from './files/archive.ts';
import { exportQueue, importQueue } from './serving/archiving.ts';
import { type Browser, House, granted } from './testing/house.ts';

const gcode = `G28\nM104 S200\n${'G1 X10 Y10 E1\nG1 X20 Y10 E1\n'.repeat(40_000)}M104 S0\n`;
const nothing = () => undefined;
const never = new AbortController().signal;

/** A queue with one print done, one job of two copies to come, and its archive. */
async function exported() {
  const house = new House(5);
  const anna = await house.browser('Anna').open();
  const queue = await anna.createQueue('Shields');
  const file = await anna.addFile(queue, 'shield.gcode', gcode);
  const printer = anna.attachPrinter('left');
  const job = { name: 'One', copies: 1, draft: false, notes: 'in red', sets: [{ file, count: 1 }] };
  await house.await(anna.service.addJob(queue, job));
  await house.until('one is printed', () => anna.host(queue).state.history.size === 1);
  printer.detach();
  await house.await(anna.service.addJob(queue, { ...job, name: 'Two', copies: 2, draft: true }));
  const progress: number[] = [];
  const archive = granted(
    await house.await(exportQueue(anna.peer, queue, ({ doneBytes }) => progress.push(doneBytes), never)),
  );
  return { house, anna, queue, file, archive, progress };
}

function importAt(house: House, browser: Browser, archive: Blob): Promise<Result<QueueId>> {
  return house.await(importQueue(browser.peer, archive, nothing, never));
}

/** The archive taken apart, changed, and put together again. */
async function changed(archive: Blob, change: (entries: Record<string, Uint8Array>) => void): Promise<Blob> {
  const entries = unzipSync(new Uint8Array(await archive.arrayBuffer()));
  change(entries);
  return new Blob([new Uint8Array(zipSync(entries))]);
}

test('a queue exported and imported elsewhere has its files, its jobs to come and its history, marked as imported', async () => {
  const { house, file, archive, progress } = await exported();
  expect(progress.at(-1)).toBe(gcode.length);
  expect(archive.size).toBeLessThan(gcode.length);
  const ben = await house.browser('Ben').open();
  const queue = granted(await importAt(house, ben, archive));
  const { state } = ben.host(queue);
  expect(state.head.name).toBe('Shields');
  expect(ben.peer.files.store.has(file)).toBe(true);
  expect([...state.files.values()].map(({ name, size }) => [name, size])).toEqual([
    ['shield.gcode', gcode.length],
  ]);
  expect(
    [...state.jobsInOrder()].map(({ name, copies, draft, notes }) => [name, copies, draft, notes]),
  ).toEqual([['Two', 2, true, 'in red']]);
  const [ended] = [...state.history.values()];
  expect(ended).toMatchObject({ jobName: 'One', outcome: 'good', printerName: 'left' });
  expect(isImported(must(ended, 'an ended print'))).toBe(true);
});

test('the same archive imported beside its queue makes a second one and leaves the first as it is', async () => {
  const { house, anna, queue, archive } = await exported();
  const before = anna.host(queue).state.jobs.size;
  const second = granted(await importAt(house, anna, archive));
  expect(second).not.toBe(queue);
  expect(anna.host(queue).state.jobs.size).toBe(before);
});

test('an archive with a changed file, without a file, cut short, or of something else is refused and leaves nothing', async () => {
  const { house, file, archive } = await exported();
  const ben = await house.browser('Ben').open();
  const cases: readonly (readonly [string, Blob, string])[] = [
    [
      'changed',
      await changed(archive, (entries) => {
        const content = must(entries[fileEntry(file)], 'the file').slice();
        content[content.length - 2] = 0x31;
        entries[fileEntry(file)] = content;
      }),
      'archive-damaged',
    ],
    [
      'without',
      await changed(archive, (entries) => Reflect.deleteProperty(entries, fileEntry(file))),
      'archive-damaged',
    ],
    ['cut short', archive.slice(0, Math.floor(archive.size / 2)), 'archive-damaged'],
    ['other zip', new Blob([new Uint8Array(zipSync({ 'a.txt': utf8('hello') }))]), 'archive-unknown'],
    ['no zip', new Blob(['G28\n'.repeat(1_000)]), 'archive-unknown'],
    [
      'newer',
      await changed(archive, (entries) => {
        const list = JSON.parse(new TextDecoder().decode(entries[archiveEntry])) as Archive;
        entries[archiveEntry] = utf8(JSON.stringify({ ...list, v: 2 }));
      }),
      'archive-unknown',
    ],
    [
      'larger than said',
      await changed(archive, (entries) => {
        entries[fileEntry(file)] = utf8(`${gcode}${gcode}`);
      }),
      'archive-damaged',
    ],
  ];
  for (const [what, blob, code] of cases) {
    const imported = await importAt(house, ben, blob);
    expect([what, imported.ok ? 'imported' : imported.refusal.code]).toEqual([what, code]);
    expect([what, ben.peer.hosts.size, ben.peer.files.store.list().length]).toEqual([what, 0, 0]);
  }
});

test('an export whose file is nowhere to be had says which one', async () => {
  const { house, anna, queue, file } = await exported();
  await house.await(anna.peer.files.store.delete(file));
  const again = await house.await(exportQueue(anna.peer, queue, nothing, never));
  expect(again).toMatchObject({
    ok: false,
    refusal: { code: 'file-not-here', text: expect.stringContaining('shield.gcode') },
  });
});

test('a file that no job to come needs holds no export up when nobody has it any more', async () => {
  const { house, anna, queue, file } = await exported();
  const [, two] = [...anna.host(queue).state.jobsInOrder()];
  await house.await(anna.service.deleteJob(queue, must(two, 'the job to come').id));
  await house.await(anna.peer.files.store.delete(file));
  const archive = granted(await house.await(exportQueue(anna.peer, queue, nothing, never)));
  const ben = await house.browser('Ben').open();
  const { state } = ben.host(granted(await importAt(house, ben, archive)));
  expect([state.files.size, state.jobs.size, state.history.size]).toEqual([0, 0, 1]);
});
