import { expect, test } from 'vitest';
import { type FileId, ManualClock, type PeerId } from '../../base/index.ts';
import type { Wire } from '../../network/port.ts';
import { presenceForgetMs } from '../limits.ts';
import { PresenceRoom } from './presence.ts';
import { House } from '../testing/house.ts';

/** Anna votes, Gil listens. `here`: what Anna's pages were last told, which are told only when something changes. */
async function annaAndGil(seed: number) {
  const house = new House(seed);
  const anna = await house.browser('Anna').open();
  const gil = await house.browser('Gil').open();
  const queue = await anna.createQueue('Shields');
  await gil.join(anna, queue, 'guest');
  const gilPeer = gil.peer.identity.peer;
  const pages = { here: false };
  anna.peer.onChange((changed) => {
    if (changed === queue) pages.here = anna.host(queue).presence.of(gilPeer) !== undefined;
  });
  await house.until('Gil is here', () => pages.here);
  return { house, gil, pages };
}

test('who went away counts as here for a while, and then pages are told, though nothing else happens', async () => {
  const { house, gil, pages } = await annaAndGil(81);
  gil.kill();
  await house.pass(presenceForgetMs - 100);
  expect(pages.here).toBe(true);
  await house.pass(200);
  expect(pages.here).toBe(false);
});

test('that while begins when the connection ends, however long nothing was said on it', async () => {
  const { house, gil, pages } = await annaAndGil(82);
  await house.pass(3 * presenceForgetMs, 100);
  gil.kill();
  await house.pass(presenceForgetMs - 100, 100);
  expect(pages.here).toBe(true);
  await house.pass(200);
  expect(pages.here).toBe(false);
});

test('a moment that a clock tells in fractions is looked at once', () => {
  const clock = new ManualClock();
  // From this moment on the time of grace is over a little before it has passed: the difference of the two is rounded down.
  clock.advance(3384.49);
  const gil = 'gil' as PeerId;
  let timers = 0;
  let told = 0;
  const room = new PresenceRoom({
    clock: {
      monotonicMs: () => clock.monotonicMs(),
      wallMs: () => clock.wallMs(),
      after: (delayMs, run) => {
        if (++timers > 100) throw new Error('it looks again and again');
        return clock.after(delayMs, run);
      },
    },
    wire: { connections: () => [] } as unknown as Wire,
    queue: new Uint8Array(32),
    mine: () => ({ printers: [], files: [], fetching: [] }),
    members: () => [],
    onHeard: () => told++,
  });
  room.receive(gil, { v: 1, q: new Uint8Array(32), n: 1, printers: [], files: [], fetching: [] });
  clock.advance(presenceForgetMs);
  clock.advance(1);
  expect(room.of(gil)).toBeUndefined();
  expect(told).toBe(2);
  room.close();
});

test('a change that is no news to anybody is not told, nor is what is told again told sooner for it', () => {
  const clock = new ManualClock();
  const ben = 'ben' as PeerId;
  const toldAtMs: number[] = [];
  let files: FileId[] = [];
  const room = new PresenceRoom({
    clock,
    wire: {
      connections: () => [{ peer: ben, path: 'direct', rttMs: undefined }],
      send: () => {
        toldAtMs.push(clock.monotonicMs() - startMs);
        return true;
      },
    } as unknown as Wire,
    queue: new Uint8Array(32),
    mine: () => ({ printers: [], files, fetching: [] }),
    members: () => [ben],
    onHeard: () => undefined,
  });
  const startMs = clock.monotonicMs();
  // Another queue's printer says how warm it is, twice a second.
  for (let ms = 0; ms < 70_000; ms += 500) {
    room.changed();
    clock.advance(500);
  }
  const quiet = [...toldAtMs];
  expect(quiet).toEqual([400, 4_400, 12_400, 28_400, 60_400]);
  files = ['bafy' as FileId];
  room.changed();
  clock.advance(500);
  expect(toldAtMs.length).toBe(quiet.length + 1);
  room.close();
});
