import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { jointCommitted, jointVote, majorityCommitted, majorityVote } from './quorum.ts';

vi.setConfig({ testTimeout: 60_000 });

const voters = fc
  .uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 7 })
  .map((ids) => ids.sort((a, b) => a - b));
const acks = fc.dictionary(fc.integer({ min: 1, max: 9 }).map(String), fc.integer({ min: 0, max: 12 }));
const votes = fc.dictionary(fc.integer({ min: 1, max: 9 }).map(String), fc.boolean());

/** By the definition: the highest index for which more than half of the voters are known to have reached it. */
function slowCommitted(ids: readonly number[], ackedOf: (id: number) => number | undefined): number {
  if (ids.length === 0) return Infinity;
  let best = 0;
  for (let index = 1; index <= 12; index++) {
    const reached = ids.filter((id) => (ackedOf(id) ?? 0) >= index).length;
    if (reached * 2 > ids.length) best = index;
  }
  return best;
}

describe('a quorum', () => {
  test('commits what the slow definition says', () => {
    fc.assert(
      fc.property(voters, acks, (ids, given) => {
        const ackedOf = (id: number): number | undefined => given[String(id)];
        expect(majorityCommitted(ids, ackedOf)).toBe(slowCommitted(ids, ackedOf));
      }),
      { numRuns: 5000 },
    );
  });

  test('that is joint commits the lesser of its halves, whichever comes first', () => {
    fc.assert(
      fc.property(voters, voters, acks, (first, second, given) => {
        const ackedOf = (id: number): number | undefined => given[String(id)];
        const least = Math.min(slowCommitted(first, ackedOf), slowCommitted(second, ackedOf));
        expect(jointCommitted(first, second, ackedOf)).toBe(least);
        expect(jointCommitted(second, first, ackedOf)).toBe(least);
      }),
    );
  });

  test('never takes back what is committed when more is acknowledged', () => {
    fc.assert(
      fc.property(voters, acks, fc.integer({ min: 1, max: 9 }), (ids, given, id) => {
        const before = majorityCommitted(ids, (at) => given[String(at)]);
        const after = majorityCommitted(ids, (at) => (at === id ? 12 : given[String(at)]));
        expect(after).toBeGreaterThanOrEqual(before);
      }),
    );
  });

  test('decides a vote only as no missing vote could change it', () => {
    fc.assert(
      fc.property(voters, votes, (ids, given) => {
        const with_ = (missing: boolean) => (id: number) => given[String(id)] ?? missing;
        const best = majorityVote(ids, with_(true));
        const worst = majorityVote(ids, with_(false));
        const result = majorityVote(ids, (id) => given[String(id)]);
        expect(result).toBe(best === worst ? best : 'pending');
      }),
    );
  });

  test('that is joint wins with both halves and loses with either', () => {
    fc.assert(
      fc.property(voters, voters, votes, (first, second, given) => {
        const voteOf = (id: number): boolean | undefined => given[String(id)];
        const halves = [majorityVote(first, voteOf), majorityVote(second, voteOf)];
        const expected = halves.includes('lost') ? 'lost' : halves.includes('pending') ? 'pending' : 'won';
        expect(jointVote(first, second, voteOf)).toBe(expected);
      }),
    );
  });
});
