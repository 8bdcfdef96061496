import { type Log } from '../base/index.ts';
import { type Connection, completed, keysUnder, reading, transact } from './connection.ts';
import { type LogRows, type LogWrite, mayWrite } from './layout.ts';
import { decodeHead, encodeHead, encodeIdentity, seedOf } from './record.ts';
import { refusalOf, storageRefusal } from './refusals.ts';
import type { LogDisk } from './row-log.ts';

/** Second part of a row's key. */
const rowKinds = { identity: 0, head: 1, snapshot: 2, record: 3 } as const;

type Request<T> = IDBRequest<T>;

/** The logs of one database. */
export class IndexedDbLogs {
  readonly #connection: Connection;
  readonly #log: Log;
  #durabilityChecked = false;

  constructor(connection: Connection, log: Log) {
    this.#connection = connection;
    this.#log = log;
  }

  async list(): Promise<readonly string[]> {
    return reading(this.#connection, 'log', async (store) => {
      // Walks from head to head: each step skips all rows of a log.
      const keys: string[] = [];
      let cursor = await store.openKeyCursor();
      while (cursor !== null) {
        const key = String(cursor.key[0]);
        keys.push(key);
        cursor = await cursor.continue([key, rowKinds.record + 1]);
      }
      return keys;
    });
  }

  async create(key: string, identity: Uint8Array): Promise<void> {
    const seed = seedOf(key);
    await transact(this.#connection, 'strict', (transaction, fail) => {
      const rows = transaction.objectStore('log');
      const found: Request<number> = rows.count(keysUnder(key));
      found.onsuccess = () => {
        if (found.result > 0) {
          fail(storageRefusal('exists', key));
          return;
        }
        rows.put(encodeIdentity(seed, identity), [key, rowKinds.identity]);
        const hardState = { term: 0, vote: 0, commit: 0 };
        const head = { fence: 0, sequence: 0, hardState, provenTo: 0, acknowledged: [] };
        rows.put(encodeHead(seed, head), [key, rowKinds.head]);
      };
    });
  }

  async delete(key: string): Promise<void> {
    await transact(this.#connection, 'strict', (transaction) => {
      transaction.objectStore('log').delete(keysUnder(key));
    });
  }

  /** Raises the log's fence: from its commit on, no earlier opener can write. */
  async claim(key: string, release: () => void): Promise<LogDisk> {
    const seed = seedOf(key);
    let fence = 0;
    await transact(this.#connection, 'strict', (transaction, fail) => {
      this.#checkDurability(transaction);
      const rows = transaction.objectStore('log');
      const stored: Request<Uint8Array | undefined> = rows.get([key, rowKinds.head]);
      stored.onsuccess = () => {
        if (stored.result === undefined) {
          fail(storageRefusal('absent', key));
          return;
        }
        try {
          const head = decodeHead(seed, stored.result);
          fence = head.fence + 1;
          rows.put(encodeHead(seed, { ...head, fence }), [key, rowKinds.head]);
        } catch (error) {
          fail(refusalOf(error));
        }
      };
    });
    return new IndexedDbLogDisk(this.#connection, key, fence, release);
  }

  /** Browsers that do not know the option ignore it in silence. */
  #checkDurability(transaction: IDBTransaction): void {
    if (this.#durabilityChecked) return;
    this.#durabilityChecked = true;
    if (transaction.durability !== 'strict') {
      this.#log.warn(
        'this browser does not flush writes to disk when asked to: a power cut may lose the newest changes',
      );
    }
  }
}

interface Waiting {
  readonly write: LogWrite;
  readonly resolve: () => void;
  readonly reject: (refusal: Error) => void;
}

class IndexedDbLogDisk implements LogDisk {
  readonly key: string;
  readonly fence: number;
  readonly #connection: Connection;
  readonly #release: () => void;
  readonly #seed: number;
  /** The connection all appends go through, so that each finds its database at once and they stay in order. */
  #database: IDBDatabase | undefined;
  #waiting: Waiting[] = [];
  #running = false;

  constructor(connection: Connection, key: string, fence: number, release: () => void) {
    this.#connection = connection;
    this.key = key;
    this.fence = fence;
    this.#release = release;
    this.#seed = seedOf(key);
  }

  async read(): Promise<LogRows> {
    const read = (transaction: IDBTransaction) =>
      new Promise<LogRows>((resolve, reject) => {
        this.#database = transaction.db;
        const rows = transaction.objectStore('log');
        const one = (kind: number): Request<Uint8Array | undefined> => rows.get([this.key, kind]);
        const identity = one(rowKinds.identity);
        const head = one(rowKinds.head);
        const snapshot = one(rowKinds.snapshot);
        const range = keysUnder(this.key, rowKinds.record);
        const keys: Request<IDBValidKey[]> = rows.getAllKeys(range);
        const values: Request<Uint8Array[]> = rows.getAll(range);
        transaction.onabort = () => reject(transaction.error ?? new Error('reading the log was aborted'));
        transaction.oncomplete = () => {
          const records = values.result.map((row, at) => [recordFirst(keys.result[at]), row] as const);
          resolve({ identity: identity.result, head: head.result, snapshot: snapshot.result, records });
        };
      });
    try {
      return await this.#connection.run({ read: ['log'] }, read);
    } catch (error) {
      throw refusalOf(error);
    }
  }

  /**
   * Group commit: what is handed over while a transaction is under way goes into one next transaction, with one flush. A log's
   * transactions could not run side by side anyway.
   */
  write(write: LogWrite): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ write, resolve, reject });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      try {
        await this.#commit(group.map(({ write }) => write));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(refusalOf(error));
      }
    }
    this.#running = false;
  }

  async #commit(writes: readonly LogWrite[]): Promise<void> {
    const [first, last] = [writes[0], writes.at(-1)];
    if (this.#database === undefined || first === undefined || last === undefined)
      throw storageRefusal('closed');
    const durability = writes.some((write) => write.durable) ? 'strict' : 'relaxed';
    // On a new connection it would be written beside what a dead one may have lost: the log is loaded again first.
    const transaction = this.#connection.begin(this.#database, { write: durability });
    if (transaction === undefined)
      throw storageRefusal('storage-failed', 'the connection to the database is dead');
    await completed(transaction, (_, fail) => {
      const rows = transaction.objectStore('log');
      // The check and the changes are all asked for at once; a wrong head takes the changes back with it. Each write
      // was planned on the one before it, so the first one's check holds for all.
      const stored: Request<Uint8Array | undefined> = rows.get([this.key, rowKinds.head]);
      stored.onsuccess = () => {
        try {
          if (mayWrite(this.#seed, stored.result, first)) transaction.commit();
          else fail(storageRefusal('fenced'));
        } catch (error) {
          fail(refusalOf(error));
        }
      };
      for (const write of writes) this.#change(rows, write);
      rows.put(last.head, [this.key, rowKinds.head]);
    });
  }

  #change(rows: IDBObjectStore, write: LogWrite): void {
    for (const run of write.dropped) {
      rows.delete(IDBKeyRange.bound(this.#recordKey(run.at(0)), this.#recordKey(run.at(-1))));
    }
    if (write.snapshot !== undefined) rows.put(write.snapshot, [this.key, rowKinds.snapshot]);
    if (write.record !== undefined) rows.put(write.record.row, this.#recordKey(write.record.first));
  }

  async release(): Promise<void> {
    this.#release();
  }

  #recordKey(first: number | undefined): (string | number)[] {
    return [this.key, rowKinds.record, first ?? 0];
  }
}

function recordFirst(key: IDBValidKey | undefined): number {
  const first = Array.isArray(key) ? key[2] : undefined;
  if (typeof first !== 'number') throw storageRefusal('corrupt', 'a record without its first index');
  return first;
}
