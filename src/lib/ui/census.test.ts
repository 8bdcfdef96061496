import { expect, test } from 'vitest';
import type { CensusView } from '../peer/api.ts';
import { censusSentence } from './census.ts';

const exact = (peers: number) => ({ peers, deviation: 0 });
const counted: CensusView = {
  ...exact(9),
  idle: exact(6),
  busy: exact(2),
  paused: exact(1),
  answers: 8,
  overflowed: false,
};

test.each<[string, Partial<CensusView>]>([
  ['9 peers are awake: 2 printing, 1 paused, 6 idle.', {}],
  ['9 peers are awake: 9 idle.', { busy: exact(0), paused: exact(0), idle: exact(9) }],
  ['Only this browser is awake.', { peers: 1, idle: exact(1) }],
  [
    'About 1,240 peers are awake, give or take 81: 2 printing, 1 paused, 6 idle.',
    { peers: 1240, deviation: 80.2 },
  ],
  [
    'More than 1,001 peers are awake: 2 printing, 1 paused, 6 idle.',
    { peers: 1001, overflowed: true, deviation: 3 },
  ],
])('a census says: %s', (sentence, change) => {
  expect(censusSentence({ ...counted, ...change })).toBe(sentence);
});
