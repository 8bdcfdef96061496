import { expect, test } from 'vitest';
import { type Bytes, type PeerId, ManualClock, decode, must, silentLog } from '../../base/index.ts';
import { openMemoryStore } from '../../storage/index.ts';
import { House } from '../testing/house.ts';
import { type Offer, Outbox } from './outbox.ts';

/** An outbox of its own whose leader is told by the test; `answer` is what a leader says, once somebody asks. */
async function outboxOf(
  answer: () => Promise<Offer>,
  sessionOf: () => number | undefined = () => undefined,
  { clock = new ManualClock(), store = openMemoryStore() } = {},
) {
  const house = new House();
  const anna = await house.browser('Anna').open();
  const asked: PeerId[] = [];
  const offered: Bytes[] = [];
  let leader = 'first' as PeerId;
  const outbox = new Outbox({
    clock,
    random: house.random,
    log: silentLog,
    store,
    identity: anna.peer.identity,
    queue: new Uint8Array(32),
    sessionOf,
    leader: () => leader,
    offer: (envelope) => {
      asked.push(leader);
      offered.push(envelope);
      return answer();
    },
    onChange: () => undefined,
  });
  return { clock, store, outbox, asked, offered, lead: (next: string) => void (leader = next as PeerId) };
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

test('what could not be written down as it was signed is not sent, and goes out once the disk takes it', async () => {
  let session: number | undefined;
  const { store, outbox, offered } = await outboxOf(
    () => {
      session = 1;
      return Promise.resolve({ kind: 'accepted' });
    },
    () => session,
  );
  const put = store.put.bind(store);
  void outbox.submit({ type: 'rename-queue', name: 'Shields' }, 'Rename');
  await expect.poll(() => offered.length).toBe(1);
  let refused = 0;
  store.put = () => {
    refused++;
    return Promise.reject(new Error('The disk is full.'));
  };
  const pumped = (holds: () => boolean) =>
    expect
      .poll(() => {
        outbox.pump();
        return holds();
      })
      .toBe(true);
  await pumped(() => refused >= 3);
  expect(offered).toHaveLength(1);
  store.put = put;
  await pumped(() => offered.length === 2);
  const [, bytes] = must((await store.entries('outbox'))[0], 'it is kept');
  expect(decode(bytes)).toMatchObject({ envelope: offered[1] });
});

test('what waits keeps its order over a restart, also when the clock was set back in between', async () => {
  const store = openMemoryStore();
  const names = ['First', 'Second', 'Third'];
  for (const [life, name] of names.entries()) {
    const clock = new ManualClock();
    clock.advance(10 * 3_600_000 - life * 3_600_000);
    const { outbox } = await outboxOf(() => new Promise(() => undefined), undefined, { clock, store });
    await outbox.load();
    await new Promise<void>((resolve) => {
      void outbox.submit({ type: 'rename-queue', name }, name, { onKept: resolve });
    });
    outbox.close();
  }
  const { outbox } = await outboxOf(() => new Promise(() => undefined), undefined, { store });
  await outbox.load();
  expect(outbox.pending().map(({ text }) => text)).toEqual(names);
});

test('who is told to wait offers the same command again when the time has come, and loses nothing', async () => {
  let session: number | undefined;
  const answers: Offer[] = [{ kind: 'nobody' }, { kind: 'later', afterMs: 9_000 }, { kind: 'accepted' }];
  const { clock, outbox, offered } = await outboxOf(
    () => {
      session = 1;
      return Promise.resolve(answers.shift() ?? { kind: 'accepted' });
    },
    () => session,
  );
  void outbox.submit({ type: 'rename-queue', name: 'Shields' }, 'Rename');
  const count = async (expected: number) => {
    for (let i = 0; i < 50; i++) await new Promise<void>((resolve) => setImmediate(resolve));
    outbox.pump();
    for (let i = 0; i < 50; i++) await new Promise<void>((resolve) => setImmediate(resolve));
    expect(offered.length).toBe(expected);
  };
  // The session, then the command.
  await count(2);
  clock.advance(8_999);
  await count(2);
  expect(outbox.pending()).toMatchObject([{ text: 'Rename' }]);
  clock.advance(1);
  await count(3);
  expect(offered[2]).toEqual(offered[1]);
  outbox.close();
});
