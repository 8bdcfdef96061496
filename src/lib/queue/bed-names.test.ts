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
