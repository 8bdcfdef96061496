import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PrintId } from '../base/index.ts';
import { must } from '../base/index.ts';
import { TestQueue } from './fixture.ts';
import { Walk, verbs } from './walk.ts';
import type { Verb } from './walk.ts';

/** A queue with a job of so many copies, and printers that take one after the other. */
function shop(copies: number) {
  const queue = new TestQueue({
    claimAhead: 1,
    retriesMax: 100,
    stopAfterSets: 0,
    quarantineAfterPrinters: 0,
  });
  const { owner } = queue;
  const set = must(queue.job(owner, [copies]).sets[0], 'a set');
  const printers = [1, 2, 3].map(() => queue.printer(owner));
  const claim = (at: number) => queue.claim(owner, set, must(printers[at], 'a printer'));
  const start = (at: number) => queue.start(owner, set, must(printers[at], 'a printer'));
  const copyOf = (id: PrintId) =>
    must(queue.state.prints.get(id) ?? queue.state.history.get(id), 'a print').copy;
  return { queue, owner, set, claim, start, copyOf };
}

describe('the number of a copy', () => {
  it('is given when it is claimed, and stays whatever becomes of the others', () => {
    const { queue, owner, start, copyOf } = shop(5);
    const first = start(0);
    const second = start(1);
    const third = start(2);
    expect([first, second, third].map(copyOf)).toEqual([1, 2, 3]);
    queue.finish(owner, first);
    expect([first, second, third].map(copyOf)).toEqual([1, 2, 3]);
    queue.finish(owner, third, 'failed');
    queue.finish(owner, second);
    expect([first, second, third].map(copyOf)).toEqual([1, 2, 3]);
    const restored = queue.restored(queue.state.snapshot());
    expect([first, second, third].map((id) => restored.history.get(id)?.copy)).toEqual([1, 2, 3]);
  });

  it('is that of a copy that did not come out, when it is made again', () => {
    const { queue, owner, claim, start, copyOf } = shop(5);
    const first = start(0);
    const second = start(1);
    queue.finish(owner, first, 'failed');
    const third = claim(2);
    expect(copyOf(third)).toBe(1);
    queue.must(owner, { type: 'release', print: third });
    queue.finish(owner, second, 'unknown');
    expect([claim(0), claim(1), claim(2)].map(copyOf)).toEqual([1, 2, 3]);
  });

  it('is given again when a person finds a good print bad, and not when a lost one came out all the same', () => {
    const { queue, owner, start, copyOf, set } = shop(5);
    const first = start(0);
    const second = start(1);
    queue.finish(owner, first);
    queue.must(owner, { type: 'resolve', print: first, verdict: 'failed' });
    expect(queue.setOf(set).again).toEqual([1]);
    queue.must(owner, { type: 'resolve', print: first, verdict: 'good' });
    expect(queue.setOf(set).again).toEqual([]);
    queue.finish(owner, second, 'unknown');
    const third = start(2);
    expect(copyOf(third)).toBe(2);
    // Somebody saw it lie there: that copy and the one under way have one number.
    queue.must(owner, { type: 'resolve', print: second, verdict: 'good' });
    queue.finish(owner, third);
    expect(queue.setOf(set)).toMatchObject({ good: 3, again: [], nextCopy: 3 });
    expect(copyOf(start(0))).toBe(3);
  });

  it('of a print never changes, and of those under way no two of a set are the same', () => {
    const names = Object.keys(verbs) as Verb[];
    const step = fc.record({
      verb: fc.constantFrom(...names),
      a: fc.nat(99),
      b: fc.nat(99),
      c: fc.nat(99),
      meddling: fc.constant(false),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 60, maxLength: 150, size: 'max' }), (steps) => {
        const walk = new Walk();
        const given = new Map<PrintId, number>();
        for (const next of steps) {
          const sent = walk.commandOf(next);
          if (sent === undefined) walk.pass(next);
          else walk.queue.apply(sent.author, sent.command);
          for (const { id, copy } of [
            ...walk.queue.state.prints.values(),
            ...walk.queue.state.history.values(),
          ]) {
            expect(given.get(id) ?? copy).toBe(copy);
            given.set(id, copy);
          }
        }
      }),
      { numRuns: 20 },
    );
  });
});
