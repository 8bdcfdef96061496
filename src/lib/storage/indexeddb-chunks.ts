import { type Bytes } from '../base/index.ts';
import { type Connection, transact } from './connection.ts';
import { keysPerReadMax } from './limits.ts';
import type { ChunkStore } from './port.ts';
import { refusalOf } from './refusals.ts';

/** Pieces of files, written relaxed: what a power cut takes is fetched again, and what it leaves is checked by its hash. */
export class IndexedDbChunks implements ChunkStore {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async get(hash: string): Promise<Bytes | undefined> {
    const database = await this.#connection.open();
    try {
      return (await database.get('chunks', hash)) as Bytes | undefined;
    } catch (error) {
      throw refusalOf(error);
    }
  }

  async has(hash: string): Promise<boolean> {
    return (await this.present([hash])).has(hash);
  }

  async present(hashes: readonly string[]): Promise<ReadonlySet<string>> {
    const database = await this.#connection.open();
    try {
      const transaction = database.transaction('chunks');
      const found = await Promise.all(hashes.map((hash) => transaction.store.getKey(hash)));
      return new Set(found.filter((hash) => hash !== undefined));
    } catch (error) {
      throw refusalOf(error);
    }
  }

  put(hash: string, bytes: Uint8Array): Promise<void> {
    return this.putMany([{ hash, bytes }]);
  }

  putMany(chunks: readonly { readonly hash: string; readonly bytes: Uint8Array }[]): Promise<void> {
    return this.#change((store) => {
      for (const { hash, bytes } of chunks) store.put(whole(bytes), hash);
    });
  }

  delete(hash: string): Promise<void> {
    return this.deleteMany([hash]);
  }

  deleteMany(hashes: readonly string[]): Promise<void> {
    return this.#change((store) => {
      for (const hash of hashes) store.delete(hash);
    });
  }

  async hashes(): Promise<readonly string[]> {
    const database = await this.#connection.open();
    try {
      const all: string[] = [];
      for (;;) {
        const last = all.at(-1);
        const range = last === undefined ? null : IDBKeyRange.lowerBound(last, true);
        const page = await database.getAllKeys('chunks', range, keysPerReadMax);
        all.push(...page);
        if (page.length < keysPerReadMax) return all;
      }
    } catch (error) {
      throw refusalOf(error);
    }
  }

  async #change(make: (store: IDBObjectStore) => void): Promise<void> {
    const database = await this.#connection.openPlain();
    await transact(database, 'relaxed', (transaction) => make(transaction.objectStore('chunks')));
  }
}

/** IndexedDB clones the whole buffer behind a view: a view into a larger one is copied out first. */
function whole(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}
