import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PrintId } from '../base/index.ts';
import { must } from '../base/index.ts';
import { encodeTickEntry, timeAfter } from './entry.ts';
import { TestQueue } from './fixture.ts';
import { invitationLifeMsMax, sessionLifeMs, stampMsMax, stampStepMsMax } from './limits.ts';
import { Reader, Writer } from './pack.ts';
import type { QueueState } from './queue-state.ts';

/** The same state at another time. */
function at(queue: TestQueue, stampMs: number): QueueState {
  const bytes = queue.state.snapshot();
  const r = new Reader(bytes);
  const w = new Writer();
  w.uint(r.uint());
  w.uint(r.uint());
  w.bytes(r.bytes());
  w.uint(r.uint());
  const head = w.finish();
  const before = new Writer();
  before.uint(r.uint());
  w.uint(stampMs);
  const out = Uint8Array.of(...w.finish(), ...bytes.subarray(head.length + before.finish().length));
  return queue.restored(out);
}

describe('the stamp of an entry', () => {
  it('moves the log’s time by a step at most, never back, and never past the end', () => {
    const whole = fc.integer({ min: 0, max: stampMsMax });
    fc.assert(
      fc.property(whole, whole, (before, stamp) => {
        const after = timeAfter(before, stamp);
        expect(after).toBeGreaterThanOrEqual(before);
        expect(after).toBeLessThanOrEqual(Math.min(before + stampStepMsMax, stampMsMax));
        if (stamp >= before && stamp <= before + stampStepMsMax) expect(after).toBe(stamp);
      }),
    );
  });

  it('that lies about time ends no queue: an honest leader goes on from what the log made of it', () => {
    const queue = new TestQueue();
    const printer = queue.printer(queue.owner);
    const job = queue.job(queue.owner, [3]);
    const set = must(job.sets[0], 'a set');
    queue.entry(encodeTickEntry(stampMsMax, false));
    expect(queue.state.stampMs).toBe(stampStepMsMax);
    // The next leader goes on from there.
    queue.nowMs = queue.state.stampMs;
    const print = queue.claim(queue.owner, set, printer);
    const { leaseMs } = queue.state.head.settings;
    expect(queue.state.nextDeadlineMs()).toBe(queue.nowMs + leaseMs);
    queue.tick(leaseMs - 1);
    queue.must(queue.owner, { type: 'renew', prints: [print] });
    queue.tick(leaseMs - 1);
    expect(queue.state.prints.has(print)).toBe(true);
    queue.tick(1);
    expect(queue.state.prints.has(print)).toBe(false);
    queue.start(queue.owner, set, printer);
    expect(queue.state.hasSession(queue.owner.session, queue.owner.peer)).toBe(true);
  });

  it('takes a deadline that is far away in as many entries as it takes', () => {
    const queue = new TestQueue();
    let entries = 0;
    while (queue.state.hasSession(queue.owner.session, queue.owner.peer)) {
      const deadline = must(queue.state.nextDeadlineMs(), 'a session ends some day');
      queue.entry(encodeTickEntry(deadline, false));
      entries++;
    }
    expect(entries).toBe(Math.ceil(sessionLifeMs / stampStepMsMax));
  });

  it('at the end of all time still lets everything be done but wait', () => {
    const queue = new TestQueue();
    const printer = queue.printer(queue.owner);
    const set = must(queue.job(queue.owner, [3]).sets[0], 'a set');
    queue.state = at(queue, stampMsMax);
    queue.nowMs = stampMsMax;
    queue.tick();
    queue.openSession(queue.owner);
    const guest = queue.join('operator');
    const print = queue.start(queue.owner, set, printer);
    queue.tick(0, true);
    queue.must(queue.owner, { type: 'renew', prints: [print] });
    queue.finish(queue.owner, print);
    queue.must(guest, {
      type: 'invite',
      invitation: 'late',
      publicKey: guest.publicKey,
      role: 'submitter',
      voter: false,
      lifeMs: invitationLifeMsMax,
      usesMax: 1,
    });
    const next: PrintId = queue.claim(queue.owner, set, printer);
    const { state } = queue;
    expect(state.stampMs).toBe(stampMsMax);
    const restored = queue.restored(state.snapshot());
    expect(restored.prints.get(next)?.leaseUntilMs).toBe(stampMsMax + state.head.settings.leaseMs);
    expect(restored.hash()).toEqual(state.hash());
    expect(restored.provenHash()).toEqual(state.hash());
    // What never comes is not waited for in a hurry: no leader's time gets there.
    expect(must(state.nextDeadlineMs(), 'a deadline')).toBeGreaterThan(stampMsMax);
  });

  it('is refused in a snapshot when no log reaches it', () => {
    expect(() => at(new TestQueue(), stampMsMax + 1)).toThrow(/malformed/);
  });
});
