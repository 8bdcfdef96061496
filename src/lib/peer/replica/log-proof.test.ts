import { describe, expect, it } from 'vitest';
import { ManualClock, must, seededRandom, silentLog } from '../../base/index.ts';
import { TestQueue } from '../../queue/fixture.ts';
import {
  type Applied,
  QueueState,
  encodeCommandEntry,
  openEnvelope,
  signCommand,
} from '../../queue/index.ts';
import type { AppendBatch, ReplicaLog, StoredEntry, StoredReplica } from '../../storage/port.ts';
import { Acknowledgements } from './acknowledgements.ts';
import { LogWriter } from './log-writer.ts';
import { Listener } from './listening.ts';
import { restoreReplica } from './replica-start.ts';

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

function settled(index: number, isRight: boolean): Pick<Applied, 'index' | 'result'> {
  const refusal = { code: 'bad-signature', of: 'command' } as const;
  return { index, result: isRight ? { kind: 'committed' } : { kind: 'refused', refusal } };
}

function applied(provenTo: number) {
  const { queue, entries } = logWithForgery();
  let checked = 0;
  const stored = {
    identity: new Uint8Array(),
    hardState: { term: 1, vote: 0, commit: 2 },
    provenTo,
    acknowledged: [],
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
  expect(results[0]?.result.kind).toBe('committed');
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
    {
      disk: disk as ReplicaLog,
      acknowledgements: new Acknowledgements([]),
      run: (done) => done(),
      onFailed: () => expect.unreachable(),
    },
    { hardState: { term: 1, vote: 0, commit: 0 }, provenTo: 7, snapshot: undefined, entries: [] },
  );
  writer.commit(7);
  writer.applied(settled(8, true));
  writer.commit(8);
  writer.applied(settled(9, false));
  writer.applied(settled(10, true));
  writer.commit(10);
  await writer.idle();
  expect(batches.map(({ provenTo }) => provenTo)).toEqual([7, 8, 8]);
});

describe('a listener', () => {
  it('notes with what it confirmed up to where it was rightly signed', () => {
    const { queue, entries } = logWithForgery();
    const { listener, batches } = listening(queue, { entries: [], provenTo: 0 });
    const hear = (count: number) => {
      const state = stateOf(queue, entries.slice(0, count));
      const { index } = state;
      listener.take({
        by: queue.owner.peer,
        news: {
          queue: state.digest,
          first: index,
          entries: entries.slice(index - 1, index).map(({ term, type, data }) => [term, type, data] as const),
          at: index,
          hash: state.hash(),
          offer: null,
        },
      });
    };
    hear(1);
    hear(2);
    expect(listener.state.index).toBe(2);
    expect(batches.map(({ hardState, provenTo }) => [hardState?.commit, provenTo])).toEqual([
      [1, 1],
      [2, 1],
    ]);
  });

  it('checks on opening only what it had not found rightly signed before', () => {
    const { queue, entries } = logWithForgery();
    const nameOf = (provenTo: number) => listening(queue, { entries, provenTo }).listener.state.head.name;
    expect(nameOf(1)).toBe(queue.state.head.name);
    // No log says so of a forgery: this one shows that the signature is not looked at.
    expect(nameOf(2)).toBe('Mine now');
  });
});

function listening(queue: TestQueue, log: Pick<StoredReplica, 'entries' | 'provenTo'>) {
  const batches: AppendBatch[] = [];
  const disk: Pick<ReplicaLog, 'append'> = {
    append: (batch) => {
      batches.push(batch);
      return Promise.resolve();
    },
  };
  const clock = new ManualClock();
  const listener = Listener.open(
    {
      clock,
      random: seededRandom(1),
      log: silentLog,
      disk: disk as ReplicaLog,
      replicaOf: () => 1,
      askForChunk: () => Promise.resolve(undefined),
      onDropped: () => undefined,
      onApplied: () => undefined,
      onChange: () => undefined,
      onStopped: (code, text) => expect.unreachable(`${code}: ${text}`),
    },
    2,
    {
      identity: new Uint8Array(),
      hardState: { term: 1, vote: 0, commit: log.entries.length },
      acknowledged: [],
      snapshot: undefined,
      ...log,
    },
    queue.genesis,
  );
  return { listener, batches };
}

function stateOf(queue: TestQueue, entries: readonly StoredEntry[]): QueueState {
  const state = QueueState.fromGenesis(queue.genesis);
  if (!state.ok) throw new Error(state.refusal.code);
  for (const { index, data } of entries) state.value.apply(index, data);
  return state.value;
}
