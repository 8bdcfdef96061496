import { type Bytes } from '../base/index.ts';
import { type Connection, reading, transact } from './connection.ts';
import { keysPerReadMax } from './limits.ts';
import type { ChunkStore } from './port.ts';

/** Pieces of files, written relaxed: what a power cut takes is fetched again, and what it leaves is checked by its hash. */
export class IndexedDbChunks implements ChunkStore {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async get(hash: string): Promise<Bytes | undefined> {
    const found = await reading(this.#connection, 'chunks', (store) => store.get(hash));
    return found as Bytes | undefined;
  }

  async has(hash: string): Promise<boolean> {
    return (await this.present([hash])).has(hash);
  }

  async present(hashes: readonly string[]): Promise<ReadonlySet<string>> {
    const found = await reading(this.#connection, 'chunks', (store) =>
      Promise.all(hashes.map((hash) => store.getKey(hash))),
    );
    return new Set(found.filter((hash) => hash !== undefined));
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
    const all: string[] = [];
    for (;;) {
      const last = all.at(-1);
      const range = last === undefined ? null : IDBKeyRange.lowerBound(last, true);
      const page = await reading(this.#connection, 'chunks', (store) =>
        store.getAllKeys(range, keysPerReadMax),
      );
      all.push(...page);
      if (page.length < keysPerReadMax) return all;
    }
  }

  async #change(make: (store: IDBObjectStore) => void): Promise<void> {
    await transact(this.#connection, 'relaxed', (transaction) => make(transaction.objectStore('chunks')));
  }
}

/** IndexedDB clones the whole buffer behind a view: a view into a larger one is copied out first. */
function whole(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}
