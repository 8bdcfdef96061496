import 'fake-indexeddb/auto';
import { forceCloseDatabase } from 'fake-indexeddb';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  type Clock,
  ManualClock,
  RingLog,
  seededRandom,
  silentLog,
  systemClock,
  utf8,
} from '../base/index.ts';
import { renewBrowserLog } from './browser-log.ts';
import { openIndexedDbStore } from './indexeddb.ts';
import { renewalBytes, renewalPatienceMs, renewalRecordBytes, renewalRoomBytes } from './limits.ts';

const roomy = { estimate: () => Promise.resolve({ usage: 0, quota: 1e9 }) };

/** What Chromium's events have and others' have not. */
function inChromium(): void {
  Object.defineProperty(IDBVersionChangeEvent.prototype, 'dataLoss', {
    value: 'none',
    configurable: true,
    writable: true,
  });
}

afterEach(() => {
  Reflect.deleteProperty(IDBVersionChangeEvent.prototype, 'dataLoss');
  vi.restoreAllMocks();
});

describe('the log that the browser keeps under the databases', () => {
  it('is renewed in Chromium by as many bytes as it takes, in records small enough to stand in it, and nothing of them stays', async () => {
    inChromium();
    const put = vi.spyOn(IDBObjectStore.prototype, 'put');
    await renewBrowserLog(seededRandom(1), silentLog, roomy);
    const sizes = put.mock.calls.map(([value]) => (value as Uint8Array).length);
    expect(sizes.reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThanOrEqual(renewalBytes);
    expect(new Set(sizes)).toEqual(new Set([renewalRecordBytes]));
    expect((await indexedDB.databases()).map(({ name }) => name)).not.toContain('peerprint-renewal');
  });

  it('is left alone in browsers that keep no such log', async () => {
    const open = vi.spyOn(indexedDB, 'open');
    await renewBrowserLog(seededRandom(1), silentLog, roomy);
    expect(open).not.toHaveBeenCalled();
  });

  it('is left alone when room is scarce', async () => {
    inChromium();
    const open = vi.spyOn(indexedDB, 'open');
    const scarce = { estimate: () => Promise.resolve({ usage: 100, quota: 99 + renewalRoomBytes }) };
    await renewBrowserLog(seededRandom(1), silentLog, scarce);
    expect(open).not.toHaveBeenCalled();
  });

  it('says in the log of the app when it could not be renewed, and lets the app go on', async () => {
    inChromium();
    const log = new RingLog(systemClock);
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
      throw new DOMException('no room', 'QuotaExceededError');
    });
    await renewBrowserLog(seededRandom(1), log.room('storage'), roomy);
    expect(
      log
        .lines()
        .map(({ text }) => text)
        .join('\n'),
    ).toMatch(/could not be made to begin a new log: no room/);
  });
});

describe('a store that is opened by the one peer of a profile', () => {
  const opening = (name: string, clock: Clock, storage: { estimate: () => Promise<StorageEstimate> }) =>
    openIndexedDbStore({
      name,
      clock,
      log: silentLog,
      random: seededRandom(1),
      storage: { ...storage, persisted: () => Promise.resolve(false) },
    });

  it('has the log renewed before anything else is written, and again when the browser closed the database in between', async () => {
    inChromium();
    const databases: IDBDatabase[] = [];
    const open = indexedDB.open.bind(indexedDB);
    vi.spyOn(indexedDB, 'open').mockImplementation((name, version) => {
      const request = open(name, version);
      request.addEventListener('success', () => void databases.push(request.result));
      return request;
    });
    const put = vi.spyOn(IDBObjectStore.prototype, 'put');
    const records = renewalBytes / renewalRecordBytes;
    const store = await opening('renewed', systemClock, roomy);
    expect(put).toHaveBeenCalledTimes(records);
    forceCloseDatabase(databases.find(({ name }) => name === 'renewed') as never);
    await store.put('settings', 'key', utf8('value'));
    expect(put).toHaveBeenCalledTimes(2 * records + 1);
  });

  it('does not wait for it longer than a second', async () => {
    inChromium();
    const clock = new ManualClock();
    const after = vi.spyOn(clock, 'after');
    let opened = false;
    const never = { estimate: () => new Promise<StorageEstimate>(() => undefined) };
    const store = opening('slow', clock, never).then(() => (opened = true));
    await vi.waitFor(() => expect(after).toHaveBeenCalledWith(renewalPatienceMs, expect.anything()));
    clock.advance(renewalPatienceMs - 1);
    expect(opened).toBe(false);
    clock.advance(1);
    await store;
  });
});

describe('a database that the browser threw away', () => {
  const opened = async (name: string): Promise<{ told: string[]; put: () => Promise<void> }> => {
    const told: string[] = [];
    const store = await openIndexedDbStore({
      name,
      clock: systemClock,
      log: silentLog,
      onDamaged: (reason) => void told.push(reason),
    });
    return { told, put: () => store.put('settings', 'key', utf8('new')) };
  };

  it('is told of with the browser’s reason, and the new one can be used', async () => {
    Object.defineProperty(IDBVersionChangeEvent.prototype, 'dataLoss', {
      value: 'total',
      configurable: true,
    });
    Object.defineProperty(IDBVersionChangeEvent.prototype, 'dataLossMessage', {
      value: 'checksum mismatch',
      configurable: true,
    });
    const { told, put } = await opened('damaged');
    Reflect.deleteProperty(IDBVersionChangeEvent.prototype, 'dataLossMessage');
    expect(told).toEqual(['checksum mismatch']);
    await put();
  });

  it('is not told of when there was none before', async () => {
    inChromium();
    expect((await opened('first')).told).toEqual([]);
  });
});
