import { expect, it } from 'vitest';
import { must } from '../../base/index.ts';
import { TestQueue } from '../../queue/fixture.ts';
import { encodeCommandEntry, openEnvelope, signCommand } from '../../queue/index.ts';
import type { AppendBatch, ReplicaLog } from '../../storage/port.ts';
import { LogWriter } from './log-writer.ts';
import { isProven, restoreReplica } from './replica-start.ts';

/** A log of two commands, the second of which is signed by somebody else than it says. */
function logWithForgery() {
  const queue = new TestQueue({}, true);
  const opened = must(queue.log[0], 'the entry that opened a session');
  const head = { queue: queue.state.digest, session: queue.owner.session, seq: 1, ack: 1 };
  const forged = signCommand(queue.owner.seed, head, { type: 'rename-queue', name: 'Mine now' });
  forged[forged.length - 1] = (forged[forged.length - 1] ?? 0) ^ 1;
  const entries = [opened, encodeCommandEntry(0, forged)].map((data, i) => ({
    index: i + 1,
    term: 1,
    type: 0,
    data,
  }));
  return { queue, entries };
}

function applied(provenTo: number) {
  const { queue, entries } = logWithForgery();
  let checked = 0;
  const stored = {
    identity: new Uint8Array(),
    hardState: { term: 1, vote: 0, commit: 2 },
    provenTo,
    snapshot: undefined,
    entries,
  };
  const { state } = restoreReplica(stored, queue.genesis, (bytes) => {
    checked++;
    return openEnvelope(bytes);
  });
  const results = entries.map(({ index, data }) => state.apply(index, data));
  return { results, checked: () => checked };
}

it('checks a signature again only behind the entries that it found rightly signed before', () => {
  const { results, checked } = applied(1);
  expect(checked()).toBe(1);
  expect(results.map(isProven)).toEqual([true, false]);
  expect(results[1]?.result).toMatchObject({ kind: 'refused', refusal: { code: 'bad-signature' } });
  expect(applied(0).checked()).toBe(2);
});

it('notes nothing as proven from a forged entry on, and says so with every write of the commit index', async () => {
  const batches: AppendBatch[] = [];
  const disk: Pick<ReplicaLog, 'append'> = {
    append: (batch) => {
      batches.push(batch);
      return Promise.resolve();
    },
  };
  const writer = new LogWriter(
    { disk: disk as ReplicaLog, run: (done) => done(), onFailed: () => expect.unreachable() },
    { hardState: { term: 1, vote: 0, commit: 0 }, provenTo: 7 },
  );
  writer.commit(7);
  writer.applied(8, true);
  writer.commit(8);
  writer.applied(9, false);
  writer.applied(10, true);
  writer.commit(10);
  await writer.idle();
  expect(batches.map(({ provenTo }) => provenTo)).toEqual([7, 8, 8]);
});
