import { expect, test } from 'vitest';
import { hex } from '../../base/index.ts';
import { sha256, sha256Now } from '../../files/hash.ts';
import { House } from './house.ts';

test('no time passes in the house while other threads hash', async () => {
  const house = new House(1);
  const bytes = new Uint8Array(16_000_000).fill(7);
  const atMs = house.clock.monotonicMs();
  const hash = await house.await(sha256(bytes), 100);
  expect(house.clock.monotonicMs() - atMs).toBeLessThanOrEqual(10);
  expect(hex(hash)).toBe(hex(sha256Now(bytes)));
});
