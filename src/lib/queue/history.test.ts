import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FileId, PrintId } from '../base/index.ts';
import { must } from '../base/index.ts';
import type { ImportedPrint, Outcome } from './command.ts';
import { outcomes } from './command.ts';
import { TestQueue } from './fixture.ts';
import { othersRow } from './history.ts';
import { historyMax, importPrintsMax, totalsRowsMax } from './limits.ts';
import type { Totals } from './state.ts';

interface Ended {
  readonly outcome: Outcome;
  readonly material: number;
  readonly seconds: number;
  readonly filamentMm: number;
}

const ended: fc.Arbitrary<Ended> = fc.record({
  outcome: fc.constantFrom(...outcomes),
  // More than there is room for: rows are folded, some come back.
  material: fc.nat(totalsRowsMax + 2_000),
  seconds: fc.nat(100_000),
  filamentMm: fc.nat(100_000),
});

const many: Ended = { outcome: 'good', material: 1, seconds: 10, filamentMm: 10 };

/** Puts so many ended prints into the history, a pattern of a few over and over, with materials that go on and on. */
function fill(queue: TestQueue, pattern: readonly Ended[], count: number): Ended[] {
  const all = Array.from({ length: count }, (_, i) => {
    const one = must(pattern[i % pattern.length], 'a pattern');
    return { ...one, material: (one.material + i) % (totalsRowsMax + 2_000) };
  });
  for (let from = 0; from < count; from += importPrintsMax) {
    const prints = all.slice(from, from + importPrintsMax).map((one, at): ImportedPrint => ({
      id: `old-${from + at}` as PrintId,
      jobName: 'Shields',
      copy: 1,
      file: 'file' as FileId,
      fileName: 'shield.gcode',
      printerName: 'Left',
      material: `Material ${one.material}`,
      outcome: one.outcome,
      lines: 1,
      resends: 0,
      seconds: one.seconds,
      filamentMm: one.filamentMm,
    }));
    queue.must(queue.owner, { type: 'import-history', prints });
  }
  return all;
}

function total(entries: readonly Ended[]): Totals {
  const count = (outcome: Outcome) => entries.filter((entry) => entry.outcome === outcome).length;
  const sum = (pick: (entry: Ended) => number) => entries.reduce((all, entry) => all + pick(entry), 0);
  return {
    prints: entries.length,
    good: count('good'),
    failed: count('failed'),
    cancelled: count('cancelled'),
    unknown: count('unknown'),
    surplus: 0,
    seconds: sum(({ seconds }) => seconds),
    filamentMm: sum(({ filamentMm }) => filamentMm),
  };
}

function added(rows: Iterable<Totals>): Totals {
  const sum = { ...total([]) } as Record<keyof Totals, number>;
  for (const row of rows) for (const key of Object.keys(sum) as (keyof Totals)[]) sum[key] += row[key];
  return sum;
}

describe('a history beyond its limit', () => {
  it('is forgotten print by print, and keeps every total', { timeout: 60_000 }, () => {
    let folded = false;
    fc.assert(
      fc.property(fc.array(ended, { minLength: 1, maxLength: 40 }), fc.nat(1_500), (pattern, more) => {
        const queue = new TestQueue();
        const all = fill(queue, pattern, historyMax + more);
        const { state } = queue;
        expect(state.history.size).toBe(historyMax);
        expect(state.history.has('old-0' as PrintId)).toBe(more === 0);
        const { byPrinter, byPerson, byMaterial } = state.totals;
        expect(state.totals.all).toEqual(total(all));
        for (const table of [byPrinter, byPerson, byMaterial])
          expect(added(table.values())).toEqual(state.totals.all);
        expect(byMaterial.size).toBeLessThanOrEqual(totalsRowsMax + 1);
        const materials = new Set(all.map(({ material }) => material)).size;
        expect(byMaterial.has(othersRow)).toBe(materials > totalsRowsMax);
        folded ||= materials > totalsRowsMax;
        const restored = queue.restored(state.snapshot());
        expect(restored.totals.all).toEqual(total(all));
        expect([...restored.totals.byMaterial]).toEqual([...byMaterial]);
      }),
      { numRuns: 2, endOnFailure: true, examples: [[[{ ...many, material: 0 }], 7]] },
    );
    expect(folded).toBe(true);
  });

  it('still takes the late report of a print that nobody knew the end of, and moves it in the totals', () => {
    const queue = new TestQueue();
    const printer = queue.printer(queue.owner);
    const job = queue.job(queue.owner, [1]);
    const print = queue.start(queue.owner, must(job.sets[0], 'a set'), printer);
    queue.tick(120_000);
    queue.must(queue.owner, { type: 'resolve', print, verdict: 'unknown' });
    fill(queue, [{ ...many, outcome: 'failed' }], historyMax + 10);
    expect(queue.state.history.has(print)).toBe(false);
    const before = queue.state.totals.all;
    expect(before).toMatchObject({ unknown: 1, good: 0 });
    queue.must(queue.owner, {
      type: 'finish',
      print,
      outcome: 'good',
      lines: 1,
      resends: 0,
      seconds: 60,
      filamentMm: 5,
    });
    const { all, byPrinter, byPerson, byMaterial } = queue.state.totals;
    expect(all).toEqual({
      ...before,
      unknown: 0,
      good: 1,
      seconds: before.seconds + 60,
      filamentMm: before.filamentMm + 5,
    });
    for (const table of [byPrinter, byPerson, byMaterial]) expect(added(table.values())).toEqual(all);
    expect(queue.jobOf(job.id).done).toBe(true);
    expect(queue.refused(queue.owner, { type: 'resolve', print, verdict: 'failed' })).toBe('print-not-found');
  });
});
