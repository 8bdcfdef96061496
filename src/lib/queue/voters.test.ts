import { expect, it } from 'vitest';
import { TestQueue } from './fixture.ts';
import { defaultSettings } from './settings.ts';
import { votersAdvised } from './voters.ts';

it('advises three or five voters in rooms, a few more in large queues, and always an odd number of them', () => {
  expect([1, 2, 3, 7, 8, 20, 54, 55, 1_000, 10_000].map(votersAdvised)).toEqual([
    1, 2, 3, 3, 5, 5, 5, 7, 9, 11,
  ]);
});

it('two vote only where an owner or an operator chose it, and every replica and snapshot says so', () => {
  const queue = new TestQueue();
  expect(defaultSettings.twoVoters).toBe(false);
  expect(queue.state.head.settings.twoVoters).toBe(false);
  const before = queue.state.hash();
  for (const role of ['submitter', 'printer', 'viewer'] as const)
    expect(queue.refused(queue.join(role), { type: 'set-settings', settings: { twoVoters: true } })).toBe(
      'not-allowed',
    );
  const operator = queue.join('operator', true);
  queue.must(operator, { type: 'set-settings', settings: { twoVoters: true } });
  expect(queue.state.head.settings).toEqual({
    ...defaultSettings,
    ...queue.state.head.settings,
    twoVoters: true,
  });
  expect(queue.state.hash()).not.toEqual(before);
  const restored = queue.restored(queue.state.snapshot());
  expect(restored.head.settings.twoVoters).toBe(true);
  expect(restored.hash()).toEqual(queue.state.hash());
  queue.must(operator, { type: 'set-settings', settings: { twoVoters: false } });
  expect(queue.state.head.settings.twoVoters).toBe(false);
});
