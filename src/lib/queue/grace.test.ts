import { describe, expect, it } from 'vitest';
import { must } from '../base/index.ts';
import { TestQueue } from './fixture.ts';

const leaseMs = 120_000;

/** A printer and a set of one copy. */
function shop(settings = {}) {
  const queue = new TestQueue(settings);
  const ann = queue.join('operator', true);
  const set = must(queue.job(queue.owner, [1]).sets[0], 'a set');
  return { queue, ann, mk3: queue.printer(ann), set };
}

describe('the grace that a new leader asks for', () => {
  it('extends every live lease', () => {
    const { queue, ann, mk3, set } = shop();
    const print = queue.claim(ann, set, mk3);
    queue.tick(leaseMs - 1, true);
    queue.tick(leaseMs - 1);
    expect(queue.printOf(print).phase).toBe('claimed');
    queue.tick(1);
    expect(queue.state.prints.size).toBe(0);
  });

  it('puts the owner’s rule for lost prints off: the holder may be back with it', () => {
    const { queue, ann, mk3, set } = shop({ lostAfterMs: 600_000 });
    const print = queue.start(ann, set, mk3);
    queue.tick(leaseMs);
    queue.tick(600_000 - 1, true);
    expect(queue.state.nextDeadlineMs()).toBe(queue.nowMs + leaseMs);
    queue.tick(leaseMs - 1);
    queue.must(ann, { type: 'renew', prints: [print] });
    expect(queue.printOf(print).lostMs).toBeUndefined();
    queue.tick(leaseMs);
    queue.tick(600_000 - 1, true);
    queue.tick(leaseMs);
    expect(queue.state.history.get(print)).toMatchObject({ outcome: 'unknown', decidedBy: 'rule' });
  });

  it('puts that rule off no longer than it is itself, where it is shorter than a lease', () => {
    const { queue, ann, mk3, set } = shop({ lostAfterMs: 60_000, leaseMs: 600_000 });
    queue.start(ann, set, mk3);
    queue.tick(600_000);
    queue.tick(59_000, true);
    expect(queue.state.nextDeadlineMs()).toBe(queue.nowMs + 60_000);
  });
});
