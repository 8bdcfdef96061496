import { describe, expect, it } from 'vitest';
import type { PrintId, SetId } from '../base/index.ts';
import { must } from '../base/index.ts';
import { TestQueue } from './fixture.ts';
import { brokenInvariants } from './invariants.ts';
import { freeOf, remainingOf, wantedOf } from './state.ts';

function shop(copies: number, settings = {}) {
  const queue = new TestQueue({ claimAhead: 1, retriesMax: 100, stopAfterSets: 0, ...settings });
  const driver = queue.join('printer');
  const { owner } = queue;
  const job = queue.job(owner, [copies]);
  const set = must(job.sets[0], 'a set');
  const printers = [queue.printer(driver), queue.printer(driver)];
  const printer = (at: number) => must(printers[at], 'a printer');
  const left = () => {
    const now = queue.jobOf(job.id);
    return { free: freeOf(now, queue.setOf(set)), remaining: remainingOf(now, queue.setOf(set)) };
  };
  const decide = (verdict: 'print-again' | 'take-off', ...numbers: number[]) =>
    ({ type: 'decide-copies', set, copies: numbers, verdict }) as const;
  const claimRefused = (at: number) =>
    queue.refused(driver, { type: 'claim', print: 'x' as PrintId, set, printer: printer(at) });
  return { queue, owner, driver, job, set, printer, left, decide, claimRefused };
}

describe('a copy that a person cancelled', () => {
  it('waits for a person when it was cancelled at the printer, and no other printer may have it', () => {
    const { queue, driver, set, printer, left, claimRefused } = shop(1);
    queue.finish(driver, queue.start(driver, set, printer(0)), 'cancelled');
    expect(queue.setOf(set)).toMatchObject({ onHold: [1], again: [], cancelled: 1 });
    expect(left()).toEqual({ free: 0, remaining: 1 });
    expect(claimRefused(1)).toBe('nothing-left');
  });

  it('waits for a person when it was cancelled in the app, however its print ended but well', () => {
    for (const outcome of ['failed', 'unknown', 'cancelled'] as const) {
      const { queue, owner, driver, set, printer } = shop(1, { quarantineAfterPrinters: 0 });
      const print = queue.start(driver, set, printer(0));
      queue.must(owner, { type: 'cancel-print', print });
      queue.finish(driver, print, outcome);
      expect(queue.setOf(set).onHold).toEqual([1]);
    }
    const { queue, owner, driver, set, printer } = shop(1);
    const print = queue.start(driver, set, printer(0));
    queue.must(owner, { type: 'cancel-print', print });
    queue.finish(driver, print, 'good');
    expect(queue.setOf(set)).toMatchObject({ onHold: [], good: 1 });
  });

  it('waits for a person in each stage before its first move', () => {
    const { queue, owner, driver, set, printer } = shop(3);
    const claimed = queue.claim(driver, set, printer(0));
    queue.must(owner, { type: 'cancel-print', print: claimed });
    expect(queue.setOf(set).onHold).toEqual([1]);
    const starting = queue.claim(driver, set, printer(0));
    queue.must(driver, { type: 'starting', print: starting });
    queue.must(owner, { type: 'cancel-print', print: starting });
    queue.must(driver, { type: 'release', print: starting });
    expect(queue.setOf(set).onHold).toEqual([1, 2]);
    const atPrinter = queue.claim(driver, set, printer(0));
    queue.must(driver, { type: 'release', print: atPrinter, why: { code: 'cancelled' } });
    expect(queue.setOf(set).onHold).toEqual([1, 2, 3]);
    expect(brokenInvariants(queue.state)).toEqual([]);
  });

  it('waits for a person when its holder was never heard of again, and the owner’s rule gave the print up', () => {
    const { queue, owner, driver, set, printer } = shop(1, { lostAfterMs: 60_000, leaseMs: 15_000 });
    const print = queue.start(driver, set, printer(0));
    queue.must(owner, { type: 'cancel-print', print });
    queue.tick(20_000);
    queue.tick(70_000);
    expect(queue.state.history.get(print)?.outcome).toBe('unknown');
    expect(queue.setOf(set).onHold).toEqual([1]);
  });

  it('holds up no other copy of its set', () => {
    const { queue, driver, set, printer, left } = shop(2);
    queue.finish(driver, queue.start(driver, set, printer(0)), 'cancelled');
    expect(left()).toEqual({ free: 1, remaining: 2 });
    const second = queue.claim(driver, set, printer(1));
    expect(queue.printOf(second).copy).toBe(2);
  });

  it('is printed under its number when a person says so, once', () => {
    const { queue, owner, driver, set, printer, left, decide } = shop(1);
    queue.finish(driver, queue.start(driver, set, printer(0)), 'cancelled');
    queue.must(owner, decide('print-again', 1));
    expect(left()).toEqual({ free: 1, remaining: 1 });
    expect(queue.refused(owner, decide('print-again', 1))).toBe('not-on-hold');
    expect(queue.printOf(queue.claim(driver, set, printer(1))).copy).toBe(1);
  });

  it('is not wanted any more when a person takes it off, until the number of copies is said anew', () => {
    const { queue, owner, driver, job, set, printer, decide } = shop(3);
    queue.finish(driver, queue.start(driver, set, printer(0)), 'cancelled');
    queue.must(driver, decide('take-off', 1));
    expect(wantedOf(queue.jobOf(job.id), queue.setOf(set))).toBe(2);
    queue.finish(driver, queue.start(driver, set, printer(1)));
    queue.finish(driver, queue.start(driver, set, printer(1)));
    expect(queue.jobOf(job.id).done).toBe(true);
    queue.must(owner, { type: 'edit-job', job: job.id, copies: 2 });
    expect(wantedOf(queue.jobOf(job.id), queue.setOf(set))).toBe(6);
    expect(queue.jobOf(job.id).done).toBe(false);
  });

  it('counts when it is found to be good after all, and asks nobody any more', () => {
    const { queue, owner, driver, job, set, printer } = shop(1);
    const print = queue.start(driver, set, printer(0));
    queue.finish(driver, print, 'cancelled');
    queue.must(owner, { type: 'resolve', print, verdict: 'good' });
    expect(queue.setOf(set)).toMatchObject({ onHold: [], good: 1 });
    expect(queue.jobOf(job.id).done).toBe(true);
  });

  it('is asked about no more when fewer copies are wanted, and its number is not given to another', () => {
    const { queue, owner, driver, job, set, printer } = shop(1);
    queue.must(owner, { type: 'edit-job', job: job.id, copies: 2 });
    queue.finish(driver, queue.start(driver, set, printer(0)), 'cancelled');
    queue.finish(driver, queue.start(driver, set, printer(1)));
    queue.must(owner, { type: 'edit-job', job: job.id, copies: 1 });
    expect(queue.setOf(set).onHold).toEqual([]);
    queue.must(owner, { type: 'edit-job', job: job.id, copies: 2 });
    expect(queue.printOf(queue.claim(driver, set, printer(1))).copy).toBe(3);
  });

  it('may be decided about by who drives printers, operates or brought the job, and by nobody else', () => {
    const { queue, driver, set, printer, decide } = shop(1);
    const guest = queue.join('submitter');
    queue.finish(driver, queue.start(driver, set, printer(0)), 'cancelled');
    expect(queue.refused(guest, decide('print-again', 1))).toBe('access-denied');
    expect(queue.refused(guest, { ...decide('print-again', 1), set: 'no' as SetId })).toBe('set-not-found');
    queue.must(driver, decide('print-again', 1));
  });

  it('is the same in a snapshot that is read again', () => {
    const { queue, driver, set, printer, decide } = shop(3);
    queue.finish(driver, queue.start(driver, set, printer(0)), 'cancelled');
    queue.finish(driver, queue.start(driver, set, printer(1)), 'cancelled');
    queue.must(driver, decide('take-off', 2));
    const restored = queue.restored(queue.state.snapshot());
    expect(restored.sets.get(set)).toEqual(queue.setOf(set));
    expect(restored.hash()).toEqual(queue.state.hash());
  });
});

describe('a set that one printer finds beyond its own limits', () => {
  const why = { code: 'too-hot', text: 'Line 1 heats the nozzle to 260 °C.' } as const;

  it('is left to others, and nothing is counted against it', () => {
    const { queue, driver, set, printer, claimRefused } = shop(3);
    queue.must(driver, { type: 'release', print: queue.claim(driver, set, printer(0)), why });
    expect(queue.setOf(set)).toMatchObject({ failed: 0, failures: 0, failedOn: [], quarantine: undefined });
    expect(claimRefused(0)).toBe('unfit-here');
    for (let copy = 0; copy < 3; copy++) queue.finish(driver, queue.start(driver, set, printer(1)));
    expect(queue.setOf(set)).toMatchObject({ good: 3 });
  });

  it('is tried there again when the printer is described anew, or when a person asks for it', () => {
    const { queue, owner, driver, set, printer, claimRefused } = shop(3);
    const refuse = () =>
      queue.must(driver, { type: 'release', print: queue.claim(driver, set, printer(0)), why });
    refuse();
    const { id, name, enabled, autoClear, materials } = queue.printerOf(printer(0));
    const said = { name, enabled, autoClear, materials: [...materials] };
    queue.must(driver, { type: 'set-printer', printer: id, ...said, sizeMm: { x: 250, y: 210, z: 210 } });
    expect(claimRefused(0)).toBe('unfit-here');
    queue.must(driver, { type: 'set-printer', printer: id, ...said, sizeMm: { x: 300, y: 300, z: 300 } });
    refuse();
    expect(queue.setOf(set).unfitOn).toHaveLength(1);
    queue.must(owner, { type: 'release-set', set });
    expect(queue.setOf(set).unfitOn).toEqual([]);
    refuse();
    const restored = queue.restored(queue.state.snapshot());
    expect(restored.sets.get(set)).toEqual(queue.setOf(set));
  });
});
