import { type DBSchema, type IDBPDatabase, openDB, unwrap } from 'idb';
import { type Log, messageOf } from '../base/index.ts';
import { refusalOf, storageRefusal } from './refusals.ts';

/**
 * Version of the set of object stores. It never changes for a new table or a new row format (tables share one store, rows
 * carry their own version), so that no tab ever has to wait for another one's connection to close.
 */
const schemaVersion = 1;

/**
 * `log`: rows of all logs, keyed [log, kind] and [log, kind, first index] · `records`: all tables, keyed [table, key] ·
 * `chunks`: pieces of files by hash.
 */
export interface StoreSchema extends DBSchema {
  log: { key: (string | number)[]; value: Uint8Array };
  records: { key: [string, string]; value: Uint8Array };
  chunks: { key: string; value: Uint8Array };
}

/** The open database, opened again when the browser dropped it (memory pressure on phones, a storage process that died). */
export class Connection {
  readonly #name: string;
  readonly #log: Log;
  #database: Promise<IDBPDatabase<StoreSchema>> | undefined;
  #closed: 'no' | 'yes' | 'newer-version' = 'no';

  constructor(name: string, log: Log) {
    this.#name = name;
    this.#log = log;
  }

  open(): Promise<IDBPDatabase<StoreSchema>> {
    if (this.#closed === 'newer-version') return Promise.reject(storageRefusal('unknown-format'));
    if (this.#closed === 'yes') return Promise.reject(storageRefusal('closed'));
    this.#database ??= this.#connect();
    return this.#database;
  }

  /** The database under idb's wrapper, for transactions whose every step is a plain event handler. */
  async openPlain(): Promise<IDBDatabase> {
    return unwrap(await this.open());
  }

  async close(): Promise<void> {
    if (this.#closed !== 'no') return;
    this.#closed = 'yes';
    const database = this.#database;
    this.#database = undefined;
    if (database === undefined) return;
    try {
      (await database).close();
    } catch (error) {
      this.#log.debug(`the database never opened: ${messageOf(error)}`);
    }
  }

  async #connect(): Promise<IDBPDatabase<StoreSchema>> {
    const log = this.#log;
    if (typeof indexedDB === 'undefined') throw storageRefusal('storage-denied', 'no IndexedDB here');
    try {
      return await openDB<StoreSchema>(this.#name, schemaVersion, {
        upgrade(database) {
          database.createObjectStore('log');
          database.createObjectStore('records');
          database.createObjectStore('chunks');
        },
        blocking: (_current, wanted) => {
          // A newer app, or a person who clears the data, waits for us: never hold them up.
          log.info('another tab asked for the database; closing it here');
          this.#giveWay(wanted === null ? 'yes' : 'newer-version');
        },
        terminated: () => {
          log.warn('the browser closed the database');
          this.#database = undefined;
        },
      });
    } catch (error) {
      this.#database = undefined;
      const refusal = refusalOf(error);
      // Private windows of some browsers answer InvalidStateError or UnknownError instead of SecurityError.
      if (refusal.code === 'storage-failed') throw storageRefusal('storage-denied', messageOf(error));
      throw refusal;
    }
  }

  #giveWay(why: 'yes' | 'newer-version'): void {
    const database = this.#database;
    this.#closed = why;
    this.#database = undefined;
    database?.then(
      (open) => open.close(),
      (error: unknown) => this.#log.debug(`the database never opened: ${messageOf(error)}`),
    );
  }
}

/** First and last key of all keys that begin with `prefix`: an array sorts after every text and number. */
export function keysUnder(...prefix: (string | number)[]): IDBKeyRange {
  return IDBKeyRange.bound(prefix, [...prefix, []]);
}

/**
 * Runs one read-write transaction and resolves once it is complete, on disk for `strict`. `fill` must make all its requests at once or
 * in handlers of their events: some browsers end a transaction at the first await on anything else.
 */
export async function transact(
  database: IDBDatabase,
  store: 'log' | 'records' | 'chunks',
  durability: 'strict' | 'relaxed',
  fill: (transaction: IDBTransaction, fail: (reason: Error) => void) => void,
): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      let reason: Error | undefined;
      const transaction = database.transaction(store, 'readwrite', { durability });
      transaction.oncomplete = () => resolve();
      // Failures of the commit itself (disk full, flush failed) come as `abort` without any `error` before.
      transaction.onabort = () => reject(reason ?? transaction.error ?? new Error('the write was aborted'));
      fill(transaction, (why) => {
        reason = why;
        transaction.abort();
      });
    });
  } catch (error) {
    throw refusalOf(error);
  }
}
