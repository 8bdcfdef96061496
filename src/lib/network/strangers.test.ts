import { expect, test } from 'vitest';
import type { PeerId } from '../base/index.ts';
import { Strangers } from './strangers.ts';

const peer = (n: number) => `peer-${n}` as PeerId;

test('a few streams of each of a few strangers are open at once, and a place that is free again is given again', () => {
  const strangers = new Strangers({ strangersMax: 2, streamsMax: 3 });
  const leave = Array.from({ length: 5 }, () => strangers.enter(peer(1)));
  expect(leave.map((each) => each !== undefined)).toEqual([true, true, true, false, false]);
  expect(strangers.enter(peer(2))).toBeDefined();
  expect(strangers.enter(peer(3))).toBeUndefined();
  // Given back twice is given back once.
  leave[0]?.();
  leave[0]?.();
  expect(strangers.enter(peer(1))).toBeDefined();
  expect(strangers.enter(peer(1))).toBeUndefined();
  for (const each of leave) each?.();
  expect(strangers.enter(peer(3))).toBeUndefined();
});

test('who has left leaves room for another', () => {
  const strangers = new Strangers({ strangersMax: 1, streamsMax: 2 });
  for (let n = 0; n < 1_000; n++) {
    const leave = strangers.enter(peer(n));
    expect(leave).toBeDefined();
    leave?.();
  }
});
