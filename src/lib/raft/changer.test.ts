import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { must } from '../base/index.ts';
import { Changer, confStateRefusal, restoreConfig } from './changer.ts';
import {
  type ConfChange,
  type ConfChangeStep,
  confChange,
  decodeConfChange,
  encodeConfChange,
  entryTypeOf,
  leaveJointChange,
} from './conf-change.ts';
import { Tracker, confStateOf } from './tracker.ts';
import { EntryType, emptyConfState } from './types.ts';

vi.setConfig({ testTimeout: 60_000 });

const step: fc.Arbitrary<ConfChangeStep> = fc.record({
  kind: fc.constantFrom('add-voter', 'add-learner', 'remove', 'update'),
  id: fc.integer({ min: 1, max: 8 }),
});
const steps = fc.array(step, { maxLength: 6 });

/** A tracker with some configuration, reached by simple changes. */
function trackerAfter(setup: readonly ConfChangeStep[]): Tracker {
  const tracker = new Tracker(10, 0);
  for (const one of [{ kind: 'add-voter', id: 1 } as const, ...setup]) {
    const next = new Changer(tracker, 5).simple([one]);
    if (next.ok) tracker.use(next.value.config, next.value.progress);
  }
  return tracker;
}

describe('a change of members', () => {
  test('gives the same configuration in one joint step as in single steps', () => {
    fc.assert(
      fc.property(steps, steps, (setup, change) => {
        const joint = trackerAfter(setup);
        const entered = new Changer(joint, 5).enterJoint(false, change);
        if (!entered.ok) return;
        joint.use(entered.value.config, entered.value.progress);
        const left = new Changer(joint, 5).leaveJoint();
        if (!left.ok) throw new Error(left.refusal.text);

        const single = trackerAfter(setup);
        for (const one of change) {
          const next = new Changer(single, 5).simple([one]);
          // On the way there may be no voter at all, which single steps refuse.
          if (!next.ok) return;
          single.use(next.value.config, next.value.progress);
        }
        expect(left.value.config).toEqual(single.config);
        expect([...left.value.progress.keys()].sort()).toEqual([...single.progress.keys()].sort());
      }),
      { numRuns: 3000 },
    );
  });

  test('never changes the configuration that it starts from', () => {
    fc.assert(
      fc.property(steps, steps, (setup, change) => {
        const tracker = trackerAfter(setup);
        const before = JSON.stringify([tracker.config, tracker.members]);
        new Changer(tracker, 9).change(confChange(change));
        new Changer(tracker, 9).change(confChange(change, 'explicit'));
        expect(JSON.stringify([tracker.config, tracker.members])).toBe(before);
      }),
    );
  });

  test('never leaves a group without voters', () => {
    fc.assert(
      fc.property(
        steps,
        steps,
        fc.constantFrom('auto', 'implicit', 'explicit'),
        (setup, change, transition) => {
          const next = new Changer(trackerAfter(setup), 5).change(confChange(change, transition));
          if (next.ok) expect(next.value.config.incoming.length).toBeGreaterThan(0);
        },
      ),
    );
  });

  test('can be undone and redone through the state that a snapshot keeps', () => {
    fc.assert(
      fc.property(steps, steps, fc.boolean(), (setup, change, autoLeave) => {
        const tracker = trackerAfter(setup);
        const joint = new Changer(tracker, 5).enterJoint(autoLeave, change);
        const config = joint.ok ? joint.value.config : tracker.config;
        const restored = restoreConfig(confStateOf(config), new Tracker(10, 0), 5);
        expect(restored.ok && restored.value.config).toEqual(config);
      }),
    );
  });

  test('is read back from its bytes as it was', () => {
    const change = fc.record({
      version: fc.constant(2 as const),
      transition: fc.constantFrom('auto', 'implicit', 'explicit'),
      steps,
      context: fc.uint8Array({ maxLength: 40 }),
    });
    fc.assert(
      fc.property(change, (given: ConfChange) => {
        expect(decodeConfChange(entryTypeOf(given), encodeConfChange(given))).toEqual(given);
      }),
    );
    const old: ConfChange = { ...leaveJointChange, version: 1, steps: [{ kind: 'remove', id: 3 }] };
    expect(decodeConfChange(EntryType.ConfChange, encodeConfChange(old))).toEqual(old);
  });

  test('that leaves a joint configuration has no bytes, so that nothing can refuse it', () => {
    expect(encodeConfChange(leaveJointChange)).toHaveLength(0);
  });

  test('is undefined for bytes that are none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), fc.constantFrom(1, 2), (bytes, type) => {
        const change = decodeConfChange(type as EntryType, bytes);
        if (change !== undefined && bytes.length > 0) expect(encodeConfChange(change)).toEqual(bytes);
      }),
    );
  });
});

describe('a stored configuration', () => {
  test.each([
    [{ ...emptyConfState, voters: [1, 1] }],
    [{ ...emptyConfState, voters: [1], learners: [1] }],
    [{ ...emptyConfState, voters: [1], learnersNext: [2] }],
    [{ ...emptyConfState, learners: [2] }],
    [{ ...emptyConfState, voters: [1], votersOutgoing: [2], learners: [2] }],
  ])('that contradicts itself is refused (%#)', (state) => {
    expect(must(confStateRefusal(state), 'not refused').code).toBe('conf-change');
  });
});
