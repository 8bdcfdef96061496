import { expect, test } from 'vitest';
import { hex } from '../base/index.ts';
import { raftProtocol } from '../network/protocols.ts';
import { EntryType, MessageType, encodeMessage, newEntry, newMessage } from '../raft/index.ts';
import { encodeRaftFrame } from './replica/raft-frame.ts';
import { House, threeVoters } from './testing/house.ts';

const gcode = `G28\nM104 S200\n${'G1 X10 Y10 E1\nG1 X20 Y10 E1\n'.repeat(20_000)}M104 S0\n`;

test('three peers join one queue by its link, become voters, and agree on every byte of its state', async () => {
  const house = new House();
  const { all, queue } = await threeVoters(house);
  await house.pass(2_000);
  const hashes = new Set(all.map((each) => hex(each.host(queue).state.hash())));
  expect(hashes.size).toBe(1);
});

test('two copies are printed, one on each of two printers, and the history of all shows both as good', async () => {
  const house = new House();
  const { anna, ben, cleo, all, queue } = await threeVoters(house);
  const printers = [ben.attachPrinter('left'), cleo.attachPrinter('right')];
  await house.until('printers known', () => all.every((each) => each.host(queue).state.printers.size === 2));
  const file = await anna.addFile(queue, 'cube.gcode', gcode);
  const job = { name: 'Cubes', copies: 2, draft: false, notes: '', sets: [{ file, count: 1 }] };
  expect(await house.await(anna.service.addJob(queue, job))).toMatchObject({ kind: 'committed' });
  await house.until('both good', () =>
    all.every(
      (each) => [...each.host(queue).state.history.values()].filter((e) => e.outcome === 'good').length === 2,
    ),
  );
  expect(printers.map((printer) => printer.printed.length)).toEqual([1, 1]);
});

test('a guest sees the queue and adds a job, and never votes', async () => {
  const house = new House();
  const { anna, queue, all } = await threeVoters(house);
  const gil = await house.browser('Gil').open();
  await gil.join(anna, queue, 'guest');
  const file = await gil.addFile(queue, 'hook.gcode', gcode);
  const job = { name: 'Hook', copies: 1, draft: false, notes: '', sets: [{ file, count: 1 }] };
  expect(await house.await(gil.service.addJob(queue, job))).toMatchObject({ kind: 'committed' });
  await house.pass(5_000);
  expect(all.map((each) => each.host(queue).state.jobs.size)).toEqual([1, 1, 1]);
  expect(anna.host(queue).status().confState.voters.length).toBe(3);
  expect(anna.host(queue).status().confState.learners.length).toBe(0);
  expect(gil.host(queue).status().role).toBe('listener');
});

test('what was committed survives the death of all processes at once', async () => {
  const house = new House();
  const { anna, ben, cleo, queue } = await threeVoters(house);
  const file = await anna.addFile(queue, 'cube.gcode', gcode);
  const job = { name: 'Kept', copies: 1, draft: true, notes: '', sets: [{ file, count: 1 }] };
  expect(await house.await(ben.service.addJob(queue, job))).toMatchObject({ kind: 'committed' });
  for (const each of [anna, ben, cleo]) each.kill();
  await house.pass(1_000);
  await cleo.open();
  await ben.open();
  await house.until('two of three lead on', () => cleo.host(queue).condition().condition === 'ready');
  // It was committed by two of three, and Cleo may have been the third: then it comes with the leader's first entries.
  const kept = () => [...cleo.host(queue).state.jobs.values()].map((each) => each.name);
  await house.until('Cleo has it', () => kept().length > 0, 1_000);
  expect(kept()).toEqual(['Kept']);
});

test('when the leader is gone the others elect another, and what was typed meanwhile is committed', async () => {
  const house = new House();
  const { anna, ben, cleo, queue } = await threeVoters(house);
  const file = await anna.addFile(queue, 'cube.gcode', gcode);
  await house.pass(1_000);
  anna.kill();
  const job = { name: 'Meanwhile', copies: 1, draft: true, notes: '', sets: [{ file, count: 1 }] };
  expect(await house.await(ben.service.addJob(queue, job))).toMatchObject({ kind: 'committed' });
  await house.until('Cleo has it', () => cleo.host(queue).state.jobs.size === 1);
});

test('a command typed while no quorum is here is kept over a crash and committed when the others are back', async () => {
  const house = new House();
  const { anna, ben, cleo, queue } = await threeVoters(house);
  const file = await anna.addFile(queue, 'cube.gcode', gcode);
  await house.pass(1_000);
  ben.kill();
  cleo.kill();
  await house.pass(8_000);
  const job = { name: 'Alone', copies: 1, draft: true, notes: '', sets: [{ file, count: 1 }] };
  expect(await house.await(anna.service.addJob(queue, job))).toMatchObject({ kind: 'unknown' });
  anna.kill();
  await anna.open();
  await ben.open();
  await house.until('it is committed', () => ben.host(queue).state.jobs.size === 1);
  await house.pass(5_000);
  expect([...ben.host(queue).state.jobs.values()].map((each) => each.name)).toEqual(['Alone']);
});

test('a print that ends while no quorum is here is reported good when the others are back, and its copy is not printed again', async () => {
  const house = new House();
  const { anna, ben, cleo, queue } = await threeVoters(house);
  const printer = anna.attachPrinter('left', 6_000);
  const file = await anna.addFile(queue, 'cube.gcode', gcode);
  const job = { name: 'Cube', copies: 1, draft: false, notes: '', sets: [{ file, count: 1 }] };
  expect(await house.await(anna.service.addJob(queue, job))).toMatchObject({ kind: 'committed' });
  await house.until('it prints', () => printer.started.length === 1);
  await house.pass(500);
  ben.kill();
  cleo.kill();
  await house.until('it is printed', () => printer.printed.length === 1);
  // Long enough for everyone's patience to end.
  await house.pass(60_000);
  await ben.open();
  await cleo.open();
  await house.until('all know', () =>
    [anna, ben, cleo].every(
      (each) => each.host(queue).state.history.size === 1 && each.host(queue).state.prints.size === 0,
    ),
  );
  const outcomes = [...ben.host(queue).state.history.values()].map((entry) => entry.outcome);
  expect(outcomes).toEqual(['good']);
  expect(printer.started.length).toBe(1);
});

test('a copy that its printer gives up before the first move is free for another printer at once', async () => {
  const house = new House();
  const { anna, ben, queue, all } = await threeVoters(house);
  const file = await anna.addFile(queue, 'cube.gcode', gcode);
  const left = anna.attachPrinter('left');
  await house.until('the printer is known', () =>
    all.every((each) => each.host(queue).state.printers.size === 1),
  );
  const job = { name: 'Cube', copies: 1, draft: false, notes: '', sets: [{ file, count: 1 }] };
  expect(await house.await(anna.service.addJob(queue, job))).toMatchObject({ kind: 'committed' });
  await house.until('it is claimed', () => anna.host(queue).state.prints.size === 1);
  left.detach();
  const right = ben.attachPrinter('right');
  await house.until('the other printed it', () => right.printed.length === 1, 30_000);
});

test('a guest that speaks as if it led is not believed, and the replicas stay alike', async () => {
  const house = new House();
  const { anna, ben, queue, all } = await threeVoters(house);
  const gil = await house.browser('Gil').open();
  await gil.join(anna, queue, 'guest');
  await house.pass(1_000);
  const { term, commit } = ben.host(queue).status();
  const forged = newMessage(
    MessageType.App,
    ben.host(queue).status().replicaId,
    gil.host(queue).status().replicaId,
    term,
  );
  forged.index = commit;
  forged.logTerm = term;
  forged.entries = [newEntry(term, commit + 1, EntryType.Normal, new Uint8Array())];
  forged.commit = commit + 1;
  const frame = encodeRaftFrame(
    gil.host(queue).digest,
    {
      replica: forged.from,
      life: { epoch: 9, number: 9 },
      disk: { term, last: commit, commit: 0, commitTerm: 0 },
      resting: false,
    },
    forged.to,
    encodeMessage(forged),
  );
  house.network.wire(gil.peer.identity.peer)?.send(ben.peer.identity.peer, raftProtocol, frame);
  await house.pass(500);
  expect(await house.await(anna.service.renameQueue(queue, 'Zed'))).toMatchObject({ kind: 'committed' });
  await house.pass(3_000);
  expect(all.map((each) => each.host(queue).state.head.name)).toEqual(['Zed', 'Zed', 'Zed']);
  expect(new Set(all.map((each) => hex(each.host(queue).state.hash()))).size).toBe(1);
});
