import { expect, test } from 'vitest';
import { type Bytes, ManualClock, type PeerId, silentLog } from '../../base/index.ts';
import type { Wire } from '../../network/port.ts';
import { TestQueue } from '../../queue/fixture.ts';
import { Acknowledgements } from '../replica/acknowledgements.ts';
import { encodeRaftFrame } from '../replica/raft-frame.ts';
import { Door } from './door.ts';

/** A queue of two voters of whom the second was removed, opened again from a snapshot, while Raft still counts these. */
function openedAgain(counted: readonly number[]) {
  const queue = new TestQueue();
  const ben = queue.join('operator', true);
  const replicaId = queue.state.members.get(ben.peer)?.replicaId ?? 0;
  queue.must(queue.owner, { type: 'remove-member', peer: ben.peer });
  const state = queue.restored(queue.state.snapshot());
  const voters = [...counted];
  const acknowledgements = new Acknowledgements([]);
  const door = new Door(
    {
      clock: new ManualClock(),
      log: silentLog,
      wire: { send: () => true, request: () => Promise.reject(new Error('gone')) } as unknown as Wire,
      queue: state.digest,
      view: () => state,
      confState: () => ({ voters, learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false }),
      leads: () => false,
      acknowledgements: () => acknowledgements,
      onDropped: () => undefined,
      onChange: () => undefined,
    },
    [],
  );
  door.learn();
  door.follow();
  return { door, voters, digest: state.digest, ben: ben.peer, replicaId };
}

function hears(door: Door, digest: Bytes, from: PeerId, replicaId: number): boolean {
  const disk = { term: 1, last: 1, commit: 0, commitTerm: 0 };
  const sender = { replica: replicaId, life: { epoch: 1, number: 1 }, disk, resting: false };
  const frame = encodeRaftFrame(digest, sender, 1, new Uint8Array(8));
  return door.frame(from, frame, 1) !== undefined;
}

test('who was removed before the snapshot that a queue was opened from is heard until Raft has followed, and no longer', () => {
  const { door, voters, digest, ben, replicaId } = openedAgain([1, 2]);
  expect(replicaId).toBe(2);
  expect(hears(door, digest, ben, replicaId)).toBe(true);
  expect(door.votes(ben, replicaId)).toBe(true);
  voters.pop();
  door.follow();
  expect(hears(door, digest, ben, replicaId)).toBe(false);
});

test('who was removed and is counted no more is not heard', () => {
  const { door, digest, ben, replicaId } = openedAgain([1]);
  expect(hears(door, digest, ben, replicaId)).toBe(false);
});

test('a copy that is opened as often as another was, and has less, is told to give way: nobody else may know what it had', () => {
  const { door, digest, ben, replicaId } = openedAgain([1, 2]);
  expect(hears(door, digest, ben, replicaId)).toBe(true);
  const copy = { epoch: 1, number: 2 };
  expect(door.wordFor(ben, replicaId, copy, { term: 0, last: 0 })).toBe('superseded');
  expect(door.wordFor(ben, replicaId, { epoch: 2, number: 3 }, { term: 0, last: 0 })).toBe('lost-data');
});
