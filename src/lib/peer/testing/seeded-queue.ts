import {
  type JobId,
  type PrinterId,
  type QueueId,
  RingLog,
  type SetId,
  must,
  systemClock,
  systemRandom,
} from '../../base/index.ts';
import { fileIdOf } from '../../files/cid.ts';
import { goOnFromState } from '../members/founding.ts';
import { openIdentity } from '../identity.ts';
import { TestQueue } from '../../queue/fixture.ts';
import { openIndexedDbStore } from '../../storage/index.ts';

/** As many files as the jobs share. */
const filesInAll = 50;

/**
 * Makes this browser profile a peer with a queue of that many jobs and printers, as if it had gone on from a copy of one. Adding them by the
 * client would take a quarter of an hour, nearly all of it for signatures.
 */
export async function seedQueue(jobs: number, printers: number): Promise<QueueId> {
  const old = new TestQueue();
  const files = Array.from({ length: filesInAll }, (_, i) => fileIdOf('chunk', new Uint8Array(32).fill(i)));
  for (const [i, file] of files.entries())
    old.must(old.owner, {
      type: 'add-file',
      file,
      name: `part-${i}.gcode`,
      size: 1_000,
      meta: { seconds: 600 + i },
    });
  for (let i = 0; i < printers; i++)
    old.must(old.owner, {
      type: 'set-printer',
      printer: `printer-${i}` as PrinterId,
      name: `Rack ${i}`,
      enabled: true,
      autoClear: true,
      model: i % 2 === 0 ? 'MK3S' : 'Ender-3',
      materials: [{ family: i % 3 === 0 ? 'PETG' : 'PLA' }],
    });
  for (let i = 0; i < jobs; i++)
    old.must(old.owner, {
      type: 'add-job',
      job: `job-${i}` as JobId,
      name: `Bracket ${i}`,
      copies: 1 + (i % 5),
      draft: i % 10 === 0,
      keepTogether: false,
      notes: '',
      sets: [
        { set: `set-${i}` as SetId, file: must(files[i % filesInAll], 'a file'), count: 1, requirements: {} },
      ],
    });
  const store = await openIndexedDbStore({
    name: 'peerprint',
    log: new RingLog(systemClock).room('storage'),
    clock: systemClock,
    storage: navigator.storage,
  });
  try {
    const identity = await openIdentity(store, systemRandom, systemClock, 'Anna');
    const made = await goOnFromState(
      { store, random: systemRandom, clock: systemClock },
      identity,
      old.state,
    );
    if (!made.ok) throw new Error(made.refusal.text);
    return made.value;
  } finally {
    await store.close();
  }
}
