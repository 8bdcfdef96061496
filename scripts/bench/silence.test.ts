import { describe, expect, it } from 'vitest';
import { longestSilence } from './silence.ts';

describe('the time without a leader', () => {
  it('is not known before a command given after the loss is committed', () => {
    expect(
      longestSilence(
        [
          [0, 10],
          [990, 1060],
        ],
        1000,
        1005,
      ),
    ).toBe(undefined);
  });

  it('is not ended by an answer that was under way when the leader was killed', () => {
    const commits = [
      [990, 1060],
      [1060, 4560],
      [4600, 4650],
      [1061, 4600],
    ];
    expect(longestSilence(commits, 1000, 1005)).toBe(3500);
  });

  it('is the longest pause when a closing leader commits on for a moment', () => {
    const commits = [
      [990, 1060],
      [1060, 1200],
      [1200, 1500],
      [1500, 1600],
      [1600, 1950],
      [2010, 2050],
    ];
    expect(longestSilence(commits, 1000, 1005)).toBe(350);
  });
});
