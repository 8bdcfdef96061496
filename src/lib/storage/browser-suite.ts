import { RefusalError, messageOf, must, silentLog, systemClock } from '../base/index.ts';
import { deleteIndexedDbStore, openIndexedDbStore } from './indexeddb.ts';
import type { Store } from './port.ts';
import { storeCases } from './store.suite.ts';

/** Runs in a page or any worker of a real browser, without a test framework: what storage promises, and how fast it is. */

export interface BrowserSuiteResult {
  readonly passed: readonly string[];
  readonly failed: readonly { readonly name: string; readonly error: string }[];
}

const prefix = 'peerprint-suite';

/** Every case of the store's suite on a database of its own, deleted afterwards, and the lock between two openers. */
export async function runBrowserSuite(): Promise<BrowserSuiteResult> {
  const passed: string[] = [];
  const failed: { name: string; error: string }[] = [];
  const cases = [
    ...storeCases.map((one) => ({ name: one.name, run: plainly(one.run) })),
    { name: lockName, run: lockCase },
  ];
  for (const [at, one] of cases.entries()) {
    const database = `${prefix}-${at}`;
    try {
      await deleteIndexedDbStore(database);
      await one.run(database);
      passed.push(one.name);
    } catch (error) {
      failed.push({
        name: one.name,
        error: error instanceof Error ? `${error.name}: ${error.message}` : messageOf(error),
      });
    } finally {
      await deleteIndexedDbStore(database);
    }
  }
  return { passed, failed };
}

/** Without Web Locks, so that a second opener gets in and meets the fence. */
function plainly(run: (open: () => Promise<Store>) => Promise<void>): (database: string) => Promise<void> {
  return (name) =>
    run(() => openIndexedDbStore({ name, clock: systemClock, log: silentLog, storage: navigator.storage }));
}

const lockName = 'a log that another worker keeps open is busy, and free once it was closed';

async function lockCase(name: string): Promise<void> {
  const locks = must(
    navigator.locks as LockManager | undefined,
    'no Web Locks: this page is no secure context',
  );
  const open = (): Promise<Store> =>
    openIndexedDbStore({ name, clock: systemClock, log: silentLog, locks, lockWaitMs: 200 });
  const [one, two] = [await open(), await open()];
  await one.createLog('queue', new Uint8Array(3));
  const log = await one.openLog('queue');
  const code = await two.openLog('queue').then(
    () => 'opened',
    (error: unknown) => (error instanceof RefusalError ? error.code : messageOf(error)),
  );
  if (code !== 'busy') throw new Error(`the second opener got: ${code}`);
  await log.close();
  await (await two.openLog('queue')).close();
  await one.close();
  await two.close();
}

const busyRecord = 'kept';
const busyBytes = 4 * 1024;

/**
 * Writes to the log, the records and the chunks at once, on and on until its browser ends. Resolves when each has been written to.
 * @returns whether the record of the run before is still there, or why the browser threw it away
 */
export async function keepWriting(log: string): Promise<string> {
  const name = `${prefix}-busy`;
  let lost = 'nothing was here';
  const store = await openIndexedDbStore({
    name,
    clock: systemClock,
    log: silentLog,
    renewsLog: true,
    onDamaged: (reason) => (lost = reason),
  });
  const before = await store.get('settings', busyRecord);
  await store.put('settings', busyRecord, new Uint8Array(1));
  await store.createLog(log, new Uint8Array(8));
  const rows = await store.openLog(log);
  await rows.load();
  const data = new Uint8Array(busyBytes);
  const lanes: ((round: number) => Promise<void>)[] = [
    (round) =>
      rows.append({
        hardState: { term: 1, vote: 1, commit: round },
        entries: [{ term: 1, index: round + 1, type: 0, data }],
        durable: true,
      }),
    (round) => store.put('outbox', String(round % 8), data),
    (round) => store.chunks.put(String(round % 8), data),
  ];
  await Promise.all(
    lanes.map(async (write) => {
      await write(0);
      const go = async (): Promise<void> => {
        for (let round = 1; ; round++) await write(round);
      };
      void go();
    }),
  );
  return before === undefined ? lost : 'kept';
}

/** Commits per second to IndexedDB, entries of 256 bytes; chunk rates in megabytes (10^6 bytes) per second. */
export interface IndexedDbBench {
  /** One entry per durable append, each waited for. */
  readonly single: number;
  /** 64 entries per durable append, each append waited for. */
  readonly grouped: number;
  /** One entry per durable append, 16 appends under way at a time. */
  readonly pipelined: number;
  /** 256 KiB chunks in batches of eight, two batches under way. */
  readonly chunkWrite: number;
  readonly chunkRead: number;
}

const entryBytes = 256;
const chunkBytes = 256 * 1024;
/** Chunks written and read back: 64 MiB. */
const chunkCount = 256;

export async function benchIndexedDb(forMs = 1_500): Promise<IndexedDbBench> {
  const name = `${prefix}-bench`;
  await deleteIndexedDbStore(name);
  const store = await openIndexedDbStore({ name, clock: systemClock, log: silentLog });
  try {
    const single = await appendRate(store, 'single', 1, 1, forMs);
    const grouped = await appendRate(store, 'grouped', 64, 1, forMs);
    const pipelined = await appendRate(store, 'pipelined', 1, 16, forMs);
    return { single, grouped, pipelined, ...(await chunkRates(store)) };
  } finally {
    await store.close();
    await deleteIndexedDbStore(name);
  }
}

/** Entries per second with `width` entries per append and `depth` appends under way. */
async function appendRate(
  store: Store,
  key: string,
  width: number,
  depth: number,
  forMs: number,
): Promise<number> {
  await store.createLog(key, new Uint8Array(8));
  const log = await store.openLog(key);
  await log.load();
  let last = 0;
  const data = new Uint8Array(entryBytes).fill(7);
  const startedMs = systemClock.monotonicMs();
  const lane = async (): Promise<void> => {
    while (systemClock.monotonicMs() - startedMs < forMs) {
      const entries = Array.from({ length: width }, (_, at) => ({
        term: 1,
        index: last + 1 + at,
        type: 0,
        data,
      }));
      last += width;
      await log.append({ hardState: { term: 1, vote: 1, commit: last - width }, entries, durable: true });
    }
  };
  await Promise.all(Array.from({ length: depth }, lane));
  const tookMs = systemClock.monotonicMs() - startedMs;
  const loaded = await log.load();
  if (loaded.entries.length !== last)
    throw new Error(`${loaded.entries.length} of ${last} entries came back`);
  await log.close();
  return Math.round(last / (tookMs / 1000));
}

async function chunkRates(store: Store): Promise<{ chunkWrite: number; chunkRead: number }> {
  const chunks = Array.from({ length: chunkCount }, (_, at) => ({
    hash: `chunk-${at}`,
    bytes: Uint8Array.from({ length: chunkBytes }, (_byte, i) => (i * (2 * at + 1)) >>> 3),
  }));
  const megabytes = (chunkCount * chunkBytes) / 1e6;
  const startedMs = systemClock.monotonicMs();
  const batches = Array.from({ length: chunkCount / 8 }, (_, at) => chunks.slice(8 * at, 8 * at + 8));
  const lane = async (): Promise<void> => {
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift())
      await store.chunks.putMany(batch);
  };
  await Promise.all([lane(), lane()]);
  const writtenMs = systemClock.monotonicMs();
  for (const { hash } of chunks) must(await store.chunks.get(hash), `${hash} was not kept`);
  const readMs = systemClock.monotonicMs();
  const rate = (ms: number): number => Math.round((megabytes / (ms / 1000)) * 10) / 10;
  return { chunkWrite: rate(writtenMs - startedMs), chunkRead: rate(readMs - writtenMs) };
}
