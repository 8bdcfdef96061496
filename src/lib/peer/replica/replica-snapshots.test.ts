import { expect, test } from 'vitest';
import { type Bytes, encode, hex, must, parse } from '../../base/index.ts';
import { snapshotLimits, snapshotProtocol } from '../../network/protocols.ts';
import { snapshotChunkBytes } from '../limits.ts';
import { manifestOf } from './snapshot-manifest.ts';
import { type Browser, House, letTwoVote } from '../testing/house.ts';
import { growQueue } from '../testing/large-queue.ts';
import { snapshotReply } from '../wire-shapes.ts';

/** Jobs of 4 kB each: more than 3 MiB. */
const manyJobs = 850;

/** Counts the bytes of chunks that a browser serves. */
function countServed(browser: Browser): { bytes: number } {
  const served = { bytes: 0 };
  const wire = must(browser.house.network.wire(browser.peer.identity.peer), 'a wire');
  const answer = wire.answer.bind(wire);
  wire.answer = async (from, protocol, question) => {
    const bytes = await answer(from, protocol, question);
    const reply = parse(snapshotReply, bytes, snapshotLimits.frameBytesMax);
    if (protocol === snapshotProtocol && reply.ok && reply.value.kind === 'chunk') {
      served.bytes += reply.value.bytes.length;
    }
    return bytes;
  };
  return served;
}

async function largeQueue(house: House) {
  const anna = await house.browser('Anna').open();
  const queue = await anna.createQueue('Shields');
  await growQueue(anna, queue, manyJobs);
  await house.until('the queue is ready', () => anna.host(queue).condition().condition === 'ready');
  return { anna, queue };
}

/** Lets a newcomer ask to join, without waiting until it has a copy. */
async function begin(newcomer: Browser, from: Browser, queue: Awaited<ReturnType<Browser['createQueue']>>) {
  const { house } = newcomer;
  const options = { role: 'trusted' as const, lifeMs: 3_600_000, origin: 'http://localhost' };
  const link = await house.await(from.service.makeLink(queue, options));
  if (!link.ok) throw new Error(link.refusal.text);
  await house.await(newcomer.service.joinQueue(link.value.url));
  await house.until('the queue is open', () => newcomer.peer.hosts.has(queue));
}

test('a newcomer gets a queue whose snapshot is larger than 3 MiB, is shown how far it is, and becomes a voter', async () => {
  const house = new House();
  const { anna, queue } = await largeQueue(house);
  await letTwoVote(anna, queue);
  const served = countServed(anna);
  const ben = await house.browser('Ben').open();
  await begin(ben, anna, queue);
  const told = new Set<string>();
  await house.until('Ben has a copy', () => {
    told.add(ben.host(queue).condition().text);
    return ben.host(queue).condition().condition === 'ready';
  });
  expect(served.bytes).toBeGreaterThan(3 * 1024 * 1024);
  expect([...told].filter((text) => /, \d+ % …$/.test(text)).length).toBeGreaterThan(3);
  await house.until('Ben votes', () => ben.host(queue).status().confState.voters.length === 2);
  await house.pass(1_000);
  expect(ben.host(queue).state.jobs.size).toBe(manyJobs);
  expect(hex(ben.host(queue).state.hash())).toBe(hex(anna.host(queue).state.hash()));
});

test('a copy that is cut off in the middle goes on where it was: no chunk travels twice', async () => {
  const house = new House();
  const { anna, queue } = await largeQueue(house);
  const ben = await house.browser('Ben').open();
  await begin(ben, anna, queue);
  const served = countServed(anna);
  const half = () => served.bytes > 1.5 * 1024 * 1024;
  await house.until('half of it has come', half);
  house.network.cut(anna.peer.identity.peer, ben.peer.identity.peer);
  // Shorter than an offer is kept.
  await house.pass(40_000);
  house.network.heal();
  await house.until('Ben has a copy', () => ben.host(queue).condition().condition === 'ready');
  const size = anna.host(queue).state.snapshot().length;
  // What was on its way when the line was cut comes again, three chunks at most.
  expect(served.bytes).toBeLessThanOrEqual(size + 4 * snapshotChunkBytes);
});

test(
  'when the leader goes away in the middle, the copy goes on from the next leader, which offers the same snapshot',
  { timeout: 90_000 },
  async () => {
    const house = new House();
    const { anna, queue } = await largeQueue(house);
    const cleo = await house.browser('Cleo').open();
    const dora = await house.browser('Dora').open();
    await cleo.join(anna, queue);
    await dora.join(anna, queue);
    await house.until('three vote', () => anna.host(queue).status().confState.voters.length === 3);
    const ben = await house.browser('Ben').open();
    await begin(ben, anna, queue);
    const served = countServed(anna);
    const later = [countServed(cleo), countServed(dora)];
    await house.until('half of it has come', () => served.bytes > 1.5 * 1024 * 1024);
    anna.kill();
    await house.until('Ben has a copy', () => ben.host(queue).condition().condition === 'ready');
    const size = cleo.host(queue).state.snapshot().length;
    const total = served.bytes + later.reduce((sum, each) => sum + each.bytes, 0);
    expect(later.some((each) => each.bytes > 0)).toBe(true);
    expect(total).toBeLessThanOrEqual(size + 4 * snapshotChunkBytes);
  },
);

test('chunks are given to members only, and of snapshots on offer only', async () => {
  const house = new House();
  const { anna, queue } = await largeQueue(house);
  const ben = await house.browser('Ben').open();
  await begin(ben, anna, queue);
  await house.until('Ben has a copy', () => ben.host(queue).condition().condition === 'ready');
  const eve = await house.browser('Eve').open();
  const snapshot = manifestOf(anna.host(queue).state.snapshot()).digest;
  const ask = async (by: Browser, of: Bytes): Promise<unknown> => {
    const wire = must(house.network.wire(by.peer.identity.peer), 'a wire');
    const question = encode({ v: 1, q: anna.host(queue).digest, s: of, i: 0 });
    const answer = await house.await(
      wire.request(anna.peer.identity.peer, snapshotProtocol, question, 5_000),
    );
    const reply = parse(snapshotReply, answer, snapshotLimits.frameBytesMax);
    return reply.ok ? reply.value.kind : reply.refusal;
  };
  expect(await ask(eve, snapshot)).toBe('denied');
  expect(await ask(ben, new Uint8Array(32))).toBe('gone');
});
