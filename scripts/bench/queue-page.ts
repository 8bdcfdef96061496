import { must, silentLog, systemClock } from '../../src/lib/base/index.ts';
import { JobIndex } from '../../src/lib/peer/host/job-index.ts';
import { encodeConfState } from '../../src/lib/peer/replica/replica-record.ts';
import { restoreReplica } from '../../src/lib/peer/replica/replica-start.ts';
import { type OpenEnvelope, openEnvelope } from '../../src/lib/queue/index.ts';
import { Agenda } from '../../src/lib/schedule/index.ts';
import { openIndexedDbStore } from '../../src/lib/storage/index.ts';
import { QueueLoad } from './queue-load.ts';

/** Runs in a bare page of a real browser: writes a queue to the disk, and, in another life of that browser, opens it. */

/** Entries of the log behind the snapshot: half of what gathers before the next one. */
const tailEntries = 1_000;
/** Rows of the first window that a page shows. */
const rows = 50;
const confState = { voters: [1], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };

/** Milliseconds of each step of opening. */
export interface DiskOpening {
  /** From opening the database to checked rows. */
  readonly loadMs: number;
  readonly restoreMs: number;
  /** Applying what the log has behind the snapshot. */
  readonly tailMs: number;
  /** The lists, the agenda and the first rows with why they wait. */
  readonly firstViewMs: number;
  readonly totalMs: number;
  readonly jobs: number;
}

function store() {
  return openIndexedDbStore({ name: 'peerprint-bench', clock: systemClock, log: silentLog });
}

/** Writes a queue with so many jobs: a snapshot and the log behind it. */
export async function writeQueue(size: number): Promise<void> {
  const load = new QueueLoad(size);
  const { state } = load;
  const { index } = state;
  const data = state.snapshot();
  const entries = load.entries(load.commands(tailEntries, 'near'));
  const disk = await store();
  const key = `queue-${size}`;
  await disk.createLog(key, load.genesis);
  const log = await disk.openLog(key);
  await log.load();
  const hardState = { term: 1, vote: 0, commit: index };
  const snapshot = { index, term: 1, confState: encodeConfState(confState), data };
  await log.append({ hardState, snapshot, durable: true });
  // In records as a busy queue writes them.
  for (let i = 0; i < entries.length; i += 8) {
    const record = entries.slice(i, i + 8).map((bytes, at) => ({
      index: index + i + at + 1,
      term: 1,
      type: 0,
      data: bytes,
    }));
    const to = index + i + record.length;
    await log.append({
      hardState: { ...hardState, commit: to },
      provenTo: to,
      entries: record,
      durable: true,
    });
  }
  await log.close();
  await disk.close();
}

/** Opens it as a peer does when its browser starts. */
export async function openQueue(size: number): Promise<DiskOpening> {
  const times = [performance.now()];
  const stamp = () => times.push(performance.now());
  const disk = await store();
  const log = await disk.openLog(`queue-${size}`);
  const stored = await log.load();
  stamp();
  const open: OpenEnvelope = openEnvelope;
  const { state } = restoreReplica(stored, new Uint8Array(stored.identity), open);
  stamp();
  for (const { index, data } of stored.entries) {
    const { result } = state.apply(index, data);
    if (result.kind === 'refused') throw new Error(result.refusal.code);
  }
  stamp();
  const jobs = new JobIndex(state, state.head.owner);
  const agenda = new Agenda(state);
  const found = jobs.find('all', '', 0, rows);
  for (const id of found.jobs) for (const set of must(state.jobs.get(id), 'a job').sets) agenda.whyWaits(set);
  stamp();
  await log.close();
  await disk.close();
  const [begun = 0, loaded = 0, restored = 0, applied = 0, shown = 0] = times;
  return {
    loadMs: loaded - begun,
    restoreMs: restored - loaded,
    tailMs: applied - restored,
    firstViewMs: shown - applied,
    totalMs: shown - begun,
    jobs: found.total,
  };
}

Object.assign(globalThis, { writeQueue, openQueue });
