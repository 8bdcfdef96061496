import { describe, expect, it } from 'vitest';
import { must } from '../base/index.ts';
import type { FileId } from '../base/index.ts';
import { idleText, strategyTexts, waitText } from '../words/index.ts';
import { Agenda, matchPrinter, needsOf } from './index.ts';
import { compareMaterials } from './materials.ts';
import { TestQueue } from '../queue/fixture.ts';
import { remainingOf, strategies, wantedOf } from '../queue/index.ts';

/** Defects of continuousprint and its LAN queue that we must not have. */

function shop(settings = {}) {
  const queue = new TestQueue(settings);
  const printer = queue.printer(queue.owner);
  return { queue, printer };
}

describe('continuousprint’s defects', () => {
  it('D1: a failed print does not count as done', () => {
    const { queue, printer } = shop();
    const job = queue.job(queue.owner, [1]);
    const set = must(job.sets[0], 'a set');
    queue.run(queue.owner, set, printer, 'failed');
    expect(remainingOf(job, queue.setOf(set))).toBe(1);
    expect(queue.jobOf(job.id).done).toBe(false);
  });

  it('D2: one printer’s progress does not erase what only another can print', () => {
    const { queue, printer: x } = shop();
    const y = queue.printer(queue.owner);
    const job = queue.job(queue.owner, [1, 1], { copies: 2 });
    const [a, b] = [must(job.sets[0], 'A'), must(job.sets[1], 'B')];
    queue.must(queue.owner, {
      type: 'edit-job',
      job: job.id,
      sets: [a, b].map((set, i) => ({
        set,
        file: queue.setOf(set).file,
        count: 1,
        requirements: { printers: [i === 0 ? x : y] },
      })),
    });
    const next = (printer: typeof x) => {
      const choice = new Agenda(queue.state).next(printer);
      return choice.kind === 'claim' ? choice.set : undefined;
    };
    expect(next(x)).toBe(a);
    queue.run(queue.owner, a, x);
    queue.run(queue.owner, a, x);
    expect(next(x)).toBeUndefined();
    expect(queue.jobOf(job.id).done).toBe(false);
    expect(next(y)).toBe(b);
    queue.run(queue.owner, b, y);
    queue.run(queue.owner, b, y);
    expect(queue.jobOf(job.id).done).toBe(true);
  });

  it('D3: a set that keeps failing is set aside, and the printer goes on with others', () => {
    const { queue, printer } = shop({ retriesMax: 1 });
    const bad = must(queue.job(queue.owner, [1]).sets[0], 'a set');
    const other = must(queue.job(queue.owner, [1]).sets[0], 'a set');
    queue.run(queue.owner, bad, printer, 'failed');
    queue.run(queue.owner, bad, printer, 'failed');
    expect(queue.setOf(bad).quarantine).toBeDefined();
    expect(queue.printerOf(printer).stopped).toBeUndefined();
    queue.run(queue.owner, other, printer);
  });

  it('D4: a printer with the wrong material waits with a sentence', () => {
    const { queue, printer } = shop();
    const job = queue.job(queue.owner, [1]);
    const set = queue.setOf(job.sets[0]);
    const requirements = { materials: [{ family: 'PETG' }] };
    queue.must(queue.owner, {
      type: 'edit-job',
      job: job.id,
      sets: [{ set: set.id, file: set.file, count: 1, requirements }],
    });
    queue.must(queue.owner, {
      type: 'set-printer',
      printer,
      name: 'MK3',
      enabled: true,
      autoClear: true,
      materials: [{ family: 'PLA' }],
      model: 'MK3S',
    });
    const wait = new Agenda(queue.state).whyWaits(set.id);
    expect(wait === undefined ? undefined : waitText(wait)).toBe('It needs PETG; MK3 has PLA.');
  });

  it('D5: every strategy that can be set is explained and chooses', () => {
    const { queue, printer } = shop();
    queue.job(queue.owner, [1]);
    for (const strategy of strategies) {
      queue.must(queue.owner, { type: 'set-settings', settings: { strategy } });
      expect(strategyTexts[strategy]).toMatch(/\.$/);
      expect(new Agenda(queue.state).next(printer).kind).toBe('claim');
    }
  });

  it('D6: a set names its file by hash, so that no holder can pass off another', () => {
    const { queue } = shop();
    const job = queue.job(queue.owner, [1]);
    expect(queue.state.files.has(queue.setOf(job.sets[0]).file)).toBe(true);
    expect(
      queue.refused(queue.owner, {
        type: 'add-job',
        job: 'x' as never,
        name: 'x',
        copies: 1,
        draft: false,
        keepTogether: false,
        sets: [{ set: 'x' as never, file: 'unknown' as FileId, count: 1, requirements: {} }],
      }),
    ).toBe('file-not-found');
  });

  it('D7: nothing is lost when every peer is gone, and no clock but the log’s ends a lease', () => {
    const { queue, printer } = shop();
    const set = must(queue.job(queue.owner, [1]).sets[0], 'a set');
    const print = queue.start(queue.owner, set, printer);
    const reopened = queue.restored(queue.state.snapshot());
    expect(reopened.prints.get(print)?.phase).toBe('started');
    // However long everyone was away, the log's time stood still.
    expect(reopened.nextDeadlineMs()).toBe(queue.state.nextDeadlineMs());
    expect(reopened.hash()).toEqual(queue.state.hash());
  });

  it('D8: moving to the front and to the end keeps the list whole in both directions', () => {
    const { queue } = shop();
    const jobs = [1, 2, 3].map(() => queue.job(queue.owner, [1]).id);
    const [a, b, c] = [must(jobs[0], 'a'), must(jobs[1], 'b'), must(jobs[2], 'c')];
    queue.must(queue.owner, { type: 'move-job', job: b, after: null });
    queue.must(queue.owner, { type: 'move-job', job: a, after: c });
    expect([...queue.state.jobsInOrder()].map(({ id }) => id)).toEqual([b, c, a]);
    expect([a, c, b].map((job) => queue.state.jobBefore(job))).toEqual([c, b, undefined]);
  });

  it('D9: two files of the same name are two files', () => {
    const { queue } = shop();
    for (const file of ['hash-1', 'hash-2'] as FileId[]) {
      queue.must(queue.owner, { type: 'add-file', file, name: 'part.gcode', size: 1, meta: {} });
    }
    expect([...queue.state.files.values()].filter(({ name }) => name === 'part.gcode')).toHaveLength(2);
  });

  it('D10: a printer’s model comes from a named field and a table, never from likeness', () => {
    const { queue, printer } = shop();
    const set = queue.setOf(queue.job(queue.owner, [1]).sets[0]);
    const needs = { ...needsOf(set, undefined, queue.state.head.settings), models: ['Ender-3'] };
    const verdictOf = (model: string) => matchPrinter(needs, { ...queue.printerOf(printer), model }).verdict;
    expect([verdictOf('Creality Ender-3'), verdictOf('Ender-3 S1'), verdictOf('Ender-5')]).toEqual([
      'fits',
      'blocks',
      'blocks',
    ]);
  });

  it('D11: “any PLA” and “black PLA” can both be asked for', () => {
    const { queue, printer } = shop();
    const set = queue.setOf(queue.job(queue.owner, [1]).sets[0]);
    const verdictOf = (colour: string | undefined) => {
      const wanted = colour === undefined ? { family: 'PLA' } : { family: 'PLA', colour };
      const needs = { ...needsOf(set, undefined, queue.state.head.settings), materials: [wanted] };
      return matchPrinter(needs, {
        ...queue.printerOf(printer),
        materials: [{ family: 'PLA', colour: 'red' }],
      }).verdict;
    };
    expect([verdictOf(undefined), verdictOf('black'), verdictOf('Red')]).toEqual(['fits', 'blocks', 'fits']);
    // However people type it into one field, on either side.
    for (const [wanted, loaded, verdict] of [
      ['any PLA', 'PLA', 'fits'],
      ['Any pla', 'PLA black', 'fits'],
      ['PLA black', 'PLA Black', 'fits'],
      ['PLA black', 'PLA red', 'blocks'],
      ['PLA black', 'PLA', 'unknown'],
      ['PLA schwarz', 'PLA black', 'fits'],
      ['any PLA', 'PETG', 'blocks'],
      ['PLA Silk', 'PLA', 'warns'],
    ] as const)
      expect([wanted, loaded, compareMaterials({ family: wanted }, { family: loaded })]).toEqual([
        wanted,
        loaded,
        verdict,
      ]);
  });

  it('the three taught shapes hold: AAAAABBBBB, ABABABABAB and ABBBBABBBBABBBB', () => {
    const shape = (copies: number, counts: readonly number[]) => {
      const { queue, printer } = shop();
      const job = queue.job(queue.owner, counts, { copies, keepTogether: true });
      const total = job.sets.reduce((sum, id) => sum + wantedOf(job, queue.setOf(id)), 0);
      let out = '';
      for (let i = 0; i < total; i++) {
        const choice = new Agenda(queue.state).next(printer);
        if (choice.kind === 'wait') return `${out} ${idleText(choice.because)}`;
        out += 'AB'.charAt(job.sets.indexOf(choice.set));
        queue.run(queue.owner, choice.set, printer);
      }
      return out;
    };
    expect([shape(1, [5, 5]), shape(5, [1, 1]), shape(3, [1, 4])]).toEqual([
      'AAAAABBBBB',
      'ABABABABAB',
      'ABBBBABBBBABBBB',
    ]);
  });
});
