import { describe, expect, test } from 'vitest';
import { type PeerId, must, seededRandom } from '../base/index.ts';
import { type Census, CensusTaker, answersCensus, censusStates, censusText } from './census.ts';
import { censusAnswersMax, censusScale } from './limits.ts';

const name = (i: number): PeerId => `peer-${i}` as PeerId;

/** One poll among `size` peers, the poller among them; peer i does what `i % 3` says. */
function poll(taker: CensusTaker, size: number, seed: number): Census {
  const random = seededRandom(seed);
  const question = taker.ask();
  for (let i = 1; i < size; i++) {
    if (answersCensus(question, random))
      taker.heard(question.id, name(i), must(censusStates[i % 3], 'state'));
  }
  return must(taker.close('idle'), 'a poll was under way');
}

/** Polls until p has settled. */
function settled(size: number, seed: number, guess = 0): Census {
  const taker = new CensusTaker(seededRandom(seed), guess);
  for (let round = 1; round <= 6; round++) poll(taker, size, seed * 100 + round);
  return poll(taker, size, seed * 100);
}

describe('A census', () => {
  test.each([
    [10, 300],
    [100, 300],
    [1_000, 300],
    [10_000, 100],
    [100_000, 20],
  ])('of %i peers lands within three deviations of the truth in %i polls', (size, polls) => {
    let outside = 0;
    let statesOutside = 0;
    let answers = 0;
    for (let seed = 1; seed <= polls; seed++) {
      const census = settled(size, seed);
      answers += census.answers;
      if (Math.abs(census.peers - size) > 3 * census.deviation + 0.5) outside += 1;
      for (const state of censusStates) {
        const { peers, deviation } = census.byState[state];
        if (Math.abs(peers - size / 3) > 3 * deviation + 2) statesOutside += 1;
      }
    }
    // Three deviations of a skewed count hold in a little less than 99.7 of 100 cases.
    expect(outside / polls).toBeLessThanOrEqual(0.01);
    // A state has a third of the answers, so that its own spread is known less well: few answers make it look too small.
    expect(statesOutside / (3 * polls)).toBeLessThanOrEqual(0.02);
    const mean = answers / polls;
    if (size > 50) expect(mean).toBeGreaterThan(35);
    expect(mean).toBeLessThan(75);
  });

  test('shows the variance of its estimate, which is N(1−p)/p', () => {
    const size = 2_000;
    const estimates: number[] = [];
    let shown = 0;
    for (let seed = 1; seed <= 400; seed++) {
      const taker = new CensusTaker(seededRandom(seed), size);
      const census = poll(taker, size, seed);
      estimates.push(census.peers);
      shown += census.deviation ** 2 / 400;
    }
    const mean = estimates.reduce((sum, x) => sum + x, 0) / estimates.length;
    const variance = estimates.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (estimates.length - 1);
    expect(Math.abs(mean - size)).toBeLessThan(50);
    expect(shown / variance).toBeGreaterThan(0.8);
    expect(shown / variance).toBeLessThan(1.25);
  });

  test('counts the poller: alone there is one', () => {
    const taker = new CensusTaker(seededRandom(1), 0);
    const census = poll(taker, 1, 1);
    expect(census).toMatchObject({ peers: 1, deviation: 0, answers: 0 });
    expect(census.byState.idle.peers).toBe(1);
    expect(censusText(census)).toBe('only this peer');
  });

  test('asks everyone while there are few, and is exact then', () => {
    const taker = new CensusTaker(seededRandom(1), 20);
    const census = poll(taker, 21, 1);
    expect(census).toMatchObject({ peers: 21, deviation: 0 });
    expect(censusText(census)).toBe('21 peers');
  });

  test('does not saturate: a guess that is far too low corrects itself', () => {
    const taker = new CensusTaker(seededRandom(3), 10);
    const first = poll(taker, 100_000, 1);
    expect(first.overflowed).toBe(true);
    expect(first.answers).toBe(censusAnswersMax);
    expect(censusText(first)).toBe('more than 1,001 peers');
    let last = first;
    for (let round = 2; last.overflowed; round++) last = poll(taker, 100_000, round);
    expect(Math.abs(last.peers - 100_000)).toBeLessThan(4 * last.deviation);
  });

  test('finds the few again after the many have gone', () => {
    const taker = new CensusTaker(seededRandom(4), 1_000_000);
    let last = poll(taker, 5, 1);
    for (let round = 2; round < 9; round++) last = poll(taker, 5, round);
    expect(last.peers).toBe(5);
  });

  test('counts no answer to another poll, and none twice', () => {
    const taker = new CensusTaker(seededRandom(5), 3);
    const old = taker.ask();
    const question = taker.ask();
    taker.heard(old.id, name(1), 'busy');
    for (let i = 0; i < 3; i++) taker.heard(question.id, name(2), 'busy');
    expect(taker.close('paused')).toMatchObject({ peers: 2, answers: 1 });
    expect(taker.close('paused')).toBeUndefined();
  });

  test('nobody answers a chance of nothing, everybody one of all', () => {
    const random = seededRandom(6);
    for (let i = 0; i < 100; i++) {
      expect(answersCensus({ id: 1, chance: 0 }, random)).toBe(false);
      expect(answersCensus({ id: 1, chance: censusScale }, random)).toBe(true);
    }
  });
});
