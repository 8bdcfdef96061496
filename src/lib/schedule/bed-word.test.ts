import { describe, expect, it } from 'vitest';
import { must } from '../base/index.ts';
import type { Command } from '../queue/index.ts';
import { TestQueue } from '../queue/fixture.ts';
import { bedWord } from './bed-word.ts';

describe('the word of a peer about a bed', () => {
  function shop() {
    const queue = new TestQueue();
    const bob = queue.join('printer');
    const printer = queue.printer(bob, true);
    const set = must(queue.job(queue.owner, [4]).sets[0], 'a set');
    const print = queue.run(bob, set, printer, 'failed');
    const word = (pending: readonly Command[], verdict?: 'good') =>
      bedWord(queue.state, queue.printerOf(printer), pending, 'clear', verdict);
    return { queue, bob, printer, set, print, word };
  }

  it('names what lies there, and how it is known', () => {
    const { queue, printer, print, word } = shop();
    const { bedRevision: revision } = queue.printerOf(printer);
    expect(word([])).toEqual({ type: 'set-bed', printer, bed: 'clear', print, revision });
    queue.must(queue.owner, word([], 'good'));
    expect(queue.printerOf(printer).bed).toBe('clear');
  });

  it('leaves out what its own words under way will change', () => {
    const { queue, bob, printer, set, print, word } = shop();
    queue.must(bob, word([]));
    const next = queue.claim(bob, set, printer);
    // A night without the others: begun, ended, and taken off.
    const pending: Command[] = [
      { type: 'starting', print: next },
      { type: 'started', print: next },
      { type: 'finish', print: next, outcome: 'failed', lines: 9, resends: 0, seconds: 1, filamentMm: 0 },
    ];
    const cleared = word(pending);
    expect(cleared).toEqual({ type: 'set-bed', printer, bed: 'clear', print: next });
    for (const command of [...pending, cleared]) queue.must(bob, command);
    expect(queue.printerOf(printer)).toMatchObject({ bed: 'clear', bedPrint: undefined });
    expect(print).not.toBe(next);
  });

  it('said twice, counts once', () => {
    const { queue, bob, print, word } = shop();
    const first = word([]);
    const second = word([first]);
    expect(second).toMatchObject({ revision: first.revision });
    queue.must(bob, first);
    queue.must(bob, second);
    expect(print).toBe(first.print);
  });

  it('carries a verdict only of what it names', () => {
    const { word, queue } = shop();
    queue.must(queue.owner, word([]));
    expect(word([], 'good')).not.toHaveProperty('verdict');
  });
});
