import { expect, test } from 'vitest';
import { type PeerId, ManualClock, silentLog } from '../../base/index.ts';
import { openMemoryStore } from '../../storage/index.ts';
import { House } from '../testing/house.ts';
import { Outbox } from './outbox.ts';

test('what a leader was asked and does not answer is asked of the next one at once, without waiting for the first to fail', async () => {
  const house = new House();
  const anna = await house.browser('Anna').open();
  const clock = new ManualClock();
  const asked: (PeerId | undefined)[] = [];
  let leader: PeerId = 'first' as PeerId;
  let session: number | undefined;
  const outbox = new Outbox({
    clock,
    random: house.random,
    log: silentLog,
    store: openMemoryStore(),
    identity: anna.peer.identity,
    queue: new Uint8Array(32),
    sessionOf: () => session,
    leader: () => leader,
    offer: () => {
      asked.push(leader);
      if (session !== undefined) return new Promise(() => undefined);
      session = 1;
      return Promise.resolve({ kind: 'nobody' });
    },
    onChange: () => undefined,
  });
  void outbox.submit({ type: 'rename-queue', name: 'Shields' }, 'Rename');
  const until = (count: number) =>
    expect
      .poll(
        () => {
          outbox.pump();
          return asked.length;
        },
        { timeout: 5_000 },
      )
      .toBe(count);
  // The session, then the command; the first leader stays silent, and is not asked twice.
  await until(2);
  clock.advance(5_000);
  expect(asked).toEqual(['first', 'first']);
  leader = 'second' as PeerId;
  outbox.pump();
  await until(3);
  expect(asked.at(-1)).toBe('second');
  outbox.pump();
  expect(asked).toHaveLength(3);
});
