import { describe, expect, it } from 'vitest';
import type { JobId } from '../base/ids.ts';
import { arranged, moveTo } from './order.ts';

const jobs = ['a', 'b', 'c', 'd'].map((job) => ({ job: job as JobId }));
const id = (text: string) => text as JobId;
const names = (list: readonly { readonly job: JobId }[]) => list.map((item) => item.job).join('');

describe('the order of jobs', () => {
  it('shows a move before it is committed', () => {
    expect(names(arranged(jobs, [{ job: id('d'), after: null }]))).toBe('dabc');
    expect(names(arranged(jobs, [{ job: id('a'), after: id('c') }]))).toBe('bcad');
  });

  it('applies moves one after another', () => {
    const moves = [
      { job: id('a'), after: id('b') },
      { job: id('a'), after: id('c') },
    ];
    expect(names(arranged(jobs, moves))).toBe('bcad');
  });

  it('ignores a move whose jobs are gone', () => {
    expect(names(arranged(jobs, [{ job: id('x'), after: null }]))).toBe('abcd');
    expect(names(arranged(jobs, [{ job: id('a'), after: id('x') }]))).toBe('abcd');
    expect(names(arranged(jobs, [{ job: id('a'), after: id('a') }]))).toBe('abcd');
  });

  it('finds the move for every pair of positions', () => {
    for (let from = 0; from < jobs.length; from++) {
      for (let to = 0; to < jobs.length; to++) {
        const move = moveTo(jobs, from, to);
        if (from === to) {
          expect(move).toBeUndefined();
          continue;
        }
        if (move === undefined) throw new Error('a move was due');
        expect(arranged(jobs, [move])[to]?.job).toBe(jobs[from]?.job);
      }
    }
  });

  it('stops at both ends', () => {
    expect(moveTo(jobs, 0, -1)).toBeUndefined();
    expect(moveTo(jobs, 3, 9)).toBeUndefined();
    expect(moveTo(jobs, 9, 0)).toBeUndefined();
  });
});
