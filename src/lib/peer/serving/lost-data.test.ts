import { describe, expect, it } from 'vitest';
import { ManualClock, RingLog, silentLog, utf8 } from '../../base/index.ts';
import { openMemoryStore } from '../../storage/index.ts';
import { lostDataNotices } from './lost-data.ts';

const clock = new ManualClock();

describe('data that the browser threw away', () => {
  it('are told of at once and at every start after it, under one key, so that a person can put it away', async () => {
    const store = openMemoryStore();
    const [now] = await lostDataNotices(store, clock, silentLog, true);
    expect(now?.text).toMatch(/damaged and threw them away/);
    clock.advance(60_000);
    expect(await lostDataNotices(store, clock, silentLog, false)).toEqual([now]);
  });

  it('are told of anew when it happens again', async () => {
    const store = openMemoryStore();
    const [first] = await lostDataNotices(store, clock, silentLog, true);
    clock.advance(60_000);
    const [second] = await lostDataNotices(openMemoryStore(), clock, silentLog, true);
    expect(second?.key).not.toBe(first?.key);
  });

  it('are not spoken of where none were lost, nor where the record cannot be read', async () => {
    const store = openMemoryStore();
    expect(await lostDataNotices(store, clock, silentLog, false)).toEqual([]);
    await store.put('settings', 'lost-data', utf8('not a record'));
    const log = new RingLog(clock);
    expect(await lostDataNotices(store, clock, log.room('storage'), false)).toEqual([]);
    expect(
      log
        .lines()
        .map(({ text }) => text)
        .join('\n'),
    ).toMatch(/cannot be read/);
  });
});
