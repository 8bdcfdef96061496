import { expect, test } from 'vitest';
import { type PeerId, ManualClock, silentLog } from '../../base/index.ts';
import { openMemoryStore } from '../../storage/index.ts';
import { House } from '../testing/house.ts';
import { type Offer, Outbox } from './outbox.ts';

/** An outbox of its own whose leader is told by the test; `answer` is what a leader says, once somebody asks. */
async function outboxOf(answer: () => Promise<Offer>, sessionOf: () => number | undefined = () => undefined) {
  const house = new House();
  const anna = await house.browser('Anna').open();
  const clock = new ManualClock();
  const asked: PeerId[] = [];
  let leader = 'first' as PeerId;
  const outbox = new Outbox({
    clock,
    random: house.random,
    log: silentLog,
    store: openMemoryStore(),
    identity: anna.peer.identity,
    queue: new Uint8Array(32),
    sessionOf,
    leader: () => leader,
    offer: () => {
      asked.push(leader);
      return answer();
    },
    onChange: () => undefined,
  });
  return { clock, outbox, asked, lead: (next: string) => void (leader = next as PeerId) };
}

test('what a leader was asked and does not answer is asked of the next one at once, without waiting for the first to fail', async () => {
  let session: number | undefined;
  const { clock, outbox, asked, lead } = await outboxOf(
    () => {
      if (session !== undefined) return new Promise(() => undefined);
      session = 1;
      return Promise.resolve({ kind: 'nobody' });
    },
    () => session,
  );
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
  lead('second');
  outbox.pump();
  await until(3);
  expect(asked.at(-1)).toBe('second');
  outbox.pump();
  expect(asked).toHaveLength(3);
});

test('a session that a leader was asked for and does not answer is asked of the next one at once', async () => {
  const { outbox, asked, lead } = await outboxOf(() => new Promise(() => undefined));
  void outbox.submit({ type: 'rename-queue', name: 'Shields' }, 'Rename');
  await expect.poll(() => asked.length).toBe(1);
  outbox.pump();
  expect(asked).toEqual(['first']);
  lead('second');
  outbox.pump();
  expect(asked).toEqual(['first', 'second']);
});
