import { expect, it } from 'vitest';
import { ManualClock, must, seededRandom, silentLog } from '../../base/index.ts';
import { TestQueue } from '../../queue/fixture.ts';
import { FaultyDisk } from '../../storage/memory.ts';
import type { StoredEntry } from '../../storage/port.ts';
import { settle } from '../testing/off-thread.ts';
import { Listener } from './listening.ts';

/** A queue whose owner has named it anew some times, and its log. */
function named(times: number) {
  const queue = new TestQueue({}, true);
  const { state } = queue;
  const told = new Map([[state.index, state.hash()]]);
  for (let i = 1; i <= times; i++) {
    queue.must(queue.owner, { type: 'rename-queue', name: `Name ${i}` });
    told.set(state.index, state.hash());
  }
  const entries = queue.log.map((data, at): StoredEntry => ({ term: 1, index: at + 1, type: 0, data }));
  return { queue, entries, hashAt: (index: number) => must(told.get(index), `a hash at ${index}`) };
}

async function listening(times: number, committed: number) {
  const { queue, entries, hashAt } = named(times);
  const clock = new ManualClock();
  const machine = new FaultyDisk(clock, seededRandom(3));
  const pass = async <T>(promise: Promise<T>): Promise<T> => {
    let isOver = false;
    const over = () => (isOver = true);
    promise.then(over, over);
    for (let i = 0; i < 100 && !isOver; i++) {
      clock.advance(1);
      await settle();
    }
    return promise;
  };
  const store = machine.open();
  await pass(store.createLog('queue', Uint8Array.of(1)));
  const log = await pass(store.openLog('queue'));
  await pass(log.load());
  await pass(log.append({ entries, hardState: { term: 1, vote: 0, commit: committed }, durable: true }));
  const listener = Listener.open(
    {
      clock,
      random: seededRandom(1),
      log: silentLog,
      disk: log,
      replicaOf: () => 1,
      askForChunk: () => Promise.resolve(undefined),
      onDropped: () => undefined,
      onApplied: () => undefined,
      onChange: () => undefined,
      onStopped: (code, text) => expect.unreachable(`${code}: ${text}`),
    },
    2,
    await pass(log.load()),
    queue.genesis,
  );
  /** The entries up to that one are news, signed by the queue's only voter. */
  const hear = (to: number) => {
    const first = listener.state.index + 1;
    const news = entries.slice(first - 1, to);
    listener.take({
      by: queue.owner.peer,
      news: {
        queue: queue.state.digest,
        first,
        entries: news.map(({ term, type, data }) => [term, type, new Uint8Array(data)] as const),
        at: to,
        hash: hashAt(to),
        offer: null,
      },
    });
  };
  const onDisk = async () => {
    const again = machine.open();
    const opened = await pass(again.openLog('queue'));
    return pass(opened.load());
  };
  return { listener, log, hear, pass, machine, onDisk, entries };
}

it('what a listener hears leaves what stands behind it in its log: a voter may have acknowledged that', async () => {
  const { listener, log, hear, pass, onDisk, entries } = await listening(5, 2);
  expect(entries.length).toBe(6);
  hear(4);
  expect(listener.state.index).toBe(4);
  await pass(listener.release());
  await log.close();
  const stored = await onDisk();
  expect(stored.entries.length).toBe(6);
  expect(stored.hardState.commit).toBe(4);
});

it('what a listener heard is safe from a crash once it has let go of the log, for who takes over may vote', async () => {
  const { listener, hear, pass, machine, onDisk } = await listening(5, 2);
  hear(6);
  await pass(listener.release());
  machine.crash();
  expect((await onDisk()).hardState.commit).toBe(6);
});
