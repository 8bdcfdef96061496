import { expect, it } from 'vitest';
import { votersHint, whyNot } from './roles.ts';

it('advises three or five voters, and a few more for many peers', () => {
  expect([1, 2, 3, 4, 10, 20, 60, 1000].map(votersHint)).toEqual([1, 2, 3, 3, 5, 5, 7, 9]);
});

it('advises no more voters than there are peers, and never an even number of three or more', () => {
  for (let peers = 3; peers < 2000; peers++) {
    expect(votersHint(peers)).toBeLessThanOrEqual(peers);
    expect(votersHint(peers) % 2).toBe(1);
  }
});

it('says why something cannot be changed here', () => {
  expect(whyNot('submitter', 'operator')).toBe('You are a submitter here: owners and operators change this.');
  expect(whyNot('operator', 'owner')).toBe('You are an operator here: only an owner changes this.');
});
