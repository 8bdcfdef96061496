import { expect, test } from 'vitest';
import { type FileId, type JobId, ManualClock, type SetId } from '../../base/index.ts';
import { TestQueue } from '../../queue/fixture.ts';
import { QueueIndexes } from '../host/queue-indexes.ts';
import { strategyPreviews } from './strategy-previews.ts';
import { saidPreview } from '../tab/said-views.ts';

test('every way of choosing says before it is chosen what it would print next, and why', () => {
  const queue = new TestQueue();
  const gil = queue.join('submitter');
  const self = queue.owner.peer;
  const indexes = new QueueIndexes(queue.state, self, new ManualClock());
  const host = { state: queue.state, indexes };
  const printer = queue.printer(queue.owner);
  const { name } = queue.printerOf(printer);
  const add = (by: typeof gil, file: string, seconds: number) => {
    queue.must(by, {
      type: 'add-file',
      file: file as FileId,
      name: `${file}.gcode`,
      size: 1,
      meta: { seconds },
    });
    const sets = [{ set: `s-${file}` as SetId, file: file as FileId, count: 1, requirements: {} }];
    const job = { job: file as JobId, name: file, copies: 1, draft: false, keepTogether: false, sets };
    queue.must(by, { type: 'add-job', ...job });
  };
  add(queue.owner, 'vase', 7200);
  add(queue.owner, 'hook', 600);
  add(gil, 'gear', 3600);
  const texts = () =>
    Object.fromEntries(
      strategyPreviews(host, self)
        .map(saidPreview)
        .map((each) => [each.strategy, each.printers[0]?.text]),
    );
  expect(texts()).toMatchObject({
    'in-order': `Next on ${name}: vase.gcode, because it is first in the list.`,
    'shortest-first': `Next on ${name}: hook.gcode, because it is the shortest that waits (10 min).`,
  });
  expect(texts()['least-manual-work']).toContain(`Next on ${name}: vase.gcode`);
  expect(texts()['round-robin']).toContain(`Next on ${name}: vase.gcode, because it is the turn of`);
  queue.run(queue.owner, 's-vase' as SetId, printer);
  indexes.update([{ kind: 'job', id: 'vase' as JobId }]);
  expect(texts()['round-robin']).toContain(`Next on ${name}: gear.gcode`);
  expect(texts()['in-order']).toContain(`Next on ${name}: hook.gcode`);
  queue.must(queue.owner, { type: 'remove-printer', printer });
  expect(
    strategyPreviews({ ...host, indexes: new QueueIndexes(queue.state, self, new ManualClock()) }, self),
  ).toEqual(
    ['in-order', 'shortest-first', 'least-manual-work', 'round-robin'].map((strategy) => ({
      strategy,
      printers: [],
    })),
  );
});
