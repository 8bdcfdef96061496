import type { Libp2pInit } from 'libp2p';
import { entriesMax, entryBytesMax, providerKeysPerPeerMax, providerRecordsMax } from './limits.ts';

type Datastore = NonNullable<Libp2pInit['datastore']>;
type Key = Parameters<Datastore['put']>[0];
type Pair = { key: Key; value: Uint8Array };
type Query = Parameters<Datastore['query']>[0];
type KeyQuery = Parameters<Datastore['queryKeys']>[0];

/** What `BoundedStore` holds at most. */
export interface StoreLimits {
  readonly entriesMax: number;
  readonly entryBytesMax: number;
  readonly providerRecordsMax: number;
  readonly providerKeysPerPeerMax: number;
}

const usualLimits: StoreLimits = { entriesMax, entryBytesMax, providerRecordsMax, providerKeysPerPeerMax };

/** Where kad-dht keeps provider records: `/dht/provider/<key>/<peer>`. */
const providerFolder = '/dht/provider/';

/**
 * libp2p's datastore in memory, with a bound: kad-dht writes down whatever peers announce, and has no bound of its
 * own. The oldest entry gives way when there are too many. Nothing in it is missed after a restart: peers announce
 * themselves anew.
 */
export class BoundedStore implements Datastore {
  readonly #limits: StoreLimits;
  readonly #others = new Map<string, Pair>();
  readonly #providers = new Map<string, Pair>();
  /** Provider records by their folder (`/dht/provider/<key>`): a look-up must not walk through all of them. */
  readonly #folders = new Map<string, Map<string, Pair>>();
  readonly #keysOfPeer = new Map<string, number>();
  readonly #pinned: string | undefined;

  /** The entry named `pinned` (the relay's own, which is written once and long ago) never gives way. */
  constructor(limits: Partial<StoreLimits> = {}, pinned?: string) {
    this.#limits = { ...usualLimits, ...limits };
    this.#pinned = pinned;
  }

  /** Provider records held now. */
  get providerRecords(): number {
    return this.#providers.size;
  }

  put(key: Key, value: Uint8Array): Key {
    const name = key.toString();
    if (value.length > this.#limits.entryBytesMax) {
      throw new Error(
        `an entry of ${value.length} bytes is larger than the limit of ${this.#limits.entryBytesMax}`,
      );
    }
    if (name.startsWith(providerFolder)) this.#putProvider(name, { key, value });
    else this.#putOther(name, { key, value });
    return key;
  }

  get(key: Key): Uint8Array {
    const name = key.toString();
    const pair = this.#others.get(name) ?? this.#providers.get(name);
    if (pair === undefined) throw new MissingError(name);
    return pair.value;
  }

  has(key: Key): boolean {
    const name = key.toString();
    return this.#others.has(name) || this.#providers.has(name);
  }

  delete(key: Key): void {
    const name = key.toString();
    this.#others.delete(name);
    this.#deleteProvider(name);
  }

  async *putMany(source: Iterable<Pair> | AsyncIterable<Pair>): AsyncGenerator<Key> {
    for await (const { key, value } of source) yield this.put(key, value);
  }

  async *getMany(source: Iterable<Key> | AsyncIterable<Key>): AsyncGenerator<Pair> {
    for await (const key of source) yield { key, value: this.get(key) };
  }

  async *deleteMany(source: Iterable<Key> | AsyncIterable<Key>): AsyncGenerator<Key> {
    for await (const key of source) {
      this.delete(key);
      yield key;
    }
  }

  batch(): ReturnType<Datastore['batch']> {
    const steps: (() => void)[] = [];
    return {
      put: (key, value) => void steps.push(() => this.put(key, value)),
      delete: (key) => void steps.push(() => this.delete(key)),
      commit: () => {
        for (const step of steps.splice(0)) step();
      },
    };
  }

  *query(query: Query): Generator<Pair> {
    let found = this.#under(query.prefix ?? '');
    for (const filter of query.filters ?? []) found = found.filter(filter);
    for (const order of query.orders ?? []) found.sort(order);
    yield* slice(found, query);
  }

  *queryKeys(query: KeyQuery): Generator<Key> {
    let found = this.#under(query.prefix ?? '').map((pair) => pair.key);
    for (const filter of query.filters ?? []) found = found.filter(filter);
    for (const order of query.orders ?? []) found.sort(order);
    yield* slice(found, query);
  }

  /** A copy: the caller may delete while it walks. */
  #under(prefix: string): Pair[] {
    const folder = prefix.startsWith(providerFolder)
      ? this.#folders.get(prefix.replace(/\/$/, ''))
      : undefined;
    if (folder !== undefined) return [...folder.values()];
    const found: Pair[] = [];
    for (const map of [this.#others, this.#providers]) {
      for (const [name, pair] of map) if (name.startsWith(prefix)) found.push(pair);
    }
    return found;
  }

  #putOther(name: string, pair: Pair): void {
    this.#others.delete(name);
    this.#others.set(name, pair);
    if (this.#others.size <= this.#limits.entriesMax) return;
    for (const oldest of this.#others.keys()) {
      if (oldest === this.#pinned) continue;
      this.#others.delete(oldest);
      return;
    }
  }

  #putProvider(name: string, pair: Pair): void {
    const { folder, peer } = partsOf(name);
    if (!this.#providers.has(name)) {
      const keys = this.#keysOfPeer.get(peer) ?? 0;
      if (keys >= this.#limits.providerKeysPerPeerMax) {
        throw new Error(`a peer may be found under ${this.#limits.providerKeysPerPeerMax} keys at most`);
      }
      this.#keysOfPeer.set(peer, keys + 1);
    }
    // Taken out and put back, so that the map is in order of age.
    this.#providers.delete(name);
    this.#providers.set(name, pair);
    const inFolder = this.#folders.get(folder) ?? new Map<string, Pair>();
    this.#folders.set(folder, inFolder.set(name, pair));
    const oldest = this.#providers.keys().next().value;
    if (this.#providers.size > this.#limits.providerRecordsMax && oldest !== undefined)
      this.#deleteProvider(oldest);
  }

  #deleteProvider(name: string): void {
    if (!this.#providers.delete(name)) return;
    const { folder, peer } = partsOf(name);
    const inFolder = this.#folders.get(folder);
    inFolder?.delete(name);
    if (inFolder?.size === 0) this.#folders.delete(folder);
    const keys = (this.#keysOfPeer.get(peer) ?? 0) - 1;
    if (keys > 0) this.#keysOfPeer.set(peer, keys);
    else this.#keysOfPeer.delete(peer);
  }
}

/** What libp2p knows a missing entry by: the name. */
class MissingError extends Error {
  override readonly name = 'NotFoundError';

  constructor(key: string) {
    super(`there is no entry ${key}`);
  }
}

function partsOf(name: string): { folder: string; peer: string } {
  const at = name.lastIndexOf('/');
  return { folder: name.slice(0, at), peer: name.slice(at + 1) };
}

function slice<T>(found: readonly T[], { offset = 0, limit }: { offset?: number; limit?: number }): T[] {
  return found.slice(offset, limit === undefined ? undefined : offset + limit);
}
