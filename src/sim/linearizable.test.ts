import { expect, test } from 'vitest';
import { seededRandom } from '../lib/base/index.ts';
import { type Operation, checkLinearizable } from './linearizable.ts';

const never = Infinity;

function write(value: number, called: number, returned: number, key = 1): Operation {
  return { key, kind: 'write', value, called, returned };
}

function read(value: number, called: number, returned: number, key = 1): Operation {
  return { key, kind: 'read', value, called, returned };
}

const verdictOf = (...history: Operation[]) => checkLinearizable(history).result;

test('an empty history is linearizable', () => {
  expect(verdictOf()).toBe('linearizable');
});

test('one after the other, a read gives what was written last', () => {
  expect(verdictOf(read(0, 1, 2), write(5, 3, 4), read(5, 5, 6), write(6, 7, 8), read(6, 9, 10))).toBe(
    'linearizable',
  );
});

test('a read that gives what was overwritten before it was called is stale', () => {
  expect(verdictOf(write(5, 1, 2), write(6, 3, 4), read(5, 5, 6))).toBe('not linearizable');
});

test('a read that misses a write that had returned is stale', () => {
  expect(verdictOf(write(5, 1, 2), read(0, 3, 4))).toBe('not linearizable');
});

test('reads during a write may see the old value and then the new one', () => {
  expect(verdictOf(write(5, 1, 10), read(0, 2, 3), read(5, 4, 5))).toBe('linearizable');
});

test('once one read has seen a write, a later one may not miss it', () => {
  expect(verdictOf(write(5, 1, 10), read(5, 2, 3), read(0, 4, 5))).toBe('not linearizable');
});

test('writes that overlap may come in either order, but in the same one for all', () => {
  expect(verdictOf(write(5, 1, 4), write(6, 1, 4), read(5, 5, 6), read(5, 7, 8))).toBe('linearizable');
  expect(verdictOf(write(5, 1, 4), write(6, 1, 4), read(5, 5, 6), read(6, 7, 8))).toBe('not linearizable');
});

test('a write that nobody saw return may have happened, may happen later, or never', () => {
  expect(verdictOf(write(5, 1, never), read(5, 3, 4))).toBe('linearizable');
  expect(verdictOf(write(5, 1, never), read(0, 3, 4), read(5, 5, 6))).toBe('linearizable');
  expect(verdictOf(write(5, 1, never), read(0, 3, 4))).toBe('linearizable');
  expect(verdictOf(write(5, 1, never), write(6, 2, 3), read(5, 4, 5), read(6, 6, 7))).toBe(
    'not linearizable',
  );
});

test('a write takes effect once: its value does not come back after another', () => {
  expect(verdictOf(write(5, 1, never), read(5, 2, 3), write(6, 4, 5), read(6, 6, 7), read(5, 8, 9))).toBe(
    'not linearizable',
  );
});

test('a value that nobody wrote is not linearizable', () => {
  expect(verdictOf(write(5, 1, 2), read(7, 3, 4))).toBe('not linearizable');
});

test('registers are judged one by one, and the broken one is named', () => {
  const history = [write(5, 1, 2, 1), write(6, 1, 2, 2), read(5, 3, 4, 1), read(0, 3, 4, 2)];
  expect(checkLinearizable(history)).toEqual({ result: 'not linearizable', key: 2 });
});

test('histories made by a register that works are linearizable, and are not once a read is falsified', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const history = historyOf(seed);
    expect(checkLinearizable(history).result).toBe('linearizable');
    const at = history.findIndex(({ kind, value }) => kind === 'read' && value > 0);
    const falsified = history.map((operation, i) =>
      i === at ? { ...operation, value: 1_000_000 } : operation,
    );
    if (at >= 0) expect(checkLinearizable(falsified).result).toBe('not linearizable');
  }
});

/** What six clients of a real register see: each operation takes effect at some moment between call and return. */
function historyOf(seed: number): Operation[] {
  const random = seededRandom(seed);
  const operations = Array.from({ length: 120 }, (_, i) => {
    const called = i * 10 + random.below(40);
    const effect = called + 1 + random.below(50);
    return {
      called,
      effect,
      returned: effect + 1 + random.below(50),
      isWrite: random.below(2) === 0,
      value: i + 1,
    };
  });
  let value = 0;
  return [...operations]
    .sort((a, b) => a.effect - b.effect)
    .map(({ called, returned, isWrite, value: written }) => {
      if (isWrite) value = written;
      const isLost = isWrite && random.below(10) === 0;
      return { key: 1, kind: isWrite ? 'write' : 'read', value, called, returned: isLost ? never : returned };
    });
}
