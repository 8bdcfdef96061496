import {
  type DBSchema,
  type IDBPDatabase,
  type IDBPObjectStore,
  type IDBPTransaction,
  openDB,
  unwrap,
  wrap,
} from 'idb';
import { type Clock, type Log, messageOf } from '../base/index.ts';
import { dataLossOf } from './browser-log.ts';
import { lookAgainMs } from './limits.ts';
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

const storeNames = ['log', 'records', 'chunks'] as const satisfies (keyof StoreSchema)[];
export type StoreName = (typeof storeNames)[number];

/** How a transaction is begun: to read these stores, or to write with that durability. */
export type Begin = { readonly read: readonly StoreName[] } | { readonly write: 'strict' | 'relaxed' };

/**
 * Every store is in the scope of a write, so that the browser never runs two of them side by side, not even those of two tabs. A Chromium that dies while two are
 * under way finds at its next start that both hold the database ("Invalid locks on disk"), takes that for damage, and throws away everything the site had (seen in
 * Chromium 156: it keeps with a transaction's undo log which locks it held, but not that some were shared).
 */
function begun(database: IDBDatabase, how: Begin): IDBTransaction {
  return 'read' in how
    ? database.transaction(how.read, 'readonly')
    : database.transaction(storeNames, 'readwrite', { durability: how.write });
}

/** What beginning a transaction throws on a connection that is closed or about to be. */
function isDead(error: unknown): boolean {
  return error instanceof Error && error.name === 'InvalidStateError';
}

/** Whether this browser flushes a write to disk when asked to. Firefox before 126 does not know the option, and leaves out in silence what it does not know. */
export function flushesWhenAsked(
  transactions: object | undefined = globalThis.IDBTransaction?.prototype,
): boolean {
  return transactions !== undefined && 'durability' in transactions;
}

/** The open database, opened again when the browser dropped it (memory pressure on phones, a storage process that died). */
export class Connection {
  readonly #name: string;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #onCleared: () => void;
  readonly #onDamaged: (reason: string) => void;
  readonly #renew: () => Promise<void>;
  #database: Promise<IDBPDatabase<StoreSchema>> | undefined;
  /** The database of the open connection. */
  #current: IDBDatabase | undefined;
  /** Whether it was open before: from then on a database that is not there was taken away. */
  #known = false;
  #closed: 'no' | 'yes' | 'newer-version' | 'cleared' = 'no';

  /**
   * `onCleared`: called once when the browser, or a person, has taken away the data that is in use here. `onDamaged`: called when the browser found the data
   * damaged as they were opened, and threw them away. `renew`: called whenever it was opened, before anything else is done with it; never rejects.
   */
  constructor(
    name: string,
    log: Log,
    clock: Clock,
    {
      onCleared,
      onDamaged,
      renew,
    }: {
      readonly onCleared: () => void;
      readonly onDamaged: (reason: string) => void;
      readonly renew: () => Promise<void>;
    },
  ) {
    this.#name = name;
    this.#log = log;
    this.#clock = clock;
    this.#onCleared = onCleared;
    this.#onDamaged = onDamaged;
    this.#renew = renew;
  }

  open(): Promise<IDBPDatabase<StoreSchema>> {
    if (this.#closed === 'newer-version') return Promise.reject(storageRefusal('unknown-format'));
    if (this.#closed === 'cleared') return Promise.reject(storageRefusal('cleared'));
    if (this.#closed === 'yes') return Promise.reject(storageRefusal('closed'));
    if (this.#database === undefined) {
      const opening = this.#connect();
      this.#database = opening;
      // The next call tries again. Who called is told by the promise itself.
      opening.catch(() => {
        if (this.#database === opening) this.#database = undefined;
      });
    }
    return this.#database;
  }

  /** The database under idb's wrapper, for transactions whose every step is a plain event handler. */
  async openPlain(): Promise<IDBDatabase> {
    return unwrap(await this.open());
  }

  /**
   * Begins a transaction and hands it to `use`, which must make its first requests at once. A browser may leave a connection dead without a word:
   * then beginning throws, nothing was done, and it is begun on a new one. Rejects with what `use` rejects with, or a refusal.
   */
  async run<T>(how: Begin, use: (transaction: IDBTransaction) => T | Promise<T>): Promise<T> {
    const database = await this.openPlain();
    const transaction = this.begin(database, how) ?? begun(await this.openPlain(), how);
    return use(transaction);
  }

  /** Begins a transaction on that database; undefined when its connection is dead, which is noticed here for everybody. */
  begin(database: IDBDatabase, how: Begin): IDBTransaction | undefined {
    try {
      return begun(database, how);
    } catch (error) {
      if (!isDead(error)) throw error;
      this.#died(database);
      return undefined;
    }
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
      const database = await openDB<StoreSchema>(this.#name, schemaVersion, {
        upgrade: (database, _before, _now, transaction, event) => {
          const lost = dataLossOf(event);
          if (lost !== undefined)
            log.error(`the browser found the data of this site damaged and threw them away: ${lost}`);
          if (this.#known) {
            // A new one must not be put under a peer that remembers what stood in the old one: its key, its votes, its log.
            // `done` of an aborted transaction rejects; what that means is said by `cleared`, to whoever opens.
            transaction.done.catch(() => undefined);
            transaction.abort();
            this.#cleared();
            return;
          }
          if (lost !== undefined) this.#onDamaged(lost);
          database.createObjectStore('log');
          database.createObjectStore('records');
          database.createObjectStore('chunks');
        },
        blocking: (_current, wanted) => {
          // A newer app, or a person who clears the data, waits for us: never hold them up.
          log.info('another tab asked for the database; closing it here');
          this.#giveWay(wanted === null ? 'cleared' : 'newer-version');
        },
        terminated: () => {
          log.warn('the browser closed the database');
          this.#openAnew();
        },
      });
      this.#known = true;
      this.#current = unwrap(database);
      await this.#renew();
      return database;
    } catch (error) {
      if (this.#closed === 'cleared') throw storageRefusal('cleared');
      const refusal = refusalOf(error);
      // Private windows of some browsers answer InvalidStateError or UnknownError instead of SecurityError.
      if (refusal.code === 'storage-failed') throw storageRefusal('storage-denied', messageOf(error));
      throw refusal;
    }
  }

  #died(database: IDBDatabase): void {
    // Others may have noticed it before, and opened another one since; one that we closed ourselves is no news.
    if (this.#closed !== 'no' || this.#current !== database) return;
    this.#log.warn('the connection to the database is dead');
    database.close();
    this.#openAnew();
  }

  /** Looks now and not at the next write: a person should hear at once that the data are gone. */
  #openAnew(): void {
    this.#current = undefined;
    this.#database = undefined;
    this.#lookAgain(0);
  }

  /** A browser that is still clearing refuses the first tries. */
  #lookAgain(tries: number): void {
    this.open().catch((error: unknown) => {
      if (this.#closed !== 'no') return;
      this.#log.info(`the database cannot be opened again yet: ${messageOf(error)}`);
      const pause = lookAgainMs[tries];
      if (pause !== undefined) this.#clock.after(pause, () => this.#lookAgain(tries + 1));
    });
  }

  #cleared(): void {
    if (this.#closed !== 'no') return;
    this.#closed = 'cleared';
    this.#log.error('the data of this browser were cleared while they were in use');
    this.#onCleared();
  }

  #giveWay(why: 'newer-version' | 'cleared'): void {
    const database = this.#database;
    this.#database = undefined;
    if (why === 'cleared') this.#cleared();
    else this.#closed = why;
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

/** Fills a transaction: makes all its requests at once or in handlers of their events, because some browsers end one at the first await on anything else. */
export type Fill = (transaction: IDBTransaction, fail: (reason: Error) => void) => void;

/** Fills a read-write transaction and resolves once it is complete, on disk for `strict`. */
export function completed(transaction: IDBTransaction, fill: Fill): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    let reason: Error | undefined;
    transaction.oncomplete = () => resolve();
    // Failures of the commit itself (disk full, flush failed) come as `abort` without any `error` before.
    transaction.onabort = () => reject(reason ?? transaction.error ?? new Error('the write was aborted'));
    fill(transaction, (why) => {
      reason = why;
      transaction.abort();
    });
  });
}

/** Runs one read-write transaction and resolves once it is complete, on disk for `strict`. */
export async function transact(
  connection: Connection,
  durability: 'strict' | 'relaxed',
  fill: Fill,
): Promise<void> {
  try {
    await connection.run({ write: durability }, (transaction) => completed(transaction, fill));
  } catch (error) {
    throw refusalOf(error);
  }
}

/** Runs one transaction that reads one store. */
export async function reading<Name extends StoreName, T>(
  connection: Connection,
  name: Name,
  use: (store: IDBPObjectStore<StoreSchema, [Name], Name>) => Promise<T>,
): Promise<T> {
  try {
    return await connection.run({ read: [name] }, (transaction) =>
      use((wrap(transaction) as IDBPTransaction<StoreSchema, [Name]>).objectStore(name)),
    );
  } catch (error) {
    throw refusalOf(error);
  }
}
