import { type Bytes, RefusalError, assert, equalBytes, messageOf, utf8 } from '../base/index.ts';
import type { ReplicaLog, Store, StoredEntry, StoredReplica } from './port.ts';

/**
 * What every Store must do, as cases without a test framework: Vitest runs them in Node, and browser-suite.ts in real browsers.
 * `open` opens the same storage once more, as another worker or a later life of the process would.
 */
export interface StoreCase {
  readonly name: string;
  run(open: () => Promise<Store>): Promise<void>;
}

const identity = utf8('replica 7 of a queue');

function entry(index: number, term: number, text = `${term}:${index}`): StoredEntry {
  return { index, term, type: 0, data: utf8(text) };
}

function entriesFrom(first: number, count: number, term: number): StoredEntry[] {
  return Array.from({ length: count }, (_, at) => entry(first + at, term));
}

/** Terms and indexes, short enough to compare by eye: `1:1 1:2 2:3`. */
function told(replica: StoredReplica): string {
  const entries = replica.entries.map(
    (e) => `${e.term}:${e.index}${new TextDecoder().decode(e.data) === `${e.term}:${e.index}` ? '' : '!'}`,
  );
  const snapshot =
    replica.snapshot === undefined ? [] : [`s${replica.snapshot.term}:${replica.snapshot.index}`];
  return [...snapshot, ...entries].join(' ');
}

function same(got: unknown, wanted: unknown, what: string): void {
  assert(got === wanted, `${what}: got ${String(got)}, wanted ${String(wanted)}`);
}

function sameBytes(got: Uint8Array | undefined, wanted: Uint8Array, what: string): void {
  assert(got !== undefined && equalBytes(got, wanted), `${what}: other bytes`);
}

/** The code of the refusal that the promise ends in. */
async function refusalCode(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof RefusalError) return error.code;
    return `thrown: ${messageOf(error)}`;
  }
  return 'no refusal';
}

async function freshLog(store: Store): Promise<ReplicaLog> {
  await store.createLog('queue', identity);
  const log = await store.openLog('queue');
  await log.load();
  return log;
}

async function reopened(open: () => Promise<Store>): Promise<StoredReplica> {
  const store = await open();
  const log = await store.openLog('queue');
  const replica = await log.load();
  await log.close();
  await store.close();
  return replica;
}

const logCases: readonly StoreCase[] = [
  {
    name: 'a new log is empty and knows its identity',
    async run(open) {
      const store = await open();
      const log = await freshLog(store);
      const replica = await log.load();
      sameBytes(replica.identity, identity, 'identity');
      same(told(replica), '', 'entries');
      same(JSON.stringify(replica.hardState), '{"term":0,"vote":0,"commit":0}', 'hard state');
      same(replica.provenTo, 0, 'proven');
      same((await store.listLogs()).join(), 'queue', 'logs');
      await log.close();
      await store.close();
    },
  },
  {
    name: 'entries and hard state come back after a restart',
    async run(open) {
      const store = await open();
      const log = await freshLog(store);
      await log.append({
        hardState: { term: 1, vote: 3, commit: 0 },
        entries: entriesFrom(1, 3, 1),
        durable: true,
      });
      await log.append({ entries: entriesFrom(4, 2, 1), durable: true });
      await log.append({ hardState: { term: 1, vote: 3, commit: 4 }, provenTo: 3, durable: false });
      await log.append({ hardState: { term: 1, vote: 3, commit: 4 }, durable: true });
      await log.close();
      await store.close();
      const replica = await reopened(open);
      same(told(replica), '1:1 1:2 1:3 1:4 1:5', 'entries');
      same(JSON.stringify(replica.hardState), '{"term":1,"vote":3,"commit":4}', 'hard state');
      same(replica.provenTo, 3, 'proven');
    },
  },
  {
    name: 'what stands behind entries that are appended again stays: only a term that contradicts cuts the log',
    async run(open) {
      const store = await open();
      const log = await freshLog(store);
      await log.append({ entries: entriesFrom(1, 4, 1), durable: true });
      await log.append({ entries: entriesFrom(5, 3, 2), durable: true });
      await log.append({ entries: entriesFrom(2, 2, 1), durable: false });
      same(told(await log.load()), '1:1 1:2 1:3 1:4 2:5 2:6 2:7', 'after entries that were here');
      await log.append({
        entries: [...entriesFrom(4, 1, 1), ...entriesFrom(5, 4, 2)],
        hardState: { term: 2, vote: 0, commit: 6 },
        durable: true,
      });
      same(told(await log.load()), '1:1 1:2 1:3 1:4 2:5 2:6 2:7 2:8', 'after one more');
      await log.append({ entries: [...entriesFrom(6, 1, 2), ...entriesFrom(7, 1, 3)], durable: true });
      await log.close();
      same(told(await reopened(open)), '1:1 1:2 1:3 1:4 2:5 2:6 3:7', 'after a contradiction');
      await store.close();
    },
  },
  {
    name: 'what other replicas acknowledged comes back, and stays where a batch does not name it',
    async run(open) {
      const store = await open();
      const log = await freshLog(store);
      same(JSON.stringify((await log.load()).acknowledged), '[]', 'at first');
      const acknowledged = [
        { replica: 2, epoch: 3, life: 2 ** 32 - 1, term: 4, index: 500, committed: 499 },
        { replica: 3, epoch: 1, life: 0, term: 2 ** 40, index: 0, committed: 0 },
      ];
      await log.append({ acknowledged, durable: true });
      await log.append({ entries: entriesFrom(1, 1, 1), durable: true });
      await log.close();
      await store.close();
      same(JSON.stringify((await reopened(open)).acknowledged), JSON.stringify(acknowledged), 'later');
    },
  },
  {
    name: 'a large entry, an empty one and large numbers keep their bytes',
    async run(open) {
      const store = await open();
      const log = await freshLog(store);
      const data = Uint8Array.from({ length: 300_000 }, (_, at) => (at * 31) & 0xff);
      const term = 2 ** 52 + 1;
      const entries = [
        { index: 1, term, type: 2, data },
        { index: 2, term, type: 0, data: new Uint8Array() },
      ];
      await log.append({ hardState: { term, vote: 2 ** 40, commit: 1 }, entries, durable: true });
      await log.close();
      const replica = await reopened(open);
      sameBytes(replica.entries[0]?.data, data, 'data');
      same(replica.entries[1]?.data.length, 0, 'empty data');
      same(replica.entries[0]?.term, term, 'term');
      same(replica.entries[0]?.type, 2, 'type');
      same(replica.hardState.vote, 2 ** 40, 'vote');
      await store.close();
    },
  },
  {
    name: 'an append replaces everything from its first index on, also inside a record',
    async run(open) {
      const store = await open();
      const log = await freshLog(store);
      await log.append({ entries: entriesFrom(1, 10, 1), durable: true });
      await log.append({ entries: entriesFrom(11, 3, 1), durable: true });
      await log.append({ entries: entriesFrom(5, 2, 2), durable: true });
      await log.append({ entries: entriesFrom(7, 1, 2), durable: true });
      same(told(await log.load()), '1:1 1:2 1:3 1:4 2:5 2:6 2:7', 'after a cut');
      await log.append({ entries: entriesFrom(3, 1, 3), durable: true });
      await log.close();
      same(told(await reopened(open)), '1:1 1:2 3:3', 'after a second cut');
      await store.close();
    },
  },
  {
    name: 'a snapshot inside the log drops what it covers and keeps what follows',
    async run(open) {
      const store = await open();
      const log = await freshLog(store);
      await log.append({ entries: entriesFrom(1, 10, 1), durable: true });
      await log.append({ entries: entriesFrom(5, 4, 2), durable: true });
      const snapshot = { term: 2, index: 6, confState: utf8('conf'), data: utf8('state') };
      await log.append({ snapshot, durable: true });
      await log.append({ entries: entriesFrom(9, 1, 2), durable: true });
      await log.close();
      const replica = await reopened(open);
      same(told(replica), 's2:6 2:7 2:8 2:9', 'entries');
      sameBytes(replica.snapshot?.data, utf8('state'), 'snapshot data');
      sameBytes(replica.snapshot?.confState, utf8('conf'), 'snapshot membership');
      await store.close();
    },
  },
  {
    name: 'a snapshot that the log does not lead to replaces the whole log',
    async run(open) {
      const store = await open();
      const log = await freshLog(store);
      await log.append({ entries: entriesFrom(1, 10, 1), durable: true });
      await log.append({
        hardState: { term: 3, vote: 0, commit: 7 },
        snapshot: { term: 3, index: 7, confState: new Uint8Array(), data: utf8('other') },
        entries: entriesFrom(8, 2, 3),
        durable: true,
      });
      same(told(await log.load()), 's3:7 3:8 3:9', 'now');
      await log.append({
        snapshot: { term: 3, index: 20, confState: new Uint8Array(), data: utf8('far') },
        durable: true,
      });
      await log.close();
      same(told(await reopened(open)), 's3:20', 'later');
      await store.close();
    },
  },
  {
    name: 'appends handed over without waiting are kept in order',
    async run(open) {
      const store = await open();
      const log = await freshLog(store);
      const writes: Promise<void>[] = [];
      for (let i = 1; i <= 40; i++) {
        writes.push(
          log.append({
            hardState: { term: 1, vote: 1, commit: i - 1 },
            entries: entriesFrom(i, 1, 1),
            durable: i % 4 === 0,
          }),
        );
      }
      await Promise.all(writes);
      const replica = await log.load();
      same(replica.entries.length, 40, 'entries');
      same(replica.hardState.commit, 39, 'commit');
      await log.close();
      await store.close();
    },
  },
  {
    name: 'a second opener fences the first, whose append then changes nothing',
    async run(open) {
      const store = await open();
      const first = await freshLog(store);
      await first.append({ entries: entriesFrom(1, 1, 1), durable: true });
      const other = await open();
      const second = await other.openLog('queue');
      same(
        await refusalCode(first.append({ entries: entriesFrom(2, 1, 1), durable: true })),
        'fenced',
        'the old one',
      );
      same(
        await refusalCode(first.append({ entries: entriesFrom(2, 1, 1), durable: true })),
        'storage-failed',
        'once more',
      );
      same(await refusalCode(first.load()), 'fenced', 'loading the old one');
      same(told(await second.load()), '1:1', 'entries');
      await second.append({ entries: entriesFrom(2, 1, 2), durable: true });
      same(told(await second.load()), '1:1 2:2', 'entries of the new one');
      await first.close();
      await second.close();
      await store.close();
      await other.close();
    },
  },
  {
    name: 'logs are told apart, made once and deleted whole',
    async run(open) {
      const store = await open();
      const log = await freshLog(store);
      await log.append({ entries: entriesFrom(1, 2, 1), durable: true });
      await store.createLog('queue/2', utf8('two'));
      same(await refusalCode(store.createLog('queue', identity)), 'exists', 'made twice');
      same(await refusalCode(store.openLog('nowhere')), 'absent', 'opened without being made');
      same((await store.listLogs()).join(), 'queue,queue/2', 'both');
      await log.close();
      await store.deleteLog('queue');
      same((await store.listLogs()).join(), 'queue/2', 'the other');
      same(await refusalCode(store.openLog('queue')), 'absent', 'opened after deletion');
      await store.createLog('queue', identity);
      const again = await store.openLog('queue');
      same(told(await again.load()), '', 'made anew');
      await again.close();
      await store.close();
    },
  },
  {
    name: 'a log that was deleted under its writer refuses the write',
    async run(open) {
      const store = await open();
      const log = await freshLog(store);
      await store.deleteLog('queue');
      same(
        await refusalCode(log.append({ entries: entriesFrom(1, 1, 1), durable: true })),
        'fenced',
        'append',
      );
      same(await refusalCode(log.load()), 'absent', 'load');
      await log.close();
      same(await refusalCode(log.append({ durable: true })), 'closed', 'append after close');
      await store.close();
    },
  },
];

const recordCases: readonly StoreCase[] = [
  {
    name: 'small records come back after a restart, sorted by key, one table apart from the other',
    async run(open) {
      const store = await open();
      await store.put('settings', 'b', utf8('2'));
      await store.put('settings', 'a', utf8('1'));
      await store.put('settings', 'a', utf8('one'));
      await store.put('outbox', 'a', utf8('other'));
      await store.close();
      const later = await open();
      sameBytes(await later.get('settings', 'a'), utf8('one'), 'a');
      const all = await later.entries('settings');
      same(all.map(([key]) => key).join(), 'a,b', 'keys');
      await later.delete('settings', 'a');
      same(await later.get('settings', 'a'), undefined, 'deleted');
      same((await later.entries('settings')).length, 1, 'one left');
      same((await later.entries('printers')).length, 0, 'an unused table');
      await later.close();
    },
  },
  {
    name: 'chunks are kept by hash, many at once, and told when asked',
    async run(open) {
      const store = await open();
      const chunks = Array.from({ length: 5 }, (_, at) => ({ hash: `hash-${at}`, bytes: chunkOf(at) }));
      await store.chunks.putMany(chunks);
      await store.chunks.put('single', chunkOf(9).subarray(10, 20));
      same(await store.chunks.has('hash-3'), true, 'has');
      same(await store.chunks.has('hash-7'), false, 'has not');
      sameBytes(await store.chunks.get('hash-4'), chunkOf(4), 'bytes');
      sameBytes(await store.chunks.get('single'), chunkOf(9).subarray(10, 20), 'bytes of a view');
      const present = await store.chunks.present(['hash-0', 'nothing', 'single']);
      same([...present].sort().join(), 'hash-0,single', 'present');
      await store.chunks.delete('hash-0');
      await store.chunks.deleteMany(['hash-1', 'hash-2', 'nothing']);
      same(await store.chunks.get('hash-0'), undefined, 'deleted');
      same([...(await store.chunks.hashes())].sort().join(), 'hash-3,hash-4,single', 'hashes');
      await store.close();
    },
  },
  {
    name: 'what is handed over may be changed afterwards',
    async run(open) {
      const store = await open();
      const log = await freshLog(store);
      const value = utf8('before');
      const data = utf8('1:1');
      const writes = [
        store.put('settings', 'a', value),
        log.append({ entries: [{ index: 1, term: 1, type: 0, data }], durable: true }),
      ];
      await Promise.all(writes);
      value.fill(0);
      data.fill(0);
      sameBytes(await store.get('settings', 'a'), utf8('before'), 'record');
      same(told(await log.load()), '1:1', 'entry');
      await log.close();
      await store.close();
    },
  },
  {
    name: 'a closed store refuses',
    async run(open) {
      const store = await open();
      await store.estimate();
      await store.close();
      same(await refusalCode(store.get('settings', 'a')), 'closed', 'get');
      same(await refusalCode(store.listLogs()), 'closed', 'list');
    },
  },
];

function chunkOf(seed: number): Bytes {
  return Uint8Array.from({ length: 1000 }, (_, at) => (at * (seed + 1)) & 0xff);
}

export const storeCases: readonly StoreCase[] = [...logCases, ...recordCases];
