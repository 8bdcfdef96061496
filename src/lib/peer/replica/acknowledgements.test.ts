import { describe, expect, it } from 'vitest';
import { Acknowledgements } from './acknowledgements.ts';

const first = { epoch: 1, number: 11 };
const second = { epoch: 2, number: 22 };
const third = { epoch: 3, number: 33 };

/** Replica 2 acknowledged entries up to 10 in term 3, of which 8 were committed. */
function heard() {
  const all = new Acknowledgements([]);
  all.heard(2, first, 3);
  all.acknowledged(2, 3, 10, 8);
  return all;
}

describe('a replica that comes back', () => {
  it('is intact with all that it acknowledged, or more', () => {
    expect(heard().isIntact(2, second, { term: 3, last: 10 })).toBe(true);
    expect(heard().isIntact(2, second, { term: 4, last: 12 })).toBe(true);
  });

  it('has lost data when it shows less of the term that it was heard in', () => {
    expect(heard().isIntact(2, second, { term: 3, last: 9 })).toBe(false);
    expect(heard().isIntact(2, second, { term: 2, last: 10 })).toBe(false);
  });

  it('may have less of what was not committed once another leader has replaced it', () => {
    expect(heard().isIntact(2, second, { term: 4, last: 8 })).toBe(true);
    expect(heard().isIntact(2, second, { term: 4, last: 7 })).toBe(false);
  });

  it('stays lost in that life, whatever it copies from others', () => {
    const all = heard();
    expect(all.isIntact(2, second, { term: 3, last: 9 })).toBe(false);
    expect(all.isIntact(2, second, { term: 9, last: 99 })).toBe(false);
    expect(all.isIntact(2, third, { term: 9, last: 99 })).toBe(true);
  });

  it('is judged by its first word only: later ones may overtake each other', () => {
    const all = heard();
    expect(all.isIntact(2, first, { term: 1, last: 0 })).toBe(true);
  });
});

describe('what was acknowledged', () => {
  it('is committed as far as the leader that heard it has come in that term', () => {
    const all = heard();
    all.committed(3, 9);
    all.committed(4, 99);
    expect(all.take()).toEqual([{ replica: 2, epoch: 1, life: 11, term: 3, index: 10, committed: 9 }]);
  });

  it('counts in its own term only', () => {
    const all = heard();
    all.acknowledged(2, 2, 50, 50);
    all.heard(2, first, 4);
    all.heard(2, first, 3);
    expect(all.take()).toEqual([{ replica: 2, epoch: 1, life: 11, term: 4, index: 0, committed: 8 }]);
  });

  it('is handed to the disk once, and comes back from there', () => {
    const all = heard();
    const stored = all.take() ?? [];
    expect(all.hasNews).toBe(false);
    expect(all.take()).toBeUndefined();
    const again = new Acknowledgements(stored);
    expect(again.epochOf(2)).toBe(1);
    expect(again.isIntact(2, second, { term: 3, last: 9 })).toBe(false);
  });

  it('is forgotten with the replica', () => {
    const all = heard();
    all.retain((replica) => replica !== 2);
    expect(all.take()).toEqual([]);
    expect(all.isIntact(2, second, { term: 0, last: 0 })).toBe(true);
  });
});
