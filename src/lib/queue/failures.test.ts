import { describe, expect, it } from 'vitest';
import { must } from '../base/index.ts';
import type { PrintId } from '../base/index.ts';
import { TestQueue } from './fixture.ts';
import { QueueState } from './queue-state.ts';

function shop(settings = {}) {
  const queue = new TestQueue(settings);
  const ann = queue.join('operator', true);
  const bob = queue.join('printer');
  return { queue, ann, bob, mk3: queue.printer(ann), ender: queue.printer(bob) };
}

describe('failure rules', () => {
  it('stops a printer on which two different sets failed in a row, until a person resumes it', () => {
    const { queue, ann, mk3 } = shop();
    const [a, b] = queue.job(queue.owner, [5, 5]).sets;
    queue.run(ann, must(a, 'a'), mk3, 'failed');
    expect(queue.printerOf(mk3).stopped).toBeUndefined();
    queue.run(ann, must(b, 'b'), mk3, 'failed');
    expect(queue.printerOf(mk3).stopped).toEqual({
      code: 'sets-failed',
      sets: 2,
      lastFile: queue.state.files.get(queue.setOf(must(b, 'b')).file)?.name,
    });
    expect(
      queue.refused(ann, { type: 'claim', print: 'x' as PrintId, set: must(a, 'a'), printer: mk3 }),
    ).toBe('printer-stopped');
    queue.must(ann, { type: 'resume-printer', printer: mk3 });
    queue.run(ann, must(a, 'a'), mk3);
  });

  it('quarantines a set that failed on two printers, and frees its claims', () => {
    const { queue, ann, bob, mk3, ender } = shop();
    const third = queue.printer(ann);
    const set = must(queue.job(queue.owner, [5]).sets[0], 'a set');
    queue.run(ann, set, mk3, 'failed');
    queue.claim(ann, set, third);
    queue.run(bob, set, ender, 'failed');
    expect(queue.setOf(set).quarantine).toMatchObject({ code: 'failed-on-printers', printers: 2 });
    expect(queue.setOf(set).active).toEqual([]);
    expect(queue.refused(ann, { type: 'claim', print: 'x' as PrintId, set, printer: third })).toBe(
      'set-quarantined',
    );
    queue.must(queue.owner, { type: 'release-set', set });
    queue.claim(ann, set, third);
  });

  it('says why it set something aside: where it failed last, and the reason that was given', () => {
    const { queue, ann, bob, mk3, ender } = shop();
    const [a, b] = queue.job(queue.owner, [5, 5]).sets.map((id) => must(id, 'a set'));
    const fail = (who: typeof ann, set: typeof a, printer: typeof mk3) => {
      const print = queue.start(who, must(set, 'a set'), printer);
      const reason = 'The nozzle is blocked.';
      queue.must(who, { type: 'finish', print, outcome: 'failed', reason, lines: 1, resends: 0, seconds: 1 });
      queue.must(who, { type: 'set-bed', printer, bed: 'clear', print });
    };
    fail(ann, a, mk3);
    fail(bob, a, ender);
    const lastReason = { by: 'holder', text: 'The nozzle is blocked.' };
    const lastPrinter = queue.printerOf(ender).name;
    const quarantine = { code: 'failed-on-printers', printers: 2, lastPrinter, lastReason };
    expect(queue.setOf(a).quarantine).toEqual(quarantine);
    fail(ann, b, mk3);
    const lastFile = queue.state.files.get(queue.setOf(b).file)?.name;
    const stop = { code: 'sets-failed', sets: 2, lastFile, lastReason };
    expect(queue.printerOf(mk3).stopped).toEqual(stop);
    const again = queue.restored(queue.state.snapshot());
    expect(again.sets.get(must(a, 'a set'))?.quarantine).toEqual(quarantine);
    expect(again.printers.get(mk3)?.stopped).toEqual(stop);
  });

  it('returns a failed copy as often as the rule says', () => {
    const { queue, ann, mk3 } = shop({ retriesMax: 1 });
    const set = must(queue.job(queue.owner, [1]).sets[0], 'a set');
    queue.run(ann, set, mk3, 'failed');
    queue.run(ann, set, mk3, 'failed');
    expect(queue.setOf(set).quarantine).toMatchObject({ code: 'failed-often', failures: 2 });
  });

  it('tries a failed copy on another printer where the rule asks for it', () => {
    const { queue, ann, bob, mk3, ender } = shop({ retryOn: 'other' });
    const set = must(queue.job(queue.owner, [1]).sets[0], 'a set');
    queue.run(ann, set, mk3, 'failed');
    expect(queue.refused(ann, { type: 'claim', print: 'x' as PrintId, set, printer: mk3 })).toBe(
      'failed-here',
    );
    queue.run(bob, set, ender);
  });

  it('tries a copy again where it failed when its job is kept on that printer: there is no other one', () => {
    const { queue, ann, bob, mk3, ender } = shop({ retryOn: 'other' });
    const job = queue.job(queue.owner, [3], { keepTogether: true });
    const set = must(job.sets[0], 'a set');
    queue.run(ann, set, mk3);
    queue.run(ann, set, mk3, 'failed');
    expect(queue.refused(bob, { type: 'claim', print: 'x' as PrintId, set, printer: ender })).toBe(
      'access-denied',
    );
    queue.run(ann, set, mk3);
    expect(queue.setOf(set).good).toBe(2);
  });

  it('forgives after a good print: failures count in a row only, and a cancelled or unknown one is no failure', () => {
    const { queue, ann, mk3 } = shop({ retriesMax: 10 });
    const [a, b] = queue.job(queue.owner, [5, 5]).sets.map((id) => must(id, 'a set'));
    const [one, other] = [must(a, 'a'), must(b, 'b')];
    const end = (set: typeof one, outcome: 'cancelled' | 'unknown') => {
      const print = queue.start(ann, set, mk3);
      queue.finish(ann, print, outcome);
      queue.must(ann, { type: 'set-bed', printer: mk3, bed: 'clear', print });
    };
    const clear = () => {
      const print = queue.printerOf(mk3).bedPrint;
      queue.must(ann, { type: 'set-bed', printer: mk3, bed: 'clear', ...(print && { print }) });
    };
    queue.run(ann, one, mk3, 'failed');
    queue.run(ann, one, mk3);
    queue.run(ann, other, mk3, 'failed');
    clear();
    end(one, 'cancelled');
    end(one, 'unknown');
    expect(queue.printerOf(mk3).stopped).toBeUndefined();
    expect(queue.setOf(one)).toMatchObject({ failures: 0, good: 1, cancelled: 1, unknown: 1 });
    expect(queue.setOf(other)).toMatchObject({ failures: 1, failedOn: [mk3] });
  });

  it('counts what a person finds bad when the bed is cleared, though the printer had reported it as good', () => {
    const { queue, ann, bob, mk3, ender } = shop({ retriesMax: 10 });
    const [a, b, c] = queue.job(queue.owner, [5, 5, 5]).sets.map((id) => must(id, 'a set'));
    const bad = (who: typeof ann, set: typeof a, printer: typeof mk3) => {
      const print = queue.start(who, must(set, 'a set'), printer);
      queue.finish(who, print);
      queue.must(who, { type: 'set-bed', printer, bed: 'clear', print, verdict: 'failed' });
      return print;
    };
    for (const printer of [mk3, ender]) {
      const driver = printer === mk3 ? ann : bob;
      queue.must(driver, {
        type: 'set-printer',
        printer,
        name: printer,
        enabled: true,
        autoClear: false,
        materials: [],
      });
    }
    bad(ann, a, mk3);
    bad(bob, a, ender);
    expect(queue.setOf(a)).toMatchObject({ good: 0, failed: 2, failures: 2, failedOn: [mk3, ender] });
    expect(queue.setOf(a).quarantine).toMatchObject({ code: 'failed-on-printers', printers: 2 });
    bad(ann, b, mk3);
    expect(queue.printerOf(mk3).stopped).toMatchObject({ code: 'sets-failed', sets: 2 });
    // Kept over a snapshot, too.
    expect(queue.printerOf(ender)).toMatchObject({ failedSets: [a], stopped: undefined });
    const print = queue.start(bob, must(c, 'c'), ender);
    queue.finish(bob, print);
    const copy = QueueState.restore(queue.state.snapshot());
    expect(copy.ok && copy.value.history.get(print)?.forgave).toEqual({
      good: 1,
      failures: 0,
      failedOn: [],
      failedSets: [a],
    });
    expect(copy.ok && copy.value.hash()).toEqual(queue.state.hash());
    queue.must(bob, { type: 'set-bed', printer: ender, bed: 'clear', print, verdict: 'good' });
    expect(queue.printerOf(ender)).toMatchObject({ failedSets: [], stopped: undefined });
  });

  it('takes a cancelled print for no failure, though who clears the bed says that it is no good', () => {
    const { queue, ann, mk3 } = shop();
    queue.must(queue.owner, {
      type: 'set-printer',
      printer: mk3,
      name: 'MK3',
      enabled: true,
      autoClear: false,
      materials: [],
    });
    const [a, b] = queue.job(queue.owner, [5, 5]).sets.map((id) => must(id, 'a set'));
    for (const [set, verdict] of [
      [a, 'failed'],
      [b, 'failed'],
      [a, 'good'],
    ] as const) {
      const print = queue.start(ann, must(set, 'a set'), mk3);
      queue.finish(ann, print, 'cancelled');
      queue.must(ann, { type: 'set-bed', printer: mk3, bed: 'clear', print, verdict });
    }
    expect(queue.printerOf(mk3)).toMatchObject({ stopped: undefined, failedSets: [], bed: 'clear' });
    // A copy that was cancelled too late, when it was done, counts if a person says so.
    expect(queue.setOf(a)).toMatchObject({ cancelled: 1, good: 1, failed: 0, failures: 0 });
    expect(queue.setOf(b)).toMatchObject({ cancelled: 1, failed: 0, failures: 0 });
  });

  it('counts no failure from before a later good print when an older one turns out bad', () => {
    const { queue, ann, mk3 } = shop();
    const set = must(queue.job(queue.owner, [5]).sets[0], 'a set');
    queue.run(ann, set, mk3, 'failed');
    queue.run(ann, set, mk3, 'failed');
    const good = queue.run(ann, set, mk3);
    queue.run(ann, set, mk3);
    queue.must(queue.owner, { type: 'resolve', print: good, verdict: 'failed' });
    expect(queue.setOf(set)).toMatchObject({ good: 1, failures: 1, quarantine: undefined });
    // Said twice and taken back, it counts once.
    queue.must(queue.owner, { type: 'resolve', print: good, verdict: 'good' });
    queue.must(queue.owner, { type: 'resolve', print: good, verdict: 'failed' });
    expect(queue.setOf(set)).toMatchObject({ good: 1, failures: 1, quarantine: undefined });
  });

  it('stop and quarantine nothing where the owner switched them off', () => {
    const { queue, ann, bob, mk3, ender } = shop({
      stopAfterSets: 0,
      quarantineAfterPrinters: 0,
      retriesMax: 10,
    });
    const sets = queue.job(queue.owner, [5, 5, 5]).sets;
    for (const set of sets) {
      queue.run(ann, set, mk3, 'failed');
      queue.run(bob, set, ender, 'failed');
    }
    expect(queue.printerOf(mk3).stopped).toBeUndefined();
    for (const set of sets) expect(queue.setOf(set).quarantine).toBeUndefined();
  });

  it('are overruled by who runs the queue, whose job it is and who drives the printer, and by nobody else', () => {
    const { queue, ann, bob, mk3 } = shop({ retriesMax: 0, stopAfterSets: 1 });
    const guest = queue.join('submitter');
    const other = queue.join('submitter');
    const set = must(queue.job(guest, [5]).sets[0], 'a set');
    queue.run(ann, set, mk3, 'failed');
    expect(queue.refused(other, { type: 'release-set', set })).toBe('access-denied');
    expect(queue.refused(bob, { type: 'resume-printer', printer: mk3 })).toBe('access-denied');
    queue.must(guest, { type: 'release-set', set });
    queue.must(ann, { type: 'resume-printer', printer: mk3 });
    expect(queue.setOf(set)).toMatchObject({ quarantine: undefined, failures: 0, failedOn: [] });
    queue.run(ann, set, mk3);
  });
});
