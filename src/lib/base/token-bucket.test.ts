import { expect, test } from 'vitest';
import { ManualClock } from './clock.ts';
import { TokenBucket, TokenBuckets } from './token-bucket.ts';

test('so many may happen at once, then as many as the rate lets, and who asks too early is told how long to wait', () => {
  const clock = new ManualClock();
  const bucket = new TokenBucket(clock, { burst: 3, perSecond: 2 });
  expect([bucket.take(), bucket.take(), bucket.take(), bucket.take()]).toEqual([0, 0, 0, 500]);
  clock.advance(499);
  expect(bucket.take()).toBe(1);
  clock.advance(1);
  expect(bucket.take()).toBe(0);
  expect(bucket.isFull).toBe(false);
  clock.advance(60_000);
  expect(bucket.isFull).toBe(true);
  expect([bucket.take(2), bucket.take(2)]).toEqual([0, 500]);
});

test('what was taken for nothing is given back, and never more than the burst is there', () => {
  const bucket = new TokenBucket(new ManualClock(), { burst: 2, perSecond: 1 });
  bucket.take(2);
  bucket.give(1);
  expect([bucket.take(), bucket.take()]).toEqual([0, 1_000]);
  bucket.give(50);
  expect([bucket.take(2), bucket.take()]).toEqual([0, 1_000]);
});

test('who asks for more than a burst takes a whole one, and waits for no longer than that takes to fill', () => {
  const bucket = new TokenBucket(new ManualClock(), { burst: 2, perSecond: 1 });
  expect([bucket.take(500), bucket.take(500)]).toEqual([0, 2_000]);
});

test('each of many has a bucket of its own, and no more are remembered than may be: first those go that are full', () => {
  const clock = new ManualClock();
  const buckets = new TokenBuckets<string>(clock, { burst: 1, perSecond: 1 }, 2);
  expect([buckets.take('a'), buckets.take('a'), buckets.take('b'), buckets.take('b')]).toEqual([
    0, 1_000, 0, 1_000,
  ]);
  clock.advance(1_000);
  expect(buckets.take('b')).toBe(0);
  expect(buckets.take('c')).toBe(0);
  expect(buckets.size).toBe(2);
  expect([buckets.take('b'), buckets.take('c')]).toEqual([1_000, 1_000]);
  // None is full: the one unused longest is forgotten.
  buckets.take('d');
  expect(buckets.size).toBe(2);
  expect([buckets.take('c'), buckets.take('b')]).toEqual([1_000, 0]);
  buckets.give('nobody');
});
