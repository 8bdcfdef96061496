import { expect, it } from 'vitest';
import type { FileId, JobId, PrintId, PrinterId, SetId } from '../base/index.ts';
import { Fault } from '../base/index.ts';
import { TestQueue, personOf } from './fixture.ts';
import { signGenesis } from './genesis.ts';
import { brokenInvariants } from './invariants.ts';
import { QueueState } from './queue-state.ts';

const ben = personOf(9);

function genesisFor(queue: TestQueue, index = queue.state.index, digest = queue.state.digest) {
  return signGenesis(ben.seed, {
    name: 'Workshop (continued)',
    ownerName: 'Ben',
    createdMs: 1,
    nonce: new Uint8Array(16).fill(8),
    rendezvous: new Uint8Array(16).fill(8),
    lan: false,
    incarnation: new Uint8Array(16).fill(8),
    continues: { queue: digest, index },
  });
}

function busy() {
  const queue = new TestQueue({ lostAfterMs: 60_000 });
  const { owner } = queue;
  queue.must(owner, { type: 'add-file', file: 'f' as FileId, name: 'cube', size: 1, meta: {} });
  queue.must(owner, {
    type: 'add-job',
    job: 'j' as JobId,
    name: 'Cubes',
    copies: 4,
    draft: false,
    keepTogether: false,
    sets: [{ set: 's' as SetId, file: 'f' as FileId, count: 1, requirements: {} }],
  });
  for (const printer of ['left', 'right'] as PrinterId[]) {
    queue.must(owner, {
      type: 'set-printer',
      printer,
      name: printer,
      enabled: true,
      autoClear: true,
      materials: [],
    });
  }
  const claim = (print: string, printer: string) =>
    queue.must(owner, {
      type: 'claim',
      print: print as PrintId,
      set: 's' as SetId,
      printer: printer as PrinterId,
    });
  claim('p1', 'left');
  queue.must(owner, { type: 'starting', print: 'p1' as PrintId });
  claim('p2', 'right');
  return queue;
}

it('a queue that goes on from a copy has its work and its past, and nobody but its new owner', () => {
  const queue = busy();
  const made = QueueState.goOn(queue.state.snapshot(), genesisFor(queue));
  if (!made.ok) throw new Fault(made.refusal.code);
  const state = made.value;
  expect([...state.members.keys()]).toEqual([ben.peer]);
  expect(state.members.get(ben.peer)).toMatchObject({ role: 'owner', voter: true, replicaId: 1 });
  expect(state.head).toMatchObject({ name: 'Workshop (continued)', continues: queue.state.head.id });
  expect(state.head.id).not.toBe(queue.state.head.id);
  expect(state.index).toBe(queue.state.index);
  expect([...state.jobs.keys()]).toEqual(['j']);
  expect(state.files.size).toBe(1);
  expect(state.printers.size).toBe(2);
  expect(brokenInvariants(state)).toEqual([]);
  expect(state.hash()).toEqual(state.provenHash());
  // Its snapshot is read as any other.
  expect(queue.restored(state.snapshot()).hash()).toEqual(state.hash());
});

it('what was being printed has lost contact in it for good, what was only claimed is free', () => {
  const queue = busy();
  const made = QueueState.goOn(queue.state.snapshot(), genesisFor(queue));
  if (!made.ok) throw new Fault(made.refusal.code);
  const state = made.value;
  expect([...state.prints.keys()]).toEqual(['p1']);
  expect(state.prints.get('p1' as PrintId)?.lostMs).toBe(state.stampMs);
  expect(state.head.settings.lostAfterMs).toBeNull();
  expect(state.nextDeadlineMs()).toBeUndefined();
});

it('a genesis of another queue or index does not take the copy', () => {
  const queue = busy();
  const snapshot = queue.state.snapshot();
  const codes = [
    genesisFor(queue, 1),
    genesisFor(queue, queue.state.index, new Uint8Array(32)),
    queue.genesis,
  ].map((genesis) => {
    const made = QueueState.goOn(snapshot, genesis);
    return made.ok ? 'ok' : made.refusal.code;
  });
  expect(codes).toEqual(['wrong-queue', 'wrong-queue', 'wrong-queue']);
});
