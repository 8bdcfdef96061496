import { expect, test } from 'vitest';
import type { FileId, QueueId } from '../base/index.ts';
import { type Browser, House } from './testing/house.ts';

/** Two or three browsers that share that many queues: the first has made all of them, the others keep files. */
async function sharing(peers: number, queues: number): Promise<Shared> {
  const house = new House(7 + peers * 100 + queues);
  const names = ['Anna', 'Ben', 'Cleo'].slice(0, peers);
  const [first, ...others] = await Promise.all(names.map((name) => house.browser(name).open()));
  if (first === undefined) throw new Error('nobody is here');
  const all = [first, ...others];
  const shared: QueueId[] = [];
  for (let i = 0; i < queues; i++) {
    const queue = await first.createQueue(`Queue ${i + 1}`);
    for (const other of others) await other.join(first, queue);
    shared.push(queue);
  }
  return { house, all, queues: shared };
}

interface Shared {
  readonly house: House;
  readonly all: readonly Browser[];
  readonly queues: readonly QueueId[];
}

/** What one minute costs all of them in messages, questions and gossip, when nobody does anything: the mean of several. */
async function idleMinute({ house, all }: Shared): Promise<{ said: number; timers: number }> {
  await house.pass(120_000, 100);
  let said = 0;
  for (const { peer } of all) {
    const { wire } = peer.ports;
    const { send, request, publish } = wire;
    wire.send = (...args) => {
      said += 1;
      return send.apply(wire, args);
    };
    wire.request = (...args) => {
      said += 1;
      return request.apply(wire, args);
    };
    wire.publish = (...args) => {
      said += 1;
      publish.apply(wire, args);
    };
  }
  const before = fired(all);
  await house.pass(minutes * 60_000, 100);
  return { said: said / minutes, timers: (fired(all) - before) / minutes };
}

const minutes = 4;
const fired = (all: readonly Browser[]) => all.reduce((sum, { timersFired }) => sum + timersFired, 0);

/** G-code that no other queue has. */
const gcode = (n: number) => `G28\n${`G1 X${n} Y10 E1\n`.repeat(40)}`;

async function addJob(house: House, browser: Browser, queue: QueueId, n: number): Promise<FileId> {
  const file = await browser.addFile(queue, `${n}.gcode`, gcode(n));
  const job = { name: `Part ${n}`, copies: 1, draft: false, notes: '', sets: [{ file, count: 1 }] };
  expect(await house.await(browser.service.addJob(queue, job))).toMatchObject({ kind: 'committed' });
  return file;
}

test.each([
  [2, 1],
  [2, 2],
  [2, 5],
  [2, 20],
  [3, 2],
  [3, 5],
])('%d peers that share %d queues copy the files of each to all who keep it', async (peers, queues) => {
  const shared = await sharing(peers, queues);
  const { house, all } = shared;
  const files: FileId[] = [];
  for (const [i, queue] of shared.queues.entries()) {
    const by = all[i % all.length];
    if (by !== undefined) files.push(await addJob(house, by, queue, i + 1));
  }
  const missing = () =>
    all.flatMap(({ name, peer }) =>
      files
        .filter((file) => !peer.files.store.has(file))
        .map((file) => `${name} lacks ${files.indexOf(file) + 1}`),
    );
  for (let ms = 0; ms < 60_000 && missing().length > 0; ms += 100) await house.pass(100);
  expect(missing()).toEqual([]);
});

test.each([2, 3])(
  'a queue that %d peers share costs them as much beside 1, 4 or 19 others as alone',
  async (peers) => {
    const alone = await idleMinute(await sharing(peers, 1));
    expect(alone.said).toBeGreaterThan(0);
    for (const queues of peers === 2 ? [2, 5, 20] : [2, 5]) {
      const { said, timers } = await idleMinute(await sharing(peers, queues));
      expect({ queues, said: said / queues }).toMatchObject({
        queues,
        said: expect.toSatisfy((each: number) => each <= alone.said * 1.1),
      });
      expect({ queues, timers: timers / queues }).toMatchObject({
        queues,
        timers: expect.toSatisfy((each: number) => each <= alone.timers * 1.1),
      });
    }
  },
);

test('who says in one queue that it holds a file of another is not asked for it', async () => {
  const { house, all, queues } = await sharing(2, 1);
  const [anna, ben] = all;
  const [shared] = queues;
  if (anna === undefined || ben === undefined || shared === undefined) throw new Error('two peers');
  const own = await anna.createQueue('Of Anna alone');
  const file = await addJob(house, anna, own, 1);
  const lies = { v: 1 as const, q: anna.host(shared).digest, n: 2 ** 50, printers: [], fetching: [] };
  anna.host(shared).receivePresence(ben.peer.identity.peer, { ...lies, files: [file] });
  await house.await(anna.peer.files.store.delete(file));
  expect(anna.peer.files.keeper.withinReach(file)).toBe(false);
});
