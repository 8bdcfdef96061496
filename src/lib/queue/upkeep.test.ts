import { expect, it } from 'vitest';
import type { FileId, JobId, PeerId, PrintId, SetId } from '../base/index.ts';
import { must } from '../base/index.ts';
import { TestQueue } from './fixture.ts';
import { openGenesis } from './genesis.ts';
import { doneJobsMax } from './limits.ts';
import { defaultSettings } from './settings.ts';
import type { Job, JobSet } from './state.ts';
import { emptyTables, none } from './tables.ts';
import { settleJob } from './upkeep.ts';

const file = 'file' as FileId;
const by = 'peer' as PeerId;
const idOf = (number: number) => `job-${number}` as JobId;

/** A job of one copy, which is printed. */
function jobOf(number: number): Job {
  const sets = [`${idOf(number)}.0` as SetId];
  const words = { id: idOf(number), name: '', notes: '', by, createdMs: 0, sets };
  const flags = { draft: false, keepTogether: false, done: false };
  return { ...words, ...flags, copies: 1, boundTo: undefined, dueMs: undefined, wallMs: undefined };
}

function setOf(job: Job, active: readonly PrintId[]): JobSet {
  const counts = { count: 1, good: 1, failed: 0, cancelled: 0, unknown: 0, failures: 0 };
  const id = must(job.sets[0], 'its set');
  const rest = {
    madeAt: 1,
    requirements: {},
    failedOn: none,
    quarantine: undefined,
    nextCopy: 2,
    again: none,
    onHold: none,
    takenOff: 0,
    unfitOn: none,
  };
  return { id, job: job.id, file, active, ...counts, ...rest };
}

it('keeps so many finished jobs, and of those beyond lets the oldest go of which no copy is under way', () => {
  const opened = openGenesis(new TestQueue().genesis);
  if (!opened.ok) throw new Error(opened.refusal.code);
  const tables = emptyTables(opened.value, defaultSettings);
  tables.files.set(file, { id: file, name: file, size: 1, meta: {}, by, uses: doneJobsMax + 3 });
  for (let number = 0; number < doneJobsMax + 3; number++) {
    const job = jobOf(number);
    tables.jobs.add(job, undefined);
    // Of the second a surplus copy is still being printed.
    const set = setOf(job, number === 1 ? ['print' as PrintId] : none);
    tables.sets.set(set.id, set);
    settleJob({ tables, changed: [] }, job.id);
  }
  expect(tables.doneJobs.size).toBe(doneJobsMax);
  expect([0, 1, 2, 3, 4].map((number) => tables.jobs.has(idOf(number)))).toEqual([
    false,
    true,
    false,
    false,
    true,
  ]);
  expect(tables.files.get(file)?.uses).toBe(doneJobsMax);
});
