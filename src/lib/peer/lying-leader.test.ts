import { expect, test, vi } from 'vitest';
import { queueLimits } from '../queue/index.ts';
import { RawNode } from '../raft/index.ts';
import { House, threeVoters } from './testing/house.ts';

test('a leader that stamps an entry with the end of all time ends no queue: the others go on', async () => {
  const house = new House();
  const { all, queue } = await threeVoters(house);
  const leader = all.find((each) => each.host(queue).status().role === 'leader');
  if (leader === undefined) throw new Error('nobody leads');
  const others = all.filter((each) => each !== leader);
  // What the liar’s own program does: the six bytes behind the kind of a command are its stamp.
  const propose = vi.spyOn(RawNode.prototype, 'propose');
  propose.mockImplementationOnce(function (this: RawNode, data) {
    const lie = new Uint8Array(data);
    lie.fill(255, 1, 7);
    return this.propose(lie);
  });
  const before = leader.host(queue).state.stampMs;
  await house.await(leader.service.renameQueue(queue, 'Lied about'));
  propose.mockRestore();
  await house.pass(1_000);
  for (const { stampMs } of all.map((each) => each.host(queue).state))
    expect(stampMs).toBeLessThan(before + queueLimits.stampStepMsMax + 10_000);
  leader.kill();
  await house.until('another leads', () =>
    others.some((each) => each.host(queue).status().role === 'leader' && each.host(queue).status().admits),
  );
  const [next, last] = others;
  if (next === undefined || last === undefined) throw new Error('two are left');
  const stampMs = next.host(queue).state.stampMs;
  const printer = last.attachPrinter('left', 5_000);
  const file = await next.addFile(queue, 'cube.gcode', `G28\n${'G1 X1\n'.repeat(50)}`);
  const job = { name: 'Cube', copies: 1, draft: false, notes: '', sets: [{ file, count: 1 }] };
  expect(await house.await(next.service.addJob(queue, job))).toMatchObject({ kind: 'committed' });
  await house.until('it prints', () => printer.started.length === 1);
  await house.until('it is done', () => next.host(queue).state.history.size === 1);
  const passed = next.host(queue).state.stampMs - stampMs;
  expect(passed).toBeGreaterThan(1_000);
  expect(passed).toBeLessThan(600_000);
  for (const each of others) expect(each.host(queue).condition().condition).toBe('ready');
});
