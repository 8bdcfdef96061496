import { describe, expect, test } from 'vitest';
import { utf8 } from '../base/index.ts';
import { confChange, leaveJointChange } from './conf-change.ts';
import { Replica, TestGroup, entry, logOf, message, nothing } from './testing.ts';
import { type Message, MessageType, emptyConfState } from './types.ts';

const { App, AppResp, Heartbeat, HeartbeatResp, Snap, Vote, VoteResp } = MessageType;

/** Replicas 1 … size, of which only the first `voters` are members. */
function growing(size: number, voters: number): TestGroup {
  const members = Array.from({ length: voters }, (_, i) => i + 1);
  const group = new TestGroup(size, { stepDownOnRemoval: true }, [], members);
  group.elect(1);
  return group;
}

describe('Raft paper, section 6: cluster membership changes', () => {
  test('In joint consensus log entries are replicated to all servers in both configurations', () => {
    const group = growing(4, 3);
    group.at(1).node.proposeConfChange(
      confChange(
        [
          { kind: 'add-voter', id: 4 },
          { kind: 'remove', id: 3 },
        ],
        'explicit',
      ),
    );
    group.settle();
    group.propose(1, 'to all four');
    expect(group.at(3).storage.lastIndex()).toBe(group.at(1).storage.lastIndex());
    expect(group.at(4).storage.lastIndex()).toBe(group.at(1).storage.lastIndex());
  });

  test('Agreement requires separate majorities from both the old and new configurations', () => {
    const group = growing(5, 3);
    group.at(1).node.proposeConfChange(
      confChange(
        [
          { kind: 'add-voter', id: 4 },
          { kind: 'add-voter', id: 5 },
          { kind: 'remove', id: 2 },
          { kind: 'remove', id: 3 },
        ],
        'explicit',
      ),
    );
    group.settle();
    const before = group.at(1).node.commit;
    group.cut.add(2).add(3);
    group.propose(1, 'new half only');
    expect(group.at(1).node.commit).toBe(before);
    group.cut.clear();
    group.cut.add(4).add(5);
    group.tick(1, 2);
    group.propose(1, 'old half only');
    // The first entry has both majorities by now, the second only the old one.
    expect(group.at(1).node.commit).toBe(before + 1);
    group.cut.clear();
    group.tick(1, 3);
    expect(group.at(1).node.commit).toBe(before + 2);
  });

  test('The joint configuration is left by itself once it is committed, if that was asked for', () => {
    const group = growing(4, 3);
    group.at(1).node.proposeConfChange(
      confChange([
        { kind: 'add-voter', id: 4 },
        { kind: 'remove', id: 3 },
      ]),
    );
    group.settle();
    expect(group.at(1).node.status().config).toMatchObject({
      incoming: [1, 2, 4],
      outgoing: [],
      autoLeave: false,
    });
  });

  test('An explicit joint configuration stays until its end is proposed', () => {
    const group = growing(4, 3);
    group.at(1).node.proposeConfChange(confChange([{ kind: 'add-voter', id: 4 }], 'explicit'));
    group.settle();
    expect(group.at(1).node.status().config.outgoing).toEqual([1, 2, 3]);
    group.at(1).node.proposeConfChange(leaveJointChange);
    group.settle();
    expect(group.at(1).node.status().config).toMatchObject({ incoming: [1, 2, 3, 4], outgoing: [] });
  });

  test('New servers join the cluster as non-voting members: they are not considered for majorities', () => {
    const group = growing(4, 3);
    group.at(1).node.proposeConfChange(confChange([{ kind: 'add-learner', id: 4 }]));
    group.settle();
    expect(group.at(4).storage.lastIndex()).toBe(group.at(1).storage.lastIndex());
    group.cut.add(2).add(3);
    const before = group.at(1).node.commit;
    group.propose(1, 'leader and learner are no majority');
    expect(group.at(1).node.commit).toBe(before);
  });

  test('A learner does not stand for election, but votes when a candidate counts on it', () => {
    const replica = new Replica({ voters: [2, 3], learners: [1] });
    replica.tick(30);
    expect(replica.node.role).toBe('follower');
    expect(replica.step(message(Vote, 2, 1))[0]?.reject).toBe(false);
  });

  test('The leader steps down once a configuration without it is committed', () => {
    const group = growing(3, 3);
    group.at(1).node.proposeConfChange(confChange([{ kind: 'remove', id: 1 }]));
    group.settle();
    expect(group.at(1).node.role).toBe('follower');
    group.elect(2);
    expect(group.at(2).node.role).toBe('leader');
  });

  test('Only one change of members is under way at a time: another becomes an empty entry', () => {
    const group = growing(3, 3);
    const { node, storage } = group.at(1);
    group.cut.add(2).add(3);
    node.proposeConfChange(confChange([{ kind: 'add-learner', id: 4 }]));
    node.proposeConfChange(confChange([{ kind: 'add-learner', id: 5 }]));
    group.settle();
    expect(
      storage
        .all()
        .slice(-2)
        .map(({ type, data }) => [type, data.length > 0]),
    ).toEqual([
      [2, true],
      [0, false],
    ]);
  });

  test('A new leader proposes no change of members before all of its log is applied', () => {
    const replica = new Replica({ log: logOf(1), hardState: { term: 1, vote: 0, commit: 0 } });
    replica.tick(10);
    replica.step(message(VoteResp, 2, 2));
    replica.node.proposeConfChange(confChange([{ kind: 'add-voter', id: 4 }]));
    replica.take();
    expect(replica.storage.all().at(-1)).toMatchObject({ type: 0, data: nothing });
  });

  test('Servers disregard RequestVote RPCs when they believe a current leader exists', () => {
    const replica = new Replica({}, { checkQuorum: true });
    replica.step(message(Heartbeat, 2, 1));
    replica.tick(9);
    expect(replica.step(message(Vote, 3, 9))).toEqual([]);
    expect(replica.node.term).toBe(1);
  });

  test('A replica does not campaign while a committed change of members is not applied', () => {
    const group = growing(3, 3);
    const change = confChange([{ kind: 'add-learner', id: 4 }]);
    const replica = new Replica({}, { asyncStorageWrites: true });
    group.at(1).node.proposeConfChange(change);
    group.settle();
    const entries = group.at(1).storage.all();
    replica.node.step(message(App, 2, 1, { entries, commit: entries.length }));
    replica.node.forgetLeader();
    replica.node.campaign();
    expect(replica.node.role).toBe('follower');
  });
});

describe('Raft paper, section 7: log compaction', () => {
  const snapshot = {
    index: 5,
    term: 2,
    confState: { ...emptyConfState, voters: [1, 2, 3] },
    data: utf8('state'),
  };

  test('The leader sends a snapshot when it has discarded the next log entry that it needs to send', () => {
    const group = new TestGroup(3);
    group.elect(1);
    group.cut.add(3);
    for (let i = 0; i < 5; i++) group.propose(1, `p${i}`);
    const { storage, node } = group.at(1);
    storage.createSnapshot(5, snapshot.confState, utf8('state'));
    storage.compact(5);
    group.cut.clear();
    // A heartbeat, its answer, an append, its refusal: then the leader knows.
    const forThree = (sent: readonly Message[]): Message[] => sent.filter(({ to }) => to === 3);
    let sent = forThree(group.at(1).tick(1));
    for (let round = 0; round < 2; round++) sent = forThree(group.at(1).step(...group.at(3).step(...sent)));
    expect(sent.map(({ type, snapshot: carried }) => [type, carried?.index])).toEqual([[Snap, 5]]);
    const caughtUp = group.at(1).step(...group.at(3).step(...sent));
    group.at(3).step(...caughtUp);
    expect(group.at(3).storage.lastIndex()).toBe(node.lastIndex());
    expect(node.status().progress.get(3)?.state).toBe('replicate');
  });

  test('A follower that receives a snapshot with new information discards its entire log', () => {
    const replica = new Replica({ log: logOf(1, 1), hardState: { term: 1, vote: 0, commit: 0 } });
    const [answer] = replica.step(message(Snap, 2, 2, { snapshot }));
    expect(replica.storage.firstIndex()).toBe(6);
    expect(answer).toMatchObject({ type: AppResp, index: 5, reject: false });
    expect(replica.node.commit).toBe(5);
  });

  test('If the snapshot describes a prefix of its log, the follower retains the entries that follow it', () => {
    const replica = new Replica({ log: logOf(1, 1, 1, 2, 2, 2), hardState: { term: 2, vote: 0, commit: 1 } });
    replica.step(message(Snap, 2, 2, { snapshot }));
    expect(replica.storage.lastIndex()).toBe(6);
    expect(replica.node.commit).toBe(5);
  });

  test('The snapshot carries the latest configuration as of its last included index', () => {
    const confState = {
      ...emptyConfState,
      voters: [1, 2],
      votersOutgoing: [1, 2, 3],
      learners: [4],
      autoLeave: true,
    };
    const replica = new Replica();
    replica.step(message(Snap, 2, 2, { snapshot: { ...snapshot, confState } }));
    expect(replica.node.status().config).toEqual({
      incoming: [1, 2],
      outgoing: [1, 2, 3],
      learners: [4],
      learnersNext: [],
      autoLeave: true,
    });
  });

  test('A snapshot that does not know this replica is ignored', () => {
    const replica = new Replica();
    replica.step(
      message(Snap, 2, 2, { snapshot: { ...snapshot, confState: { ...emptyConfState, voters: [2, 3] } } }),
    );
    expect(replica.node.commit).toBe(0);
  });
});

describe('Raft paper, section 8: client interaction', () => {
  function electedLeader(): Replica {
    const replica = new Replica({ log: logOf(1), hardState: { term: 1, vote: 0, commit: 1 } });
    replica.tick(10);
    replica.step(message(VoteResp, 2, 2));
    return replica;
  }

  test('Each leader commits a blank no-op entry into the log at the start of its term', () => {
    expect(electedLeader().storage.all().at(-1)).toEqual(entry(2, 2));
  });

  test('A read waits until the leader has committed an entry of its term', () => {
    const replica = electedLeader();
    replica.node.readIndex(utf8('r'));
    expect(replica.take().filter(({ context }) => context.length > 0)).toEqual([]);
    const sent = replica.step(message(AppResp, 2, 2, { index: 2 }));
    const context = sent.find(({ type }) => type === Heartbeat)?.context ?? nothing;
    expect(replica.reads).toEqual([]);
    replica.step(message(HeartbeatResp, 2, 2, { context }));
    expect(replica.reads).toEqual([{ index: 2, context: utf8('r') }]);
  });

  test('A read waits for heartbeats exchanged with a majority after it was asked for', () => {
    const replica = electedLeader();
    replica.step(message(AppResp, 2, 2, { index: 2 }));
    replica.node.readIndex(utf8('same'));
    const early = replica.take().find(({ type }) => type === Heartbeat)?.context ?? nothing;
    replica.step(message(HeartbeatResp, 2, 2, { context: early }));
    expect(replica.reads).toHaveLength(1);
    // The same context again: the late answer to the first heartbeat must not confirm it.
    replica.node.readIndex(utf8('same'));
    replica.step(message(HeartbeatResp, 3, 2, { context: early }));
    expect(replica.reads).toHaveLength(1);
  });

  test('A group of one answers reads only after it has committed in its term', () => {
    const replica = new Replica({
      voters: [1],
      log: logOf(1, 1),
      hardState: { term: 1, vote: 1, commit: 1 },
    });
    replica.tick(10);
    replica.node.readIndex(utf8('r'));
    replica.take();
    expect(replica.reads).toEqual([{ index: 3, context: utf8('r') }]);
  });

  test('A follower passes reads on to the leader and hands out its answer', () => {
    const group = new TestGroup(3);
    group.elect(1);
    group.at(2).node.readIndex(utf8('far'));
    group.settle();
    expect(group.at(2).reads).toEqual([{ index: 1, context: utf8('far') }]);
  });
});
