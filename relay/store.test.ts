import type { Libp2pInit } from 'libp2p';
import { describe, expect, it } from 'vitest';
import { BoundedStore } from './store.ts';

type Key = Parameters<NonNullable<Libp2pInit['datastore']>['put']>[0];

/** The store uses a key's text only. */
function key(text: string): Key {
  return { toString: () => text } as Key;
}
const value = new Uint8Array([1]);
const names = (store: BoundedStore, prefix: string) => [...store.queryKeys({ prefix })].map(String);

describe('the bounded store', () => {
  it('keeps, finds and deletes entries', async () => {
    const store = new BoundedStore();
    store.put(key('/peers/a'), value);
    store.put(key('/dht/provider/k1/p1'), value);
    store.put(key('/dht/provider/k1/p2'), value);
    store.put(key('/dht/provider/k12/p1'), value);
    expect(store.has(key('/peers/a'))).toBe(true);
    expect(store.get(key('/peers/a'))).toBe(value);
    expect(names(store, '/dht/provider/k1')).toEqual(['/dht/provider/k1/p1', '/dht/provider/k1/p2']);
    expect(names(store, '/dht/provider')).toHaveLength(3);
    expect(names(store, '/peers/')).toEqual(['/peers/a']);
    // Deleting while walking is what the DHT's sweep does.
    for (const pair of store.query({ prefix: '/dht/provider' })) store.delete(pair.key);
    expect(names(store, '/')).toEqual(['/peers/a']);
    expect(() => store.get(key('/dht/provider/k1/p1'))).toThrow(
      expect.objectContaining({ name: 'NotFoundError' }),
    );
    const batch = store.batch();
    batch.put(key('/b'), value);
    batch.delete(key('/peers/a'));
    expect(store.has(key('/b'))).toBe(false);
    await batch.commit();
    expect(names(store, '/')).toEqual(['/b']);
  });

  it('lets the oldest give way, but never its own entry', () => {
    const store = new BoundedStore({ entriesMax: 3, providerRecordsMax: 2 }, '/peers/self');
    for (const name of ['self', 'a', 'b', 'c', 'd']) store.put(key(`/peers/${name}`), value);
    expect(names(store, '/peers/')).toEqual(['/peers/self', '/peers/c', '/peers/d']);
    store.put(key('/dht/provider/k/p1'), value);
    store.put(key('/dht/provider/k/p2'), value);
    store.put(key('/dht/provider/k/p1'), value);
    store.put(key('/dht/provider/k/p3'), value);
    expect(names(store, '/dht/provider').sort()).toEqual(['/dht/provider/k/p1', '/dht/provider/k/p3']);
  });

  it('refuses large entries and peers with too many keys', () => {
    const store = new BoundedStore({ entryBytesMax: 4, providerKeysPerPeerMax: 2 });
    expect(() => store.put(key('/x'), new Uint8Array(5))).toThrow('larger');
    store.put(key('/dht/provider/k1/p'), value);
    store.put(key('/dht/provider/k2/p'), value);
    store.put(key('/dht/provider/k2/p'), value);
    expect(() => store.put(key('/dht/provider/k3/p'), value)).toThrow('at most');
    store.delete(key('/dht/provider/k1/p'));
    store.put(key('/dht/provider/k3/p'), value);
    expect(store.providerRecords).toBe(2);
  });
});
