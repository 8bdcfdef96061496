import { expect, test } from 'vitest';
import { type QueueId, encode, hex } from '../base/index.ts';
import { raftProtocol, standingLimits, standingProtocol } from '../network/protocols.ts';
import { MessageType, encodeMessage, newMessage } from '../raft/index.ts';
import { encodeRaftFrame } from './replica/raft-frame.ts';
import { type Browser, House, letTwoVote } from './testing/house.ts';

/** Of no life that was heard of before. */
const life = { epoch: 1_000, number: 1 };
const disk = { term: 0, last: 0, commit: 0, commitTerm: 0 };
const sender = (replica: number) => ({ replica, life, disk, resting: false });

async function votersOf(house: House, queue: QueueId, all: readonly Browser[]): Promise<void> {
  await house.until('they vote', () =>
    all.every((each) => each.host(queue).status().confState.voters.length === all.length),
  );
}

/** Ben is away while Cleo comes and Dan goes, then Anna dies: Ben and Cleo are a majority, and Ben has never heard of Cleo. */
async function changing(house: House, cleoBefore: 'unknown' | 'guest') {
  const anna = await house.browser('Anna').open();
  const ben = await house.browser('Ben').open();
  const dan = await house.browser('Dan').open();
  const cleo = await house.browser('Cleo').open();
  const queue = await anna.createQueue('Shields');
  await ben.join(anna, queue);
  await dan.join(anna, queue);
  await votersOf(house, queue, [anna, ben, dan]);
  if (cleoBefore === 'guest') await cleo.join(anna, queue, 'guest');
  await house.pass(2_000);
  ben.kill();
  if (cleoBefore === 'guest') {
    const made = await house.await(anna.service.setMember(queue, cleo.peer.identity.peer, 'trusted'));
    expect(made.kind).toBe('committed');
  } else await cleo.join(anna, queue);
  await house.until('four vote', () => cleo.host(queue).status().confState.voters.length === 4);
  expect((await house.await(anna.service.removeMember(queue, dan.peer.identity.peer))).kind).toBe(
    'committed',
  );
  await house.until('three vote', () => cleo.host(queue).status().confState.voters.length === 3);
  dan.kill();
  await house.pass(2_000);
  anna.kill();
  await ben.open();
  return { anna, ben, cleo, dan, queue };
}

test.each(['unknown', 'guest'] as const)(
  'two of three go on though one of them knew the other only as %s, because it proves that it votes',
  async (before) => {
    const house = new House();
    const { ben, cleo, queue } = await changing(house, before);
    await house.until('they agree', () => ben.host(queue).condition().condition === 'ready', 60_000);
    expect((await house.await(ben.service.renameQueue(queue, 'Onward'))).kind).toBe('committed');
    await house.until('both have it', () =>
      [ben, cleo].every((each) => each.host(queue).state.head.name === 'Onward'),
    );
    expect(hex(ben.host(queue).state.hash())).toBe(hex(cleo.host(queue).state.hash()));
  },
);

test('a guest that asks for a vote is asked for a proof, has none, and is not believed', async () => {
  const house = new House();
  const anna = await house.browser('Anna').open();
  const ben = await house.browser('Ben').open();
  const gil = await house.browser('Gil').open();
  const queue = await anna.createQueue('Shields');
  await letTwoVote(anna, queue);
  await ben.join(anna, queue);
  await votersOf(house, queue, [anna, ben]);
  await gil.join(anna, queue, 'guest');
  await house.pass(2_000);
  anna.kill();
  // Gil says of himself what he likes, with signed commands that prove nothing.
  const forged = encode({ kind: 'proof', replicaId: gil.host(queue).status().replicaId, envelopes: [] });
  let asked = 0;
  house.network.wire(gil.peer.identity.peer)?.handleRequests(standingProtocol, standingLimits, async () => {
    asked++;
    return forged;
  });
  const { term, commit } = ben.host(queue).status();
  for (let round = 1; round <= 20; round++) {
    const from = gil.host(queue).status().replicaId;
    const vote = newMessage(MessageType.Vote, ben.host(queue).status().replicaId, from, term + 50);
    vote.index = commit + 50;
    vote.logTerm = term;
    const frame = encodeRaftFrame(gil.host(queue).digest, sender(from), vote.to, encodeMessage(vote));
    house.network.wire(gil.peer.identity.peer)?.send(ben.peer.identity.peer, raftProtocol, frame);
    await house.pass(1_000);
  }
  expect(asked).toBeGreaterThan(0);
  expect(asked).toBeLessThan(6);
  expect(ben.host(queue).status().term).toBeLessThan(term + 50);
});

test('who was removed is not believed again, whatever it once was, by those who know of the removal', async () => {
  const house = new House();
  const anna = await house.browser('Anna').open();
  const ben = await house.browser('Ben').open();
  const dan = await house.browser('Dan').open();
  const queue = await anna.createQueue('Shields');
  await ben.join(anna, queue);
  await dan.join(anna, queue);
  await votersOf(house, queue, [anna, ben, dan]);
  const danPeer = dan.peer.identity.peer;
  const envelopes = [...dan.host(queue).state.proofOf(danPeer)];
  const from = dan.host(queue).status().replicaId;
  expect(envelopes.length).toBeGreaterThan(0);
  expect((await house.await(anna.service.removeMember(queue, danPeer))).kind).toBe('committed');
  await house.until('Ben knows', () => !ben.host(queue).state.members.has(danPeer));
  await house.pass(2_000);
  house.network
    .wire(danPeer)
    ?.handleRequests(standingProtocol, standingLimits, async () =>
      encode({ kind: 'proof', replicaId: from, envelopes }),
    );
  const { term, commit } = ben.host(queue).status();
  for (let round = 0; round < 10; round++) {
    const vote = newMessage(MessageType.Vote, ben.host(queue).status().replicaId, from, term + 9);
    vote.index = commit + 9;
    vote.logTerm = term;
    const frame = encodeRaftFrame(ben.host(queue).digest, sender(from), vote.to, encodeMessage(vote));
    house.network.wire(danPeer)?.send(ben.peer.identity.peer, raftProtocol, frame);
    await house.pass(1_000);
  }
  expect(ben.host(queue).status().term).toBe(term);
});
