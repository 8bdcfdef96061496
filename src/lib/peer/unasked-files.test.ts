import { expect, test } from 'vitest';
import { type FileId, type JobId, type QueueId, type SetId, utf8 } from '../base/index.ts';
import type { Command } from '../queue/index.ts';
import { type Browser, House, granted, threeVoters } from './testing/house.ts';

/** A member whose program says of a file what it likes. Resolves to the file's id. */
async function slipIn(
  who: Browser,
  queue: QueueId,
  { name, text, size, draft = false }: { name: string; text: string; size?: number; draft?: boolean },
): Promise<FileId> {
  const { house } = who;
  const bytes = utf8(text);
  const added = granted(
    await house.await(who.peer.files.store.add(name, new Blob([bytes]).stream(), bytes.length)),
  );
  const file = added.id;
  const send = async (command: Command) =>
    expect(await house.await(who.host(queue).submit(command, 'x'))).toMatchObject({ kind: 'committed' });
  await send({ type: 'add-file', file, name, size: size ?? bytes.length, meta: {} });
  const set = { set: `set-${name}` as SetId, file, count: 1, requirements: {} };
  const job = `job-${name}` as JobId;
  await send({ type: 'add-job', job, name, copies: 1, draft, keepTogether: false, sets: [set] });
  return file;
}

const cube = `G28\n${'G1 X10 Y10 E1\n'.repeat(3_000)}`;

async function withGuest(seed: number) {
  const house = new House(seed);
  const voters = await threeVoters(house);
  const gil = await house.browser('Gil').open();
  await gil.join(voters.anna, voters.queue, 'guest');
  await house.pass(1_000);
  return { house, gil, ...voters };
}

test('a file that is larger or smaller than it was said to be is copied nowhere, also after a restart', async () => {
  const { house, gil, all, ben, queue } = await withGuest(71);
  const small = await slipIn(gil, queue, { name: 'small', text: cube, size: 1 });
  const large = await slipIn(gil, queue, { name: 'large', text: `${cube};\n`, size: 10_000_000 });
  const true_ = await slipIn(gil, queue, { name: 'true', text: `${cube};;\n` });
  await house.until('the true one is everywhere', () => all.every(({ peer }) => peer.files.store.has(true_)));
  await house.pass(30_000, 50);
  const heldBy = ({ peer }: Browser) => peer.files.store.list().map((info) => info.id);
  for (const each of all) expect(heldBy(each)).toEqual([true_]);
  ben.kill();
  await ben.open();
  const asked: string[] = [];
  const openStream = ben.peer.ports.wire.openStream.bind(ben.peer.ports.wire);
  ben.peer.ports.wire.openStream = (peer, protocol, ms) => {
    asked.push(protocol);
    return openStream(peer, protocol, ms);
  };
  await house.pass(60_000, 50);
  expect(heldBy(ben)).toEqual([true_]);
  expect(asked).toEqual([]);
  expect([small, large].map((file) => ben.host(queue).state.files.has(file))).toEqual([true, true]);
});

test('a draft stays with its author until it is released', async () => {
  const { house, gil, all, queue } = await withGuest(72);
  const file = await slipIn(gil, queue, { name: 'draft', text: cube, draft: true });
  await house.pass(20_000, 50);
  expect(all.map(({ peer }) => peer.files.store.has(file))).toEqual([false, false, false]);
  const release: Command = { type: 'edit-job', job: 'job-draft' as JobId, draft: false };
  expect(await house.await(gil.host(queue).submit(release, 'x'))).toMatchObject({ kind: 'committed' });
  await house.until('it is everywhere', () => all.every(({ peer }) => peer.files.store.has(file)));
});

test('who adds the same bytes and may change the queue puts a size right that was told wrong', async () => {
  const { house, gil, anna, all, queue } = await withGuest(73);
  const file = await slipIn(gil, queue, { name: 'part', text: cube, size: 3 });
  await house.pass(10_000, 50);
  expect(await anna.addFile(queue, 'part.gcode', cube)).toBe(file);
  await house.until('it is everywhere', () => all.every(({ peer }) => peer.files.store.has(file)));
});
