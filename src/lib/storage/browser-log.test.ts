import 'fake-indexeddb/auto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RingLog, seededRandom, silentLog, systemClock, utf8 } from '../base/index.ts';
import { renewBrowserLog } from './browser-log.ts';
import { openIndexedDbStore } from './indexeddb.ts';
import { renewalBytes, renewalRecordBytes, renewalRoomBytes } from './limits.ts';

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
    expect(await indexedDB.databases()).toEqual([]);
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
