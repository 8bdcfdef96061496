import { expect, test } from 'vitest';
import type { FileId, PrintId } from '../base/index.ts';
import type { ImportedPrint } from './command.ts';
import { TestQueue } from './fixture.ts';
import { isImported } from './importing.ts';

const print = (id: string, outcome: ImportedPrint['outcome'] = 'good'): ImportedPrint => ({
  id: id as PrintId,
  jobName: 'Shields',
  copy: 1,
  file: 'file' as FileId,
  fileName: 'shield.gcode',
  printerName: 'Left',
  material: 'PETG',
  outcome,
  endedWallMs: 1_700_000_000_000,
  lines: 100,
  resends: 1,
  seconds: 3_600,
  filamentMm: 4_000,
});

test('an imported history stands in the history, marked, and counts in the totals, once', () => {
  const queue = new TestQueue();
  const command = { type: 'import-history', prints: [print('one'), print('two', 'failed')] } as const;
  queue.must(queue.owner, { ...command, prints: [...command.prints] });
  queue.must(queue.owner, { ...command, prints: [...command.prints] });
  const entries = [...queue.state.history.values()];
  expect(entries.map(({ id, outcome, printerName }) => [id, outcome, printerName])).toEqual([
    ['one', 'good', 'Left'],
    ['two', 'failed', 'Left'],
  ]);
  expect(entries.every(isImported)).toBe(true);
  expect(queue.state.totals.all).toMatchObject({ prints: 2, good: 1, failed: 1, seconds: 7_200 });
});

test('only who administers the queue imports a history', () => {
  const queue = new TestQueue();
  const guest = queue.join('submitter');
  expect(queue.refused(guest, { type: 'import-history', prints: [print('one')] })).toBe('not-allowed');
});

test('a later word on an imported print changes that entry and no job of this queue', () => {
  const queue = new TestQueue();
  const job = queue.job(queue.owner, [1]);
  queue.must(queue.owner, { type: 'import-history', prints: [print('one')] });
  queue.must(queue.owner, { type: 'resolve', print: 'one' as PrintId, verdict: 'failed' });
  expect(queue.state.history.get('one' as PrintId)?.outcome).toBe('failed');
  expect(queue.jobOf(job.id)).toMatchObject({ done: false });
});
