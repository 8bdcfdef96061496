import { describe, expect, test } from 'vitest';
import { utf8 } from '../base/index.ts';
import { Replica, TestGroup, entry, logOf, message } from './testing.ts';
import { type Entry, type Message, MessageType, emptyConfState } from './types.ts';

const { App, AppResp, Heartbeat, HeartbeatResp, Prop, Snap, TimeoutNow, Vote, VoteResp } = MessageType;

function elected(log: readonly Entry[] = [], term = 0): Replica {
  const replica = new Replica({ log, hardState: { term, vote: 0, commit: 0 } });
  replica.tick(10);
  replica.step(message(VoteResp, 2, term + 1));
  expect(replica.node.role).toBe('leader');
  return replica;
}

function leadersOf(group: TestGroup): number[] {
  return group.replicas.filter(({ node }) => node.role === 'leader').map(({ node }) => node.id);
}

describe('Raft paper, section 5.1: basics', () => {
  test('Five servers tolerate two failures, and not three', () => {
    const group = new TestGroup(5);
    group.elect(1);
    group.cut.add(4).add(5);
    group.propose(1, 'three are enough');
    expect(group.at(1).node.commit).toBe(2);
    group.cut.add(3);
    group.propose(1, 'two are not');
    expect(group.at(1).node.commit).toBe(2);
  });

  test('In normal operation there is exactly one leader and all of the other servers are followers', () => {
    const group = new TestGroup(5);
    group.elect(3);
    expect(group.replicas.map(({ node }) => node.role)).toEqual([
      'follower',
      'follower',
      'leader',
      'follower',
      'follower',
    ]);
  });

  test('Followers are passive: until their election timeout they issue no requests on their own', () => {
    const replica = new Replica();
    replica.step(message(Heartbeat, 2, 1));
    expect(replica.tick(9)).toEqual([]);
  });

  test('If a client contacts a follower, the follower redirects it to the leader', () => {
    const replica = new Replica();
    replica.step(message(Heartbeat, 2, 1));
    replica.node.propose(utf8('x'));
    expect(replica.take().map(({ type, to }) => [type, to])).toEqual([[Prop, 2]]);
    expect(replica.terms()).toEqual([]);
  });

  test('A server without a leader takes no command: it could not say what becomes of it', () => {
    const replica = new Replica();
    expect(replica.node.propose(utf8('x'))).toBeDefined();
    expect(replica.take()).toEqual([]);
  });

  test('Terms are numbered with consecutive integers, and each term begins with an election', () => {
    const replica = new Replica();
    const terms: number[] = [];
    for (let round = 0; round < 4; round++) {
      replica.tick(10);
      terms.push(replica.node.term);
    }
    expect(terms).toEqual([1, 2, 3, 4]);
  });

  test('In some situations an election results in a split vote: the term ends with no leader', () => {
    const group = new TestGroup(4);
    group.at(1).node.campaign();
    group.at(2).node.campaign();
    // Each of the others hears one candidate first.
    const votes = [...group.at(1).take(), ...group.at(2).take()];
    const first = new Map([
      [3, 1],
      [4, 2],
    ]);
    for (const vote of votes.filter(({ to, from }) => first.get(to) === from))
      group.at(vote.to).node.step(vote);
    group.settle();
    expect(leadersOf(group)).toEqual([]);
  });

  test('Each server stores a current term number, which increases monotonically over time', () => {
    const replica = new Replica({ hardState: { term: 5, vote: 0, commit: 0 } });
    for (const type of [App, Heartbeat, Vote, AppResp, HeartbeatResp, VoteResp]) {
      replica.step(message(type, 2, 3));
      expect(replica.node.term).toBe(5);
    }
  });

  test('The current term is durable: it is there after a crash', () => {
    const before = new Replica();
    before.step(message(Heartbeat, 2, 9));
    const { hardState } = before.storage.initialState();
    expect(new Replica({ hardState }).node.term).toBe(9);
  });
});

describe('Raft paper, section 5.2: leader election', () => {
  test('A server that restarts begins as a follower, whatever it was before', () => {
    const before = elected();
    const { hardState } = before.storage.initialState();
    const after = new Replica({ hardState, log: before.storage.all() });
    expect(after.node.role).toBe('follower');
    expect(after.node.status().lead).toBe(0);
  });

  test('A follower resets its election timeout when it grants a vote', () => {
    const replica = new Replica();
    replica.tick(9);
    replica.step(message(Vote, 2, 1));
    replica.tick(9);
    expect(replica.node.role).toBe('follower');
  });

  test('A follower that refuses a vote does not reset its election timeout', () => {
    const replica = new Replica({ log: logOf(1), hardState: { term: 1, vote: 0, commit: 0 } });
    replica.tick(9);
    replica.step(message(Vote, 2, 1));
    replica.tick(1);
    expect(replica.node.role).toBe('candidate');
  });

  test('Each candidate draws another timeout at the start of an election', () => {
    let draws = 0;
    const random = { below: () => draws++, bytes: (length: number) => new Uint8Array(length) };
    const replica = new Replica({}, { random });
    const lengths: number[] = [];
    for (let round = 0; round < 3; round++) {
      const { term } = replica.node;
      let ticks = 0;
      while (replica.node.term === term) {
        replica.tick(1);
        ticks++;
      }
      lengths.push(ticks);
    }
    expect(new Set(lengths).size).toBe(3);
  });

  test('Votes of another term do not count', () => {
    const replica = new Replica({ hardState: { term: 4, vote: 0, commit: 0 } });
    replica.tick(10);
    replica.step(message(VoteResp, 2, 4), message(VoteResp, 3, 4));
    expect(replica.node.role).toBe('candidate');
  });

  test('One vote counts once, however often it arrives', () => {
    const replica = new Replica({ voters: [1, 2, 3, 4, 5] });
    replica.tick(10);
    for (let i = 0; i < 5; i++) replica.step(message(VoteResp, 2, 1));
    expect(replica.node.role).toBe('candidate');
  });
});

describe('Raft paper, section 5.3: log replication', () => {
  test('Each log entry stores a command, the term in which the leader received it, and its place in the log', () => {
    const replica = elected([], 6);
    replica.node.propose(utf8('x'));
    replica.take();
    expect(replica.storage.all().at(-1)).toEqual(entry(7, 2, 'x'));
  });

  test('A leader creates at most one entry with a given log index in a given term', () => {
    const replica = elected();
    for (const text of ['a', 'b', 'c']) replica.node.propose(utf8(text));
    replica.take();
    expect(replica.storage.all().map(({ index }) => index)).toEqual([1, 2, 3, 4]);
  });

  test('The leader sends with new entries the index and term of the entry that immediately precedes them', () => {
    const replica = elected(logOf(1, 3), 3);
    replica.step(message(AppResp, 2, 4, { index: 3 }));
    replica.node.propose(utf8('x'));
    const append = replica.take().find(({ to, entries }) => to === 2 && entries.length === 1);
    expect(append).toMatchObject({ index: 3, logTerm: 4 });
  });

  test('When a leader first comes to power it takes all others to be as far as the last entry of its own log', () => {
    const replica = new Replica({ log: logOf(1, 1, 2), hardState: { term: 2, vote: 0, commit: 0 } });
    replica.tick(10);
    const sent = replica.step(message(VoteResp, 2, 3));
    expect(sent.filter(({ type }) => type === App).map(({ index, logTerm }) => [index, logTerm])).toEqual([
      [3, 2],
      [3, 2],
    ]);
  });

  test('After a rejection the leader goes back in the follower’s log and tries again', () => {
    const replica = elected(logOf(1, 1, 1), 1);
    const sent = replica.step(message(AppResp, 2, 2, { index: 3, reject: true, rejectHint: 1, logTerm: 1 }));
    const [again] = sent.filter(({ to }) => to === 2);
    expect(again).toMatchObject({ type: App, index: 1, logTerm: 1 });
    expect(again?.entries.map(({ index }) => index)).toEqual([2, 3, 4]);
  });

  test('A log entry of a majority is committed in one round trip; a single slow follower does not hold it up', () => {
    const group = new TestGroup(3);
    group.elect(1);
    group.cut.add(3);
    group.propose(1, 'x');
    expect(group.at(1).node.commit).toBe(2);
  });

  test('The leader keeps retrying an append to a follower that is away, also after it has answered the client', () => {
    const group = new TestGroup(3);
    group.elect(1);
    group.cut.add(3);
    group.propose(1, 'x');
    group.tick(1, 50);
    expect(group.at(1).applied.length).toBe(2);
    group.cut.clear();
    group.tick(1, 2);
    expect(group.at(3).applied.map(({ index }) => index)).toEqual([1, 2]);
  });

  test('A leader never removes what it has, and followers that part from it give way', () => {
    const hardState = { term: 3, vote: 0, commit: 0 };
    const group = new TestGroup(3, {}, [
      { log: logOf(1, 3), hardState },
      { log: logOf(1, 2, 2, 2), hardState },
      { log: logOf(1), hardState },
    ]);
    group.elect(1);
    for (const id of [2, 3]) expect(group.at(id).terms()).toEqual([1, 3, 4]);
  });

  test('If two entries in different logs have the same index and term, all entries before them are the same', () => {
    const group = new TestGroup(3);
    group.elect(1);
    group.cut.add(2);
    group.propose(1, 'a');
    group.cut.clear();
    group.cut.add(1);
    group.elect(3);
    group.propose(3, 'b');
    group.cut.clear();
    group.tick(3, 3);
    const [one, two, three] = group.replicas.map(({ storage }) => storage.all());
    expect(one).toEqual(three);
    expect(two).toEqual(three);
  });
});

describe('Raft paper, figure 3: what is true at all times', () => {
  test('Election safety: a partition may hold a leader of an old term, never two of one term', () => {
    const group = new TestGroup(5);
    group.elect(1);
    group.cut.add(1);
    group.elect(2);
    expect(leadersOf(group)).toEqual([1, 2]);
    expect(group.at(1).node.term).toBeLessThan(group.at(2).node.term);
    group.cut.clear();
    group.tick(2, 2);
    expect(leadersOf(group)).toEqual([2]);
  });

  test('State machine safety: no two servers ever apply different entries at one index', () => {
    const group = new TestGroup(5);
    group.elect(1);
    group.cut.add(2).add(3).add(4);
    group.propose(1, 'never committed');
    group.cut.clear();
    group.cut.add(1).add(5);
    group.elect(3);
    group.propose(3, 'committed');
    group.cut.clear();
    group.tick(3, 3);
    const applied = group.at(3).applied;
    expect(applied.length).toBe(3);
    for (const replica of group.replicas) expect(replica.applied).toEqual(applied);
  });

  test('Committed entries are applied once and in order by every server', () => {
    const group = new TestGroup(3);
    group.elect(1);
    for (const text of ['a', 'b', 'c']) group.propose(1, text);
    group.tick(1, 2);
    for (const { applied } of group.replicas) expect(applied.map(({ index }) => index)).toEqual([1, 2, 3, 4]);
  });
});

describe('Raft paper, sections 5.5 and 5.6: crashes and timing', () => {
  test('A follower that crashed and restarted takes up where its disk ends', () => {
    const group = new TestGroup(3);
    group.elect(1);
    group.propose(1, 'a');
    const { storage } = group.at(2);
    const { hardState } = storage.initialState();
    group.cut.add(2);
    group.propose(1, 'b');
    group.replicas[1] = new Replica({ hardState, log: storage.all(), voters: [1, 2, 3] }, { id: 2 });
    group.cut.clear();
    group.tick(1, 3);
    expect(group.at(2).storage.all()).toEqual(group.at(1).storage.all());
    expect(group.at(2).applied.map(({ index }) => index)).toEqual([1, 2, 3]);
  });

  test('A vote request received twice is answered twice alike', () => {
    const replica = new Replica();
    const ask = message(Vote, 2, 1);
    const [first] = replica.step(ask);
    const [second] = replica.step(ask);
    expect(second).toEqual(first);
  });

  test('Safety does not depend on timing: messages that arrive terms later change nothing', () => {
    const replica = elected(logOf(1), 1);
    const before = replica.node.status();
    replica.step(
      message(App, 3, 1, { entries: logOf(1, 1, 1), commit: 3 }),
      message(VoteResp, 3, 1),
      message(AppResp, 3, 1, { index: 2 }),
    );
    expect(replica.node.status()).toMatchObject({ commit: before.commit, term: before.term, role: 'leader' });
    expect(replica.terms()).toEqual([1, 2]);
  });
});

describe('Raft paper, section 6: cluster membership changes', () => {
  test('Removed servers that hear no heartbeats cannot disrupt the cluster', () => {
    const group = new TestGroup(4, { checkQuorum: true, preVote: true }, [], [1, 2, 3]);
    group.elect(1);
    const { term } = group.at(1).node;
    group.tick(4, 100);
    group.tick(1, 3);
    expect(group.at(1).node.status()).toMatchObject({ role: 'leader', term });
  });

  test('A server that was away for long comes back without an election', () => {
    const group = new TestGroup(3, { checkQuorum: true, preVote: true });
    group.elect(1);
    const { term } = group.at(1).node;
    group.cut.add(3);
    group.tick(3, 100);
    group.cut.clear();
    group.tick(1, 2);
    group.settle();
    expect(group.replicas.map(({ node }) => node.term)).toEqual([term, term, term]);
  });
});

describe('Raft dissertation, section 3.10: leadership transfer', () => {
  test('The prior leader sends a TimeoutNow once the target has its whole log, and the target wins at once', () => {
    const group = new TestGroup(3);
    group.elect(1);
    group.at(1).node.transferLeader(2);
    group.settle();
    expect(leadersOf(group)).toEqual([2]);
  });

  test('The prior leader stops accepting new client requests during the transfer', () => {
    const replica = elected();
    replica.step(message(AppResp, 2, 1, { index: 1 }));
    replica.node.transferLeader(3);
    expect(replica.node.propose(utf8('x'))).toBeDefined();
  });

  test('If the transfer does not complete after about an election timeout, the prior leader resumes', () => {
    const replica = elected();
    replica.step(message(AppResp, 2, 1, { index: 1 }));
    replica.node.transferLeader(3);
    replica.tick(10);
    expect(replica.node.propose(utf8('x'))).toBeUndefined();
  });

  test('A target that lags is brought up first: no TimeoutNow before its log matches', () => {
    const replica = elected();
    const isNow = ({ type }: Message): boolean => type === TimeoutNow;
    replica.node.transferLeader(2);
    expect(replica.take().some(isNow)).toBe(false);
    expect(replica.step(message(AppResp, 2, 1, { index: 1 })).filter(isNow)).toMatchObject([{ to: 2 }]);
  });
});

describe('Raft paper, section 7: log compaction', () => {
  const snapshot = {
    index: 3,
    term: 1,
    confState: { ...emptyConfState, voters: [1, 2, 3] },
    data: utf8('state'),
  };

  test('Each server takes snapshots independently, covering just the committed entries in its log', () => {
    const group = new TestGroup(3);
    group.elect(1);
    for (const text of ['a', 'b', 'c']) group.propose(1, text);
    const { storage } = group.at(2);
    storage.createSnapshot(group.at(2).node.applied, snapshot.confState, utf8('of 2'));
    storage.compact(group.at(2).node.applied);
    group.propose(1, 'd');
    group.tick(1, 2);
    expect(group.at(2).storage.lastIndex()).toBe(group.at(1).storage.lastIndex());
    expect(group.at(1).storage.firstIndex()).toBe(1);
  });

  test('The last included index and term support the check for the first entry that follows the snapshot', () => {
    const replica = new Replica();
    replica.step(message(Snap, 2, 1, { snapshot }));
    const [good] = replica.step(message(App, 2, 1, { index: 3, logTerm: 1, entries: [entry(1, 4)] }));
    expect(good).toMatchObject({ type: AppResp, index: 4, reject: false });
    const [bad] = replica.step(message(App, 2, 2, { index: 4, logTerm: 2, entries: [entry(2, 5)] }));
    expect(bad).toMatchObject({ reject: true });
  });

  test('An old snapshot that arrives late does not take the log back', () => {
    const replica = new Replica({ log: logOf(1, 1, 1, 1, 1), hardState: { term: 1, vote: 0, commit: 5 } });
    const [answer] = replica.step(message(Snap, 2, 1, { snapshot }));
    expect(replica.node.commit).toBe(5);
    expect(replica.storage.lastIndex()).toBe(5);
    expect(answer).toMatchObject({ type: AppResp, index: 5, reject: false });
  });
});
