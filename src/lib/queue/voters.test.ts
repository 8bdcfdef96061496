import { expect, it } from 'vitest';
import { votersAdvised } from './voters.ts';

it('advises three or five voters in rooms, a few more in large queues, and always an odd number of them', () => {
  expect([1, 2, 3, 7, 8, 20, 54, 55, 1_000, 10_000].map(votersAdvised)).toEqual([
    1, 2, 3, 3, 5, 5, 5, 7, 9, 11,
  ]);
});
