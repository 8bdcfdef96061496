import { describe, expect, it } from 'vitest';
import type { PrintId } from '../base/index.ts';
import { must } from '../base/index.ts';
import { TestQueue } from './fixture.ts';
import { freeOf, remainingOf } from './state.ts';

function shop(settings = {}) {
  const queue = new TestQueue(settings);
  const ann = queue.join('operator', true);
  const bob = queue.join('printer');
  return { queue, ann, bob, mk3: queue.printer(ann), ender: queue.printer(bob) };
}

const leaseMs = 120_000;

describe('a print from claim to end', () => {
  it('gives two copies to two printers and counts both as good', () => {
    const { queue, ann, bob, mk3, ender } = shop();
    const job = queue.job(queue.owner, [2]);
    const set = must(job.sets[0], 'a set');
    const first = queue.start(ann, set, mk3);
    const second = queue.start(bob, set, ender);
    expect(freeOf(job, queue.setOf(set))).toBe(0);
    expect(remainingOf(job, queue.setOf(set))).toBe(2);
    queue.finish(ann, first);
    queue.finish(bob, second);
    expect(queue.setOf(set).good).toBe(2);
    expect(queue.jobOf(job.id).done).toBe(true);
    expect([...queue.state.history.values()].map((e) => [e.outcome, e.holder])).toEqual([
      ['good', ann.peer],
      ['good', bob.peer],
    ]);
    expect(queue.state.totals.all).toMatchObject({ prints: 2, good: 2, seconds: 120, filamentMm: 1000 });
  });

  it('leaves a bed that clears itself occupied when its holder says that it did not', () => {
    const { queue, ann, mk3 } = shop();
    const set = must(queue.job(queue.owner, [2]).sets[0], 'a set');
    const first = queue.start(ann, set, mk3);
    const end = { outcome: 'good', lines: 1, resends: 0, seconds: 1 } as const;
    queue.must(ann, { type: 'finish', print: first, ...end, bed: 'occupied' });
    expect(queue.printerOf(mk3)).toMatchObject({ bed: 'occupied', bedPrint: first });
    expect(queue.setOf(set).good).toBe(1);
    queue.must(ann, { type: 'set-bed', printer: mk3, bed: 'clear', print: first });
    queue.must(ann, { type: 'finish', print: queue.start(ann, set, mk3), ...end });
    expect(queue.printerOf(mk3)).toMatchObject({ bed: 'clear', bedPrint: undefined });
  });

  it('never gives a copy twice, and says who holds it in PeerPrint’s words', () => {
    const { queue, ann, bob, mk3, ender } = shop();
    const job = queue.job(queue.owner, [1]);
    const set = must(job.sets[0], 'a set');
    queue.claim(ann, set, mk3);
    const applied = queue.apply(bob, { type: 'claim', print: 'p2' as PrintId, set, printer: ender });
    expect(applied.result).toEqual({
      kind: 'refused',
      refusal: {
        code: 'access-denied',
        author: bob.peer,
        why: 'held',
        id: job.id,
        by: ann.peer,
      },
    });
  });

  it('frees a claim whose lease ran out, and refuses its start afterwards', () => {
    const { queue, ann, bob, mk3, ender } = shop();
    const set = must(queue.job(queue.owner, [1]).sets[0], 'a set');
    const late = queue.claim(ann, set, mk3);
    expect(queue.state.nextDeadlineMs()).toBe(queue.nowMs + leaseMs);
    queue.tick(leaseMs);
    expect(queue.state.prints.size).toBe(0);
    queue.start(bob, set, ender);
    expect(queue.refused(ann, { type: 'starting', print: late })).toBe('print-not-found');
  });

  it('keeps a copy whose printer lost contact after the start, until the peer returns', () => {
    const { queue, ann, bob, mk3, ender } = shop();
    const set = must(queue.job(queue.owner, [1]).sets[0], 'a set');
    const print = queue.start(ann, set, mk3);
    queue.tick(leaseMs);
    expect(queue.printOf(print).lostMs).toBe(queue.nowMs);
    expect(queue.refused(bob, { type: 'claim', print: 'p2' as PrintId, set, printer: ender })).toBe(
      'access-denied',
    );
    queue.tick(100 * leaseMs);
    expect(queue.state.prints.size).toBe(1);
    queue.must(ann, { type: 'renew', prints: [print] });
    expect(queue.printOf(print)).toMatchObject({
      phase: 'started',
      lostMs: undefined,
      leaseUntilMs: queue.nowMs + leaseMs,
    });
    queue.finish(ann, print);
    expect(queue.setOf(set).good).toBe(1);
  });

  it('gives a lost copy out again by the owner’s rule, and records the late result as a surplus', () => {
    const { queue, ann, bob, mk3, ender } = shop({ lostAfterMs: 600_000 });
    const set = must(queue.job(queue.owner, [1]).sets[0], 'a set');
    const print = queue.start(ann, set, mk3);
    queue.tick(leaseMs);
    expect(queue.state.nextDeadlineMs()).toBe(queue.nowMs + 600_000);
    queue.tick(600_000);
    expect(queue.setOf(set)).toMatchObject({ unknown: 1, active: [] });
    expect(queue.state.history.get(print)).toMatchObject({
      outcome: 'unknown',
      decidedBy: 'rule',
      reported: false,
    });
    expect(queue.printerOf(mk3).bed).toBe('unknown');
    const second = queue.start(bob, set, ender);
    queue.finish(bob, second);
    queue.finish(ann, print);
    expect(queue.setOf(set)).toMatchObject({ good: 2, unknown: 0 });
    expect(queue.state.history.get(print)).toMatchObject({ outcome: 'good', reported: true, surplus: true });
    expect(queue.state.totals.all).toMatchObject({ prints: 2, good: 2, unknown: 0, surplus: 1 });
    expect(
      queue.refused(ann, { type: 'finish', print, outcome: 'failed', lines: 0, resends: 0, seconds: 0 }),
    ).toBe('already-finished');
  });

  it('frees a claim that a late good result or smaller numbers have made one too many, the newest first', () => {
    const { queue, ann, bob, mk3, ender } = shop();
    const job = queue.job(queue.owner, [3]);
    const set = must(job.sets[0], 'a set');
    const lost = queue.start(ann, set, mk3);
    queue.tick(leaseMs);
    queue.must(queue.owner, { type: 'resolve', print: lost, verdict: 'unknown' });
    const claims = [ender, queue.printer(bob), queue.printer(bob)].map((at) => queue.claim(bob, set, at));
    queue.finish(ann, lost);
    expect(queue.setOf(set)).toMatchObject({ good: 1, active: claims.slice(0, 2) });
    queue.must(bob, { type: 'starting', print: must(claims[0], 'a claim') });
    queue.must(queue.owner, {
      type: 'edit-job',
      job: job.id,
      sets: [{ set, file: queue.setOf(set).file, count: 1, requirements: {} }],
    });
    // What has begun goes on.
    expect(queue.setOf(set).active).toEqual(claims.slice(0, 1));
    expect(queue.refused(bob, { type: 'starting', print: must(claims[1], 'a claim') })).toBe(
      'print-not-found',
    );
  });

  it('sets the rule for lost prints only for the owner, also for prints lost before', () => {
    const { queue, ann, mk3 } = shop();
    const set = must(queue.job(queue.owner, [1]).sets[0], 'a set');
    queue.start(ann, set, mk3);
    queue.tick(leaseMs);
    expect(queue.refused(ann, { type: 'set-settings', settings: { lostAfterMs: 60_000 } })).toBe(
      'not-allowed',
    );
    queue.must(queue.owner, { type: 'set-settings', settings: { lostAfterMs: 60_000 } });
    queue.tick(60_000);
    expect(queue.state.prints.size).toBe(0);
  });

  it('lets a person decide about a lost print, but not about one in contact', () => {
    const { queue, ann, bob, mk3 } = shop();
    const set = must(queue.job(queue.owner, [1]).sets[0], 'a set');
    const print = queue.start(ann, set, mk3);
    expect(queue.refused(queue.owner, { type: 'resolve', print, verdict: 'failed' })).toBe('not-lost');
    queue.tick(leaseMs);
    expect(queue.refused(bob, { type: 'resolve', print, verdict: 'good' })).toBe('access-denied');
    queue.must(queue.owner, { type: 'resolve', print, verdict: 'good' });
    expect(queue.setOf(set)).toMatchObject({ good: 1, active: [] });
    queue.must(ann, { type: 'set-bed', printer: mk3, bed: 'clear', print, verdict: 'failed' });
    expect(queue.setOf(set)).toMatchObject({ good: 0, failed: 1 });
    expect(queue.printerOf(mk3).bed).toBe('clear');
  });

  it('stamps never run backwards', () => {
    const { queue } = shop();
    queue.tick(5000);
    queue.nowMs = 1000;
    expect(queue.tick().stampMs).toBe(5000);
  });

  it('starts nothing unless the bed is clear, and only one print at a time', () => {
    const { queue, bob } = shop({ claimAhead: 1 });
    const printer = queue.printer(bob, false);
    const set = must(queue.job(queue.owner, [3]).sets[0], 'a set');
    queue.must(bob, { type: 'set-bed', printer, bed: 'unknown' });
    const print = queue.claim(bob, set, printer);
    expect(queue.refused(bob, { type: 'starting', print })).toBe('bed-not-clear');
    queue.must(bob, { type: 'set-bed', printer, bed: 'clear' });
    queue.must(bob, { type: 'starting', print });
    const ahead = queue.claim(bob, set, printer);
    expect(queue.refused(bob, { type: 'starting', print: ahead })).toBe('printer-busy');
    expect(queue.refused(bob, { type: 'claim', print: 'p9' as PrintId, set, printer })).toBe('claims-ahead');
    expect(queue.refused(bob, { type: 'set-bed', printer, bed: 'clear' })).toBe('print-under-way');
    queue.must(bob, { type: 'started', print });
    queue.finish(bob, print);
    expect(queue.printerOf(printer)).toMatchObject({ bed: 'occupied', bedPrint: print });
    expect(queue.refused(bob, { type: 'starting', print: ahead })).toBe('bed-not-clear');
    queue.must(bob, { type: 'set-bed', printer, bed: 'clear', print, verdict: 'failed' });
    expect(queue.state.history.get(print)?.outcome).toBe('failed');
  });

  it('a word that clears a bed of one print does not clear it of another', () => {
    const { queue, bob } = shop();
    const printer = queue.printer(bob, false);
    const set = must(queue.job(queue.owner, [3]).sets[0], 'a set');
    const first = queue.run(bob, set, printer);
    const clear = { type: 'set-bed', printer, bed: 'clear', print: first } as const;
    queue.must(bob, clear);
    queue.must(queue.owner, clear);
    const second = queue.start(bob, set, printer);
    queue.finish(bob, second);
    expect(queue.refused(queue.owner, clear)).toBe('bed-changed');
    expect(queue.refused(queue.owner, { type: 'set-bed', printer, bed: 'clear' })).toBe('bed-changed');
    expect(queue.printerOf(printer)).toMatchObject({ bed: 'occupied', bedPrint: second });
    queue.must(bob, { ...clear, print: second });
    expect(queue.printerOf(printer).bed).toBe('clear');
  });

  it('gives a start back that printed nothing, and leaves the bed clear', () => {
    const { queue, ann, mk3 } = shop();
    const set = must(queue.job(queue.owner, [1]).sets[0], 'a set');
    const print = queue.claim(ann, set, mk3);
    queue.must(ann, { type: 'starting', print });
    queue.must(ann, { type: 'release', print });
    expect(queue.printerOf(mk3).bed).toBe('clear');
    expect(queue.setOf(set).active).toEqual([]);
  });

  it('asks the holder to cancel, and frees at once only what has not begun to start', () => {
    const { queue, ann, mk3 } = shop();
    const set = must(queue.job(queue.owner, [1]).sets[0], 'a set');
    const claimed = queue.claim(ann, set, mk3);
    queue.must(queue.owner, { type: 'cancel-print', print: claimed });
    expect(queue.state.prints.size).toBe(0);
    queue.must(queue.owner, { type: 'decide-copies', set, copies: [1], verdict: 'print-again' });
    const print = queue.start(ann, set, mk3);
    queue.must(queue.owner, { type: 'cancel-print', print, reason: 'wrong colour' });
    expect(queue.printOf(print)).toMatchObject({
      phase: 'started',
      cancel: { by: queue.owner.peer, reason: 'wrong colour' },
    });
    queue.finish(ann, print, 'cancelled');
    expect(queue.setOf(set)).toMatchObject({ good: 0, cancelled: 1, active: [] });
    expect(queue.printerOf(mk3).bed).toBe('occupied');
  });

  it('a late result is recorded although its job was deleted in the meantime', () => {
    const { queue, ann, mk3 } = shop({ lostAfterMs: 60_000 });
    const job = queue.job(queue.owner, [1]);
    const print = queue.start(ann, must(job.sets[0], 'a set'), mk3);
    queue.tick(leaseMs);
    queue.tick(60_000);
    expect(queue.state.history.get(print)).toMatchObject({ outcome: 'unknown', decidedBy: 'rule' });
    queue.must(queue.owner, { type: 'delete-job', job: job.id });
    queue.finish(ann, print);
    expect(queue.state.history.get(print)).toMatchObject({ outcome: 'good', jobName: job.name, seconds: 60 });
    expect(queue.state.totals.all).toMatchObject({ prints: 1, good: 1, unknown: 0 });
  });

  it('whose holder may no longer print does not begin, and is handed back; what it has begun it reports', () => {
    const { queue, ann, bob, mk3, ender } = shop();
    const set = must(queue.job(queue.owner, [3]).sets[0], 'a set');
    const [begun, claimed] = [queue.start(bob, set, ender), queue.claim(ann, set, mk3)];
    for (const { peer } of [ann, bob]) queue.must(queue.owner, { type: 'set-member', peer, role: 'viewer' });
    expect(queue.refused(ann, { type: 'starting', print: claimed })).toBe('not-allowed');
    queue.must(ann, { type: 'release', print: claimed });
    queue.finish(bob, begun);
    expect(queue.setOf(set)).toMatchObject({ good: 1, active: [] });
  });

  it('a removed member’s print under way is lost, not stopped, as is what it held ahead; what it claimed is free', () => {
    const { queue, bob, ender } = shop({ claimAhead: 1 });
    const set = must(queue.job(queue.owner, [3]).sets[0], 'a set');
    const print = queue.start(bob, set, ender);
    const ahead = queue.claim(bob, set, ender);
    queue.claim(bob, set, queue.printer(bob));
    queue.must(queue.owner, { type: 'remove-member', peer: bob.peer });
    expect([...queue.state.prints.keys()]).toEqual([print, ahead]);
    for (const id of [print, ahead]) expect(queue.printOf(id).lostMs).toBe(queue.nowMs);
    expect(queue.printerOf(ender).enabled).toBe(false);
    expect(queue.refused(bob, { type: 'renew', prints: [print] })).toBe('not-a-member');
  });
});

describe('a copy held ahead', () => {
  function night(settings = {}) {
    const made = shop({ claimAhead: 2, ...settings });
    const set = must(made.queue.job(made.queue.owner, [3]).sets[0], 'a set');
    const first = made.queue.start(made.bob, set, made.ender);
    const ahead = made.queue.claim(made.bob, set, made.ender);
    return { ...made, set, first, ahead };
  }

  it('whose file does not fit leaves the bed as it was: nothing of it was begun', () => {
    const { queue, bob, ender, first, ahead } = night();
    queue.finish(bob, first);
    queue.must(bob, { type: 'set-bed', printer: ender, bed: 'clear', print: first });
    expect(queue.printOf(ahead).phase).toBe('ahead');
    const end = { outcome: 'failed', reason: 'Line 9 prints at X 300 mm.', resends: 0, seconds: 1 } as const;
    queue.must(bob, { type: 'finish', print: ahead, ...end, lines: 0 });
    expect(queue.printerOf(ender)).toMatchObject({ bed: 'clear', bedPrint: undefined });
  });

  it('of which lines were printed lies on the bed, whether its start was told or not', () => {
    const { queue, bob, ender, first, ahead } = night();
    queue.finish(bob, first);
    queue.must(bob, { type: 'set-bed', printer: ender, bed: 'clear', print: first });
    queue.must(bob, { type: 'finish', print: ahead, outcome: 'failed', lines: 9, resends: 0, seconds: 1 });
    expect(queue.printerOf(ender)).toMatchObject({ bed: 'occupied', bedPrint: ahead });
  });

  it('is not freed when its lease runs out: its holder may be printing it while nobody hears of it', () => {
    const { queue, ann, mk3, set, ahead } = night();
    expect(queue.printOf(ahead).phase).toBe('ahead');
    queue.tick(leaseMs);
    expect(queue.printOf(ahead)).toMatchObject({ phase: 'ahead', lostMs: queue.nowMs });
    queue.tick(100 * leaseMs);
    queue.start(ann, set, mk3);
    expect(queue.refused(ann, { type: 'claim', print: 'p9' as PrintId, set, printer: mk3 })).toBe(
      'access-denied',
    );
  });

  it('is given out again by the owner’s rule or a person, and a late result is recorded all the same', () => {
    const { queue, ann, bob, mk3, set, first, ahead } = night({ lostAfterMs: 600_000 });
    queue.tick(leaseMs);
    queue.tick(600_000);
    expect(queue.state.prints.size).toBe(0);
    for (let copy = 0; copy < 3; copy++) queue.finish(ann, queue.start(ann, set, mk3));
    queue.finish(bob, first);
    queue.finish(bob, ahead);
    expect(queue.setOf(set)).toMatchObject({ good: 5, unknown: 0 });
    expect(queue.state.totals.all).toMatchObject({ prints: 5, good: 5, surplus: 2 });
  });

  it('may be told as started and ended when its holder is heard of again, without a start that was agreed on', () => {
    const { queue, bob, ender, set, first, ahead } = night();
    queue.tick(leaseMs);
    queue.finish(bob, first);
    queue.must(bob, { type: 'started', print: ahead, wallMs: 5 });
    expect(queue.printOf(ahead)).toMatchObject({ phase: 'started', lostMs: undefined, startedWallMs: 5 });
    expect(queue.printerOf(ender)).toMatchObject({ bed: 'occupied', bedPrint: ahead });
    queue.finish(bob, ahead);
    expect(queue.setOf(set).good).toBe(2);
  });

  it('is recorded as begun also where the log has another print on that printer, which then has lost contact', () => {
    const { queue, bob, ender, first, ahead } = night();
    queue.must(bob, { type: 'started', print: ahead });
    expect(queue.printOf(ahead)).toMatchObject({ phase: 'started', lostMs: undefined });
    expect(queue.printOf(first)).toMatchObject({ phase: 'started', lostMs: queue.nowMs });
    expect(queue.printerOf(ender)).toMatchObject({ bed: 'occupied', bedPrint: ahead });
    // Neither a renewal nor its end brings the former print back on a bed that another one has.
    queue.must(bob, { type: 'renew', prints: [first, ahead] });
    expect(queue.printOf(first).lostMs).toBeDefined();
    queue.finish(bob, first);
    expect(queue.printerOf(ender)).toMatchObject({ bed: 'occupied', bedPrint: ahead });
    expect(queue.refused(bob, { type: 'starting', print: ahead })).toBe('not-starting');
    expect(queue.refused(bob, { type: 'release', print: ahead })).toBe('print-under-way');
  });

  it('leaves what it displaced to its holder’s report, a person or the owner’s rule, and the bed to itself', () => {
    const { queue, bob, ender, set, first, ahead } = night({ lostAfterMs: 600_000 });
    queue.must(bob, { type: 'started', print: ahead });
    queue.finish(bob, ahead, 'failed');
    expect(queue.refused(bob, { type: 'starting', print: queue.claim(bob, set, ender) })).toBe(
      'bed-not-clear',
    );
    queue.must(bob, { type: 'set-bed', printer: ender, bed: 'clear', print: ahead });
    queue.tick(600_000);
    expect(queue.state.history.get(first)).toMatchObject({ outcome: 'unknown', decidedBy: 'rule' });
    expect(queue.printerOf(ender)).toMatchObject({ bed: 'clear', bedPrint: undefined });
  });

  it('whose printer took a start that was agreed on for another begins nothing of that before the bed is clear', () => {
    const { queue, bob, ender, first, ahead } = night();
    queue.finish(bob, first);
    const second = queue.claim(bob, must(queue.printOf(ahead).set, 'a set'), ender);
    queue.must(bob, { type: 'starting', print: second });
    queue.must(bob, { type: 'started', print: ahead });
    expect(queue.printOf(second)).toMatchObject({ phase: 'starting', lostMs: queue.nowMs });
    expect(queue.refused(bob, { type: 'starting', print: second })).toBe('printer-busy');
    queue.finish(bob, ahead, 'failed');
    expect(queue.refused(bob, { type: 'starting', print: second })).toBe('bed-not-clear');
    queue.must(bob, { type: 'set-bed', printer: ender, bed: 'clear', print: ahead });
    queue.must(bob, { type: 'starting', print: second });
    expect(queue.printOf(second)).toMatchObject({ phase: 'starting', lostMs: undefined });
    expect(queue.printerOf(ender).bedPrint).toBe(second);
  });

  it('is not begun knowingly once a late result has made it one too many', () => {
    const { queue, ann, bob, mk3, set, first, ahead } = night();
    const third = queue.claim(ann, set, mk3);
    queue.tick(leaseMs);
    queue.must(queue.owner, { type: 'resolve', print: first, verdict: 'failed' });
    queue.run(ann, set, mk3);
    expect(queue.state.prints.has(third)).toBe(false);
    queue.run(ann, set, mk3);
    expect(queue.printOf(ahead).phase).toBe('ahead');
    queue.finish(bob, first);
    expect(queue.setOf(set).good).toBe(3);
    expect(queue.refused(bob, { type: 'starting', print: ahead })).toBe('nothing-left');
    queue.must(bob, { type: 'release', print: ahead });
    expect(queue.setOf(set).active).toEqual([]);
  });

  it('counts once, also when only its end is heard of', () => {
    const { queue, bob, set, first, ahead } = night();
    queue.finish(bob, ahead);
    queue.finish(bob, first);
    expect(queue.refused(bob, { type: 'started', print: ahead })).toBe('print-not-found');
    expect(queue.setOf(set)).toMatchObject({ good: 2, active: [] });
  });

  it('is asked back, not taken, when a person cancels it; its holder hands it back', () => {
    const { queue, bob, set, ahead } = night();
    queue.must(queue.owner, { type: 'cancel-print', print: ahead });
    expect(queue.printOf(ahead).cancel).toMatchObject({ by: queue.owner.peer });
    queue.must(bob, { type: 'release', print: ahead });
    expect(queue.setOf(set).active.length).toBe(1);
  });

  it('is started like any other when the queue can agree on it', () => {
    const { queue, bob, first, ahead } = night();
    queue.finish(bob, first);
    queue.must(bob, { type: 'starting', print: ahead });
    expect(queue.printOf(ahead).phase).toBe('starting');
  });
});
