import { deleteDB } from 'idb';
import type { Bytes, Clock, Log } from '../base/index.ts';
import { renewBrowserLog } from './browser-log.ts';
import { Connection, keysUnder, reading, transact } from './connection.ts';
import { IndexedDbChunks } from './indexeddb-chunks.ts';
import { IndexedDbLogs } from './indexeddb-log.ts';
import { logLockWaitMs, renewalPatienceMs } from './limits.ts';
import { LogLocks } from './log-lock.ts';
import type { ChunkStore, ReplicaLog, StorageEstimate, Store, Table } from './port.ts';
import { refusalOf } from './refusals.ts';
import { RowLog } from './row-log.ts';

export interface IndexedDbOptions {
  /** Name of the database. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Keeps two workers of one origin apart. Without one (insecure pages, Node) the fence alone does. */
  readonly locks?: LockManager | undefined;
  /** Tells how much room there is. */
  readonly storage?: Pick<StorageManager, 'estimate' | 'persisted'> | undefined;
  readonly lockWaitMs?: number;
  /** Called once when the browser, or a person, has taken away the data while they were in use. Every call is refused as `cleared` from then on. */
  readonly onCleared?: () => void;
  /** Called while it opens when the browser found the data damaged and threw them away, with the browser's reason: this store is new then. */
  readonly onDamaged?: (reason: string) => void;
  /** True for the one peer of a profile: the browser's own log is renewed whenever the database was opened. */
  readonly renewsLog?: boolean;
}

/**
 * Opens the store of this browser profile. Rejects with a RefusalError: `storage-denied` where the browser keeps no data,
 * `unknown-format` where a newer version of the app wrote it.
 */
export async function openIndexedDbStore(options: IndexedDbOptions): Promise<Store> {
  const { name, log, clock, onCleared = () => undefined, onDamaged = () => undefined } = options;
  const connection = new Connection(name, log, clock, {
    onCleared,
    onDamaged,
    renew: () => renewedSoon(options),
  });
  await connection.open();
  return new IndexedDbStore(connection, options);
}

/** Resolves when the browser has begun a new log, or takes too long about it. */
function renewedSoon({ clock, log, renewsLog = false }: IndexedDbOptions): Promise<void> {
  if (!renewsLog) return Promise.resolve();
  return new Promise((resolve) => {
    const cancel = clock.after(renewalPatienceMs, resolve);
    void renewBrowserLog(log).then(() => {
      cancel();
      resolve();
    });
  });
}

/** Deletes the whole database. For tests, and for a person who wants to begin anew. */
export async function deleteIndexedDbStore(name: string): Promise<void> {
  await deleteDB(name);
}

class IndexedDbStore implements Store {
  readonly chunks: ChunkStore;
  readonly #connection: Connection;
  readonly #options: IndexedDbOptions;
  readonly #logs: IndexedDbLogs;
  readonly #locks: LogLocks;

  constructor(connection: Connection, options: IndexedDbOptions) {
    this.#connection = connection;
    this.#options = options;
    this.chunks = new IndexedDbChunks(connection);
    this.#logs = new IndexedDbLogs(connection, options.log);
    this.#locks = new LogLocks(options.locks, options.clock, options.lockWaitMs ?? logLockWaitMs);
  }

  listLogs(): Promise<readonly string[]> {
    return this.#logs.list();
  }

  createLog(key: string, identity: Uint8Array): Promise<void> {
    return this.#logs.create(key, identity);
  }

  async openLog(key: string): Promise<ReplicaLog> {
    const release = await this.#locks.take(key);
    try {
      return new RowLog(await this.#logs.claim(key, release));
    } catch (error) {
      release();
      throw error;
    }
  }

  deleteLog(key: string): Promise<void> {
    return this.#logs.delete(key);
  }

  async get(table: Table, key: string): Promise<Bytes | undefined> {
    const found = await reading(this.#connection, 'records', (store) => store.get([table, key]));
    return found as Bytes | undefined;
  }

  put(table: Table, key: string, value: Uint8Array): Promise<void> {
    return this.#change((records) => void records.put(new Uint8Array(value), [table, key]));
  }

  delete(table: Table, key: string): Promise<void> {
    return this.#change((records) => void records.delete([table, key]));
  }

  async entries(table: Table): Promise<readonly (readonly [string, Bytes])[]> {
    const range = keysUnder(table);
    const [keys, values] = await reading(this.#connection, 'records', (store) =>
      Promise.all([store.getAllKeys(range), store.getAll(range)]),
    );
    return keys.map((key, at) => [key[1], values[at] as Bytes] as const);
  }

  async estimate(): Promise<StorageEstimate> {
    const { storage } = this.#options;
    if (storage === undefined)
      return { usedBytes: 0, quotaBytes: Number.POSITIVE_INFINITY, persisted: false };
    try {
      const { usage, quota } = await storage.estimate();
      return {
        usedBytes: usage ?? 0,
        quotaBytes: quota ?? Number.POSITIVE_INFINITY,
        persisted: await storage.persisted(),
      };
    } catch (error) {
      throw refusalOf(error);
    }
  }

  async close(): Promise<void> {
    this.#locks.releaseAll();
    await this.#connection.close();
  }

  async #change(make: (records: IDBObjectStore) => void): Promise<void> {
    await transact(this.#connection, 'strict', (transaction) => make(transaction.objectStore('records')));
  }
}
