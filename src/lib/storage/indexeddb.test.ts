import 'fake-indexeddb/auto';
import { forceCloseDatabase } from 'fake-indexeddb';
import { openDB } from 'idb';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import { ManualClock, silentLog, systemClock, utf8 } from '../base/index.ts';
import { flushesWhenAsked } from './connection.ts';
import { deleteIndexedDbStore, openIndexedDbStore } from './indexeddb.ts';
import type { Store } from './port.ts';
import { refusalOf } from './refusals.ts';
import { storeCases } from './store.suite.ts';

let names = 0;
const freshName = (): string => `test-${++names}`;
const openStore = (name: string): Promise<Store> =>
  openIndexedDbStore({ name, clock: systemClock, log: silentLog });

describe('a store in IndexedDB', () => {
  /** Every connection that a test has opened: the browser may close it whenever it likes. */
  let databases: IDBDatabase[] = [];

  beforeEach(() => {
    databases = [];
    const open = indexedDB.open.bind(indexedDB);
    vi.spyOn(indexedDB, 'open').mockImplementation((name, version) => {
      const request = open(name, version);
      request.addEventListener('success', () => void databases.push(request.result));
      return request;
    });
  });
  afterEach(() => vi.restoreAllMocks());

  for (const { name, run } of storeCases) {
    it(name, () => {
      const database = freshName();
      return run(() => openStore(database));
    });
  }

  it('says so when a newer version of the app wrote the database', async () => {
    const name = freshName();
    (await openDB(name, 99)).close();
    await expect(openStore(name)).rejects.toMatchObject({ code: 'unknown-format' });
  });

  it('lets a newer version of the app have the database', async () => {
    const name = freshName();
    const store = await openStore(name);
    (await openDB(name, 99)).close();
    await expect(store.listLogs()).rejects.toMatchObject({ code: 'unknown-format' });
  });

  it('says that it was cleared when the browser takes it away while it is open, and puts no new one in its place', async () => {
    const name = freshName();
    let told = 0;
    const options = { name, clock: systemClock, log: silentLog, onCleared: () => void told++ };
    const store = await openIndexedDbStore(options);
    await store.put('identity', 'key', utf8('old'));
    // A browser in the middle of clearing refuses to open anything.
    vi.mocked(indexedDB.open).mockImplementationOnce(() => {
      throw new DOMException('The connection was closed.', 'UnknownError');
    });
    forceCloseDatabase(databases.at(-1) as never);
    indexedDB.deleteDatabase(name);
    await expect.poll(() => told).toBe(1);
    await expect(store.put('identity', 'key', utf8('new'))).rejects.toMatchObject({ code: 'cleared' });
    expect((await indexedDB.databases()).map((database) => database.name)).not.toContain(name);
    // Whoever opens it next begins anew.
    const fresh = await openIndexedDbStore({ name, clock: systemClock, log: silentLog });
    expect(await fresh.get('identity', 'key')).toBeUndefined();
  });

  it('goes on when the browser closed the database and it is still there', async () => {
    const name = freshName();
    const store = await openStore(name);
    await store.put('identity', 'key', utf8('kept'));
    forceCloseDatabase(databases.at(-1) as never);
    await expect.poll(() => databases.length).toBe(2);
    expect(await store.get('identity', 'key')).toEqual(utf8('kept'));
  });

  describe('whose connection is dead without a word', () => {
    /** From now on the connection that is open refuses to begin anything. */
    function die(): void {
      const dead = databases.at(-1);
      if (dead === undefined) throw new Error('nothing is open');
      dead.transaction = () => {
        throw new DOMException('The database connection is closing.', 'InvalidStateError');
      };
    }

    const deeds: Readonly<Record<string, (store: Store) => Promise<unknown>>> = {
      get: (store) => store.get('settings', 'key'),
      put: (store) => store.put('settings', 'key', utf8('new')),
      delete: (store) => store.delete('settings', 'key'),
      entries: (store) => store.entries('settings'),
      listLogs: (store) => store.listLogs(),
      createLog: (store) => store.createLog('another', utf8('me')),
      openLog: (store) => store.openLog('queue').then((log) => log.load()),
      deleteLog: (store) => store.deleteLog('queue'),
      'a chunk read': (store) => store.chunks.get('hash'),
      'chunks looked for': (store) => store.chunks.present(['hash']),
      'a chunk written': (store) => store.chunks.put('hash', utf8('chunk')),
      'a chunk deleted': (store) => store.chunks.delete('hash'),
      'all chunks': (store) => store.chunks.hashes(),
    };

    it.each(Object.keys(deeds))('notices it at the next %s and goes on over a new one', async (deed) => {
      const store = await openStore(freshName());
      await store.put('settings', 'key', utf8('kept'));
      await store.createLog('queue', utf8('me'));
      const before = databases.length;
      die();
      await deeds[deed]?.(store);
      expect(databases.length).toBe(before + 1);
      await store.put('settings', 'other', utf8('x'));
      expect(databases.length).toBe(before + 1);
      await store.close();
    });

    it('refuses an append, because nobody knows what it lost, and takes the next once the log was loaded', async () => {
      const store = await openStore(freshName());
      await store.createLog('queue', utf8('me'));
      const log = await store.openLog('queue');
      await log.load();
      const entry = (index: number) => ({
        entries: [{ index, term: 1, type: 0, data: utf8('x') }],
        durable: true,
      });
      await log.append(entry(1));
      die();
      await expect(log.append(entry(2))).rejects.toMatchObject({ code: 'storage-failed' });
      await expect(log.load()).resolves.toMatchObject({ entries: [{ index: 1 }] });
      await log.append(entry(2));
      await expect(log.load()).resolves.toMatchObject({ entries: [{ index: 1 }, { index: 2 }] });
      await store.close();
    });

    it('tries a new one once, and then says what is wrong', async () => {
      const store = await openStore(freshName());
      const refused = vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(() => {
        throw new DOMException('The database connection is closing.', 'InvalidStateError');
      });
      await expect(store.get('settings', 'key')).rejects.toMatchObject({ code: 'storage-failed' });
      expect(refused).toHaveBeenCalledTimes(2);
    });

    it('is not opened again after it was closed here', async () => {
      const store = await openStore(freshName());
      await store.close();
      await expect(store.get('settings', 'key')).rejects.toMatchObject({ code: 'closed' });
      expect(databases.length).toBe(1);
    });
  });

  it('never lets two writes run side by side: each takes every store', async () => {
    const asked = vi.spyOn(IDBDatabase.prototype, 'transaction');
    const store = await openStore(freshName());
    await store.createLog('queue', utf8('me'));
    const log = await store.openLog('queue');
    await log.load();
    await log.append({ entries: [{ index: 1, term: 1, type: 0, data: utf8('x') }], durable: true });
    await store.put('settings', 'key', utf8('value'));
    await store.delete('settings', 'key');
    await store.chunks.put('hash', utf8('chunk'));
    await store.chunks.delete('hash');
    await log.close();
    await store.deleteLog('queue');
    const writes = asked.mock.calls.filter(([, mode]) => mode === 'readwrite');
    expect(writes.length).toBe(8);
    for (const [stores] of writes) expect(stores).toEqual(['log', 'records', 'chunks']);
  });

  it('lets itself be deleted while it is open', async () => {
    const name = freshName();
    const store = await openStore(name);
    await deleteIndexedDbStore(name);
    await expect(store.listLogs()).rejects.toMatchObject({ code: 'cleared' });
  });

  it('refuses a log that an unknown format or a flipped bit is found in', async () => {
    const name = freshName();
    const store = await openStore(name);
    await store.createLog('queue', utf8('me'));
    const log = await store.openLog('queue');
    await log.load();
    await log.append({ entries: [{ index: 1, term: 1, type: 0, data: utf8('x') }], durable: true });
    const plain = await openDB(name);
    const key = ['queue', 3, 1];
    const row: Uint8Array = await plain.get('log', key);
    await plain.put('log', row.with(5, 0xff), key);
    await expect(log.load()).rejects.toMatchObject({ code: 'corrupt' });
    await plain.put('log', row.with(0, 2), key);
    await expect(log.load()).rejects.toMatchObject({ code: 'unknown-format' });
    await plain.delete('log', key);
    await expect(log.load()).resolves.toMatchObject({ entries: [] });
    plain.close();
    await store.close();
  });

  it('refuses a log with a hole', async () => {
    const name = freshName();
    const store = await openStore(name);
    await store.createLog('queue', utf8('me'));
    const log = await store.openLog('queue');
    await log.load();
    for (let index = 1; index <= 3; index++) {
      await log.append({ entries: [{ index, term: 1, type: 0, data: utf8('x') }], durable: true });
    }
    const plain = await openDB(name);
    await plain.delete('log', ['queue', 3, 2]);
    plain.close();
    await expect(log.load()).rejects.toMatchObject({ code: 'corrupt' });
    await store.close();
  });

  it('says how much room there is, as the browser tells it', async () => {
    const storage = {
      estimate: async () => ({ usage: 10, quota: 100 }),
      persisted: async () => true,
    };
    const store = await openIndexedDbStore({
      name: freshName(),
      clock: systemClock,
      log: silentLog,
      storage,
    });
    expect(await store.estimate()).toEqual({ usedBytes: 10, quotaBytes: 100, persisted: true });
    await store.close();
  });

  it('turns a failure of the browser into a refusal with a sentence', () => {
    expect(refusalOf(new DOMException('full', 'QuotaExceededError')).code).toBe('storage-full');
    expect(refusalOf(new DOMException('no', 'SecurityError')).code).toBe('storage-denied');
    expect(refusalOf(new DOMException('?', 'UnknownError')).code).toBe('storage-failed');
    expect(refusalOf('odd').message).toContain('odd');
  });
});

test('whether a browser flushes when asked to shows by the property that came with it', () => {
  expect(flushesWhenAsked({ durability: 'default' })).toBe(true);
  // Firefox 125 and older.
  expect(flushesWhenAsked({ mode: 'readonly' })).toBe(false);
  expect(flushesWhenAsked(undefined)).toBe('durability' in IDBTransaction.prototype);
});

describe('the lock of a log', () => {
  it('is held while the log is open, and let go with it', async () => {
    const name = freshName();
    const locks = new OneLock();
    const clock = new ManualClock();
    const options = { name, clock, log: silentLog, locks: locks as unknown as LockManager };
    const first = await openIndexedDbStore(options);
    await first.createLog('queue', utf8('me'));
    const log = await first.openLog('queue');
    const second = await openIndexedDbStore(options);
    const waiting = second.openLog('queue');
    clock.advance(4_999);
    await log.close();
    await expect(waiting).resolves.toBeDefined();
    await second.close();
  });

  it('is waited for a while, then the refusal says what to do', async () => {
    const name = freshName();
    const locks = new OneLock();
    const clock = new ManualClock();
    const options = { name, clock, log: silentLog, locks: locks as unknown as LockManager };
    const first = await openIndexedDbStore(options);
    await first.createLog('queue', utf8('me'));
    await first.openLog('queue');
    const second = await openIndexedDbStore(options);
    const waiting = second.openLog('queue');
    clock.advance(5_000);
    await expect(waiting).rejects.toMatchObject({ code: 'busy' });
    await first.close();
    await expect(second.openLog('queue')).resolves.toBeDefined();
    await second.close();
  });

  it('is not kept when the log turns out to be missing', async () => {
    const locks = new OneLock();
    const clock = new ManualClock();
    const store = await openIndexedDbStore({
      name: freshName(),
      clock,
      log: silentLog,
      locks: locks as unknown as LockManager,
    });
    await expect(store.openLog('queue')).rejects.toMatchObject({ code: 'absent' });
    await store.createLog('queue', utf8('me'));
    await expect(store.openLog('queue')).resolves.toBeDefined();
    await store.close();
  });
});

/** As much of a LockManager as one exclusive lock needs. */
class OneLock {
  #last: Promise<unknown> = Promise.resolve();

  async request(_name: string, options: { signal: AbortSignal }, grant: () => Promise<void>): Promise<void> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#last = promise;
    const gaveUp = new Promise((_, reject) => {
      options.signal.addEventListener('abort', () => {
        void before.then(() => resolve(undefined));
        reject(options.signal.reason);
      });
    });
    await Promise.race([before, gaveUp]);
    try {
      await grant();
    } finally {
      resolve(undefined);
    }
  }
}
