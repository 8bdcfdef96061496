/** What a queue costs while nothing happens: whole peers in one thread, with a clock that moves when told to. */
import { House } from '../../src/lib/peer/testing/house.ts';
import { collector } from './collect.ts';

export interface IdleBench {
  /** Of each of three peers with one queue, a minute: timers that fire, messages that are sent. */
  readonly timersPerMinute: number;
  readonly messagesPerMinute: number;
  /** Bytes of heap for each queue of one member: replica, state, log on a disk in memory, and all that serves them. */
  readonly queueBytes: number;
}

const measuredMinutes = 10;
const queues = 40;

export async function benchIdle(): Promise<IdleBench> {
  const house = new House();
  const anna = await house.browser('Anna').open();
  const ben = await house.browser('Ben').open();
  const cleo = await house.browser('Cleo').open();
  const all = [anna, ben, cleo];
  const queue = await anna.createQueue('Shields');
  await ben.join(anna, queue);
  await cleo.join(anna, queue);
  const rest = () => all.every((each) => each.host(queue).part.replica.isResting);
  await house.until('all rest', rest, 120_000);
  await house.pass(120_000);
  let messages = 0;
  house.network.setWeather(() => {
    messages++;
    return [3];
  });
  const timers = () => all.reduce((sum, { timersFired }) => sum + timersFired, 0);
  const before = timers();
  await house.pass(measuredMinutes * 60_000);
  const share = (count: number) => Math.round((count / measuredMinutes / all.length) * 10) / 10;
  return {
    timersPerMinute: share(timers() - before),
    messagesPerMinute: share(messages),
    queueBytes: await queueBytes(),
  };
}

async function queueBytes(): Promise<number> {
  const collect = collector();
  const heapBytes = (): number => {
    // Buffers are freed by the collection after the one that freed their arrays.
    for (let i = 0; i < 3; i++) collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const house = new House();
  const dan = await house.browser('Dan').open();
  // What the first one makes is for all.
  await dan.createQueue('First');
  await house.pass(60_000);
  const before = heapBytes();
  for (let i = 0; i < queues; i++) await dan.createQueue(`Queue ${i}`);
  const rest = () => [...dan.peer.hosts.values()].every((host) => host.part.replica.isResting);
  await house.until('all rest', rest, 120_000);
  await house.pass(60_000);
  return Math.round((heapBytes() - before) / queues);
}
