import { expect, test } from 'vitest';
import { must } from '../base/index.ts';
import { raftProtocol } from '../network/protocols.ts';
import { type Message, MessageType, encodeMessage, newMessage } from '../raft/index.ts';
import { House, threeVoters } from './testing/house.ts';

const { App, AppResp, Heartbeat, HeartbeatResp, TimeoutNow, Vote, VoteResp } = MessageType;

/** What a voter with a changed program says four times a second to end the time of whoever leads. */
const attacks: Readonly<Record<string, (message: Message) => Message>> = {
  'vote requests that claim to follow a hand-over': (m) => ({
    ...m,
    type: Vote,
    index: 1_000_000,
    logTerm: m.term - 1,
    context: Uint8Array.of(1),
  }),
  'vote requests': (m) => ({ ...m, type: Vote, index: 1_000_000, logTerm: m.term - 1 }),
  'answers to appends': (m) => ({ ...m, type: AppResp, index: 1 }),
  'answers to heartbeats': (m) => ({ ...m, type: HeartbeatResp }),
  'votes that nobody asked for': (m) => ({ ...m, type: VoteResp }),
  'heartbeats of a leader that nobody elected': (m) => ({ ...m, type: Heartbeat }),
  'appends of a leader that nobody elected': (m) => ({ ...m, type: App, index: 0 }),
  'calls to stand for election': (m) => ({ ...m, type: TimeoutNow, term: m.term - 1 }),
};

test.each(Object.keys(attacks))('one voter of three does not stop the queue by %s', async (name) => {
  const attack = must(attacks[name], 'an attack');
  const house = new House();
  const { all, queue } = await threeVoters(house);
  await house.pass(2_000);
  const leads = (each: (typeof all)[number]) => each.host(queue).status().role === 'leader';
  const evil = must(
    all.find((each) => !leads(each)),
    'a follower',
  );
  const rest = all.filter((each) => each !== evil);
  const [asker] = rest;
  const evilId = evil.host(queue).status().replicaId;
  const wire = evil.peer.ports.wire;
  let committed = 0;
  let isAsking = false;
  const termBefore = must(asker, 'a peer').host(queue).status().term;
  for (let ms = 0; ms < 30_000; ms += 250) {
    for (const each of rest) {
      const { replicaId, term } = each.host(queue).status();
      const message = attack(newMessage(Heartbeat, replicaId, evilId, term + 1));
      const frame = evil.host(queue).frameTo(replicaId, encodeMessage(message));
      wire.send(each.peer.identity.peer, raftProtocol, frame);
    }
    if (!isAsking) {
      isAsking = true;
      void must(asker, 'a peer')
        .service.renameQueue(queue, `Name ${ms}`)
        .then(({ kind }) => {
          if (kind === 'committed') committed++;
          isAsking = false;
        });
    }
    await house.pass(250, 25);
  }
  // What it can say costs an election at its beginning. Without the gate none was committed, or a few.
  expect(committed).toBeGreaterThan(20);
  expect(must(asker, 'a peer').host(queue).status().term - termBefore).toBeLessThan(20);
  expect(rest.map((each) => each.host(queue).trouble)).toEqual([undefined, undefined]);
});

test('a leader’s signed word lets another stand at once, while it is heard', async () => {
  const house = new House();
  const { all, queue } = await threeVoters(house);
  await house.pass(2_000);
  const leader = must(
    all.find((each) => each.host(queue).status().role === 'leader'),
    'a leader',
  );
  for (let round = 1; round <= 5; round++) {
    const now = must(
      all.find((each) => each.host(queue).status().role === 'leader'),
      'a leader',
    );
    const { term } = now.host(queue).status();
    now.host(queue).part.replica.office?.handOver();
    await house.until(
      'another leads',
      () => all.some((each) => each !== now && each.host(queue).status().admits),
      1_000,
    );
    expect(now.host(queue).status().term).toBe(term + 1);
    await house.pass(500);
  }
  expect(leader.host(queue).trouble).toBeUndefined();
});
