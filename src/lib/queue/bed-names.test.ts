import { describe, expect, it } from 'vitest';
import { type PrintId, must } from '../base/index.ts';
import { TestQueue } from './fixture.ts';

/** What lies on a bed has a name, be it a print of another queue that the printer serves. */
describe('what lies on a bed', () => {
  const other = 'of-another-queue' as PrintId;

  function shop() {
    const queue = new TestQueue();
    const bob = queue.join('printer');
    const printer = queue.printer(bob, true);
    const set = must(queue.job(queue.owner, [4]).sets[0], 'a set');
    return { queue, bob, printer, set };
  }

  it('is named by who drives the printer, and only a word that names it clears the bed', () => {
    const { queue, bob, printer, set } = shop();
    queue.must(bob, { type: 'set-bed', printer, bed: 'unknown', print: other });
    expect(queue.printerOf(printer)).toMatchObject({ bed: 'unknown', bedPrint: other });
    // Said of an empty bed, before this lay there.
    expect(queue.refused(queue.owner, { type: 'set-bed', printer, bed: 'clear' })).toBe('bed-changed');
    const print = queue.claim(bob, set, printer);
    expect(queue.refused(bob, { type: 'starting', print })).toBe('bed-not-clear');
    queue.must(queue.owner, { type: 'set-bed', printer, bed: 'clear', print: other });
    queue.must(bob, { type: 'starting', print });
  });

  it('gets another name when something else was printed there for another queue', () => {
    const { queue, bob, printer, set } = shop();
    const mine = queue.run(bob, set, printer, 'failed');
    expect(queue.printerOf(printer).bedPrint).toBe(mine);
    queue.must(bob, { type: 'set-bed', printer, bed: 'occupied', print: other });
    expect(queue.refused(queue.owner, { type: 'set-bed', printer, bed: 'clear', print: mine })).toBe(
      'bed-changed',
    );
  });

  it('keeps its name while it is printed, whatever is said', () => {
    const { queue, bob, printer, set } = shop();
    const print = queue.start(bob, set, printer);
    queue.must(bob, { type: 'set-bed', printer, bed: 'occupied', print: other });
    expect(queue.printerOf(printer).bedPrint).toBe(print);
  });

  it('is no print that another printer holds', () => {
    const { queue, bob, printer, set } = shop();
    const second = queue.printer(bob, true);
    const print = queue.claim(bob, set, second);
    expect(queue.refused(bob, { type: 'set-bed', printer, bed: 'occupied', print })).toBe('print-not-found');
  });

  it('is cleared with a verdict that this queue has no use for', () => {
    const { queue, bob, printer } = shop();
    queue.must(bob, { type: 'set-bed', printer, bed: 'unknown', print: other });
    queue.must(bob, { type: 'set-bed', printer, bed: 'clear', print: other, verdict: 'good' });
    expect(queue.printerOf(printer)).toMatchObject({ bed: 'clear', bedPrint: undefined });
    expect(queue.state.totals.all.good).toBe(0);
  });
});

/** Who clears a bed says how they knew it: what began after they said so is not what they took off. */
describe('a late word that a bed is clear', () => {
  function shop() {
    const queue = new TestQueue();
    const bob = queue.join('printer');
    const printer = queue.printer(bob, true);
    const set = must(queue.job(queue.owner, [4]).sets[0], 'a set');
    const cleared = (print?: PrintId) => ({
      type: 'set-bed' as const,
      printer,
      bed: 'clear' as const,
      ...(print !== undefined && { print }),
      revision: queue.printerOf(printer).bedRevision,
    });
    return { queue, bob, printer, set, cleared };
  }

  it('does not take off a print that was not begun when it was said', () => {
    const { queue, bob, printer, set, cleared } = shop();
    const print = queue.claim(bob, set, printer);
    queue.must(bob, { type: 'starting', print });
    // Its peer is away, nothing was printed: a person looks at the bed, which is clear.
    const word = cleared(print);
    expect(queue.refused(queue.owner, word)).toBe('print-under-way');
    // The peer is back, and begins after all.
    queue.must(bob, { type: 'starting', print });
    queue.must(bob, { type: 'started', print });
    queue.finish(bob, print, 'cancelled');
    expect(queue.refused(queue.owner, word)).toBe('bed-changed');
    expect(queue.printerOf(printer)).toMatchObject({ bed: 'occupied', bedPrint: print });
    queue.must(queue.owner, cleared(print));
    expect(queue.printerOf(printer)).toMatchObject({ bed: 'clear', bedPrint: undefined });
  });

  it('decides about a lost print only while it is lost as it was', () => {
    const { queue, bob, printer, set, cleared } = shop();
    const print = queue.claim(bob, set, printer);
    queue.must(bob, { type: 'starting', print });
    queue.tick(queue.state.head.settings.leaseMs + 1);
    const word = { ...cleared(print), verdict: 'failed' as const };
    // Heard of, begun, lost again: not what the person saw.
    queue.must(bob, { type: 'starting', print });
    queue.tick(queue.state.head.settings.leaseMs + 1);
    expect(queue.refused(queue.owner, word)).toBe('bed-changed');
    queue.must(queue.owner, { ...cleared(print), verdict: 'failed' });
    expect(queue.printerOf(printer).bed).toBe('clear');
  });

  it('counts for nothing after the printer was connected anew', () => {
    const { queue, bob, printer, cleared } = shop();
    queue.must(bob, { type: 'set-bed', printer, bed: 'unknown' });
    const word = cleared();
    queue.must(queue.owner, word);
    queue.must(bob, { type: 'set-bed', printer, bed: 'unknown' });
    expect(queue.refused(queue.owner, word)).toBe('bed-changed');
  });

  it('says nothing new of a bed that is clear already', () => {
    const { queue, bob, printer, cleared } = shop();
    queue.must(bob, { type: 'set-bed', printer, bed: 'unknown' });
    const word = cleared();
    queue.must(queue.owner, word);
    queue.must(bob, word);
  });
});
