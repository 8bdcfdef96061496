import 'fake-indexeddb/auto';
import { forceCloseDatabase } from 'fake-indexeddb';
import { openDB } from 'idb';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Clock, ManualClock, RingLog, silentLog, systemClock, utf8 } from '../base/index.ts';
import { renewBrowserLog } from './browser-log.ts';
import { openIndexedDbStore } from './indexeddb.ts';
import { renewalPatienceMs } from './limits.ts';

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
  it('is renewed in Chromium by a database that is made and deleted', async () => {
    inChromium();
    const open = vi.spyOn(indexedDB, 'open');
    const deleted = vi.spyOn(indexedDB, 'deleteDatabase');
    await renewBrowserLog(silentLog);
    expect(open).toHaveBeenCalledTimes(1);
    expect(deleted.mock.calls).toEqual([[open.mock.calls[0]?.[0]]]);
    expect((await indexedDB.databases()).map(({ name }) => name)).not.toContain(open.mock.calls[0]?.[0]);
  });

  it('is left alone in browsers that keep no such log', async () => {
    const open = vi.spyOn(indexedDB, 'open');
    await renewBrowserLog(silentLog);
    expect(open).not.toHaveBeenCalled();
  });

  it('says in the log of the app when it could not be renewed, and lets the app go on', async () => {
    inChromium();
    const log = new RingLog(systemClock);
    vi.spyOn(indexedDB, 'open').mockImplementation(() => {
      throw new DOMException('no room', 'QuotaExceededError');
    });
    await renewBrowserLog(log.room('storage'));
    expect(
      log
        .lines()
        .map(({ text }) => text)
        .join('\n'),
    ).toMatch(/could not be made to begin a new log: no room/);
  });
});

describe('a store that is opened by the one peer of a profile', () => {
  const opening = (name: string, clock: Clock) =>
    openIndexedDbStore({ name, clock, log: silentLog, renewsLog: true });

  it('has the log renewed before anything is written, and again when the browser closed the database in between', async () => {
    inChromium();
    const databases: IDBDatabase[] = [];
    const open = indexedDB.open.bind(indexedDB);
    vi.spyOn(indexedDB, 'open').mockImplementation((name, version) => {
      const request = open(name, version);
      request.addEventListener('success', () => void databases.push(request.result));
      return request;
    });
    const deleted = vi.spyOn(indexedDB, 'deleteDatabase');
    const store = await opening('renewed', systemClock);
    expect(deleted).toHaveBeenCalledTimes(1);
    forceCloseDatabase(databases.find(({ name }) => name === 'renewed') as never);
    await store.put('settings', 'key', utf8('value'));
    expect(deleted).toHaveBeenCalledTimes(2);
  });

  it('does not wait for it longer than a second', async () => {
    inChromium();
    const clock = new ManualClock();
    const after = vi.spyOn(clock, 'after');
    // Somebody holds the database that is to be deleted.
    const held = await openDB('peerprint-renewal', 1);
    let opened = false;
    const store = opening('slow', clock).then(() => (opened = true));
    await vi.waitFor(() => expect(after).toHaveBeenCalledWith(renewalPatienceMs, expect.anything()));
    clock.advance(renewalPatienceMs - 1);
    expect(opened).toBe(false);
    clock.advance(1);
    await store;
    held.close();
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
