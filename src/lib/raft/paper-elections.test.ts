import { describe, expect, test } from 'vitest';
import { Replica, TestGroup, entry, logOf, message } from './testing.ts';
import { MessageType } from './types.ts';

const { App, AppResp, Heartbeat, HeartbeatResp, Vote, VoteResp } = MessageType;

describe('Raft paper, section 5.1: basics', () => {
  test.each(['follower', 'candidate', 'leader'] as const)(
    "If one server's current term is smaller than the other's, then it updates its current term to the larger value (%s)",
    (role) => {
      const replica = inRole(role);
      replica.step(message(App, 2, 7));
      expect(replica.node.term).toBe(7);
    },
  );

  test.each(['candidate', 'leader'] as const)(
    'If a %s discovers that its term is out of date, it immediately reverts to follower state',
    (role) => {
      const replica = inRole(role);
      replica.step(message(HeartbeatResp, 2, 7));
      expect(replica.node.role).toBe('follower');
    },
  );

  test('If a server receives a request with a stale term number, it rejects the request', () => {
    const replica = new Replica({ hardState: { term: 5, vote: 0, commit: 0 } });
    replica.step(message(App, 2, 4, { entries: [entry(4, 1)], commit: 1 }));
    expect(replica.terms()).toEqual([]);
    expect(replica.node.lead).toBe(0);
  });
});

describe('Raft paper, section 5.2: leader election', () => {
  test('When servers start up, they begin as followers', () => {
    expect(new Replica().node.role).toBe('follower');
  });

  test('A server remains in follower state as long as it receives valid RPCs from a leader or candidate', () => {
    const replica = new Replica();
    for (let i = 0; i < 5; i++) {
      replica.tick(9);
      replica.step(message(Heartbeat, 2, 1));
    }
    expect(replica.node.role).toBe('follower');
  });

  test('Leaders send periodic heartbeats (AppendEntries RPCs that carry no log entries) to all followers', () => {
    const replica = inRole('leader');
    const sent = replica.tick(1).filter(({ type }) => type === Heartbeat);
    expect(sent.map(({ to, entries }) => [to, entries.length])).toEqual([
      [2, 0],
      [3, 0],
    ]);
  });

  test('If a follower receives no communication over the election timeout, it begins an election', () => {
    const replica = new Replica();
    expect(replica.tick(9)).toEqual([]);
    const sent = replica.tick(1);
    expect(replica.node.role).toBe('candidate');
    expect(sent.map(({ type, to }) => [type, to])).toEqual([
      [Vote, 2],
      [Vote, 3],
    ]);
  });

  test('To begin an election, a follower increments its current term, votes for itself and issues RequestVote RPCs', () => {
    const replica = new Replica({ hardState: { term: 3, vote: 0, commit: 0 } });
    const sent = replica.tick(10);
    expect(replica.node.status()).toMatchObject({ term: 4, vote: 1, role: 'candidate' });
    expect(sent.every(({ term }) => term === 4)).toBe(true);
  });

  test.each([
    [1, [], 'leader'],
    [3, [], 'candidate'],
    [3, [2], 'leader'],
    [5, [2], 'candidate'],
    [5, [2, 3], 'leader'],
  ] as const)(
    'A candidate wins an election if it receives votes from a majority of the servers (%i servers, votes of %j: %s)',
    (size, granting, role) => {
      const replica = new Replica({ voters: Array.from({ length: size }, (_, i) => i + 1) });
      replica.tick(10);
      for (const from of granting) replica.step(message(VoteResp, from, 1));
      expect(replica.node.role).toBe(role);
    },
  );

  test('Each server will vote for at most one candidate in a given term, on a first-come-first-served basis', () => {
    const replica = new Replica();
    const [first] = replica.step(message(Vote, 2, 1));
    const [second] = replica.step(message(Vote, 3, 1));
    const [again] = replica.step(message(Vote, 2, 1));
    expect([first?.reject, second?.reject, again?.reject]).toEqual([false, true, false]);
  });

  test('Once a candidate wins an election, it sends messages to all of the other servers to establish its authority', () => {
    const replica = new Replica();
    replica.tick(10);
    const sent = replica.step(message(VoteResp, 2, 1));
    expect(sent.map(({ type, to }) => [type, to])).toEqual([
      [App, 2],
      [App, 3],
    ]);
  });

  test.each([App, Heartbeat])(
    'If the leader’s term is at least as large as the candidate’s, the candidate recognizes the leader as legitimate (type %i)',
    (type) => {
      const replica = inRole('candidate');
      replica.step(message(type, 2, replica.node.term));
      expect(replica.node.status()).toMatchObject({ role: 'follower', lead: 2 });
    },
  );

  test('If the term in the RPC is smaller than the candidate’s current term, the candidate continues in candidate state', () => {
    const replica = new Replica({ hardState: { term: 4, vote: 0, commit: 0 } });
    replica.tick(10);
    replica.step(message(App, 2, 4));
    expect(replica.node.role).toBe('candidate');
  });

  test('When votes are split, each candidate will time out and start a new election by incrementing its term', () => {
    const replica = inRole('candidate');
    replica.step(message(VoteResp, 2, 1, { reject: true }));
    replica.tick(10);
    expect(replica.node.status()).toMatchObject({ role: 'candidate', term: 2 });
  });

  test('A candidate that loses becomes a follower again', () => {
    const replica = inRole('candidate');
    replica.step(message(VoteResp, 2, 1, { reject: true }), message(VoteResp, 3, 1, { reject: true }));
    expect(replica.node.status()).toMatchObject({ role: 'follower', term: 1, lead: 0 });
  });

  test('Election timeouts are chosen randomly from a fixed interval', () => {
    const seen = new Set<number>();
    for (let draw = 0; draw < 10; draw++) {
      const random = { below: () => draw, bytes: (length: number) => new Uint8Array(length) };
      const replica = new Replica({}, { random });
      let ticks = 0;
      while (replica.node.role === 'follower') {
        replica.tick(1);
        ticks++;
      }
      seen.add(ticks);
    }
    expect([...seen].sort((a, b) => a - b)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  });

  test('At most one leader can be elected in a given term', () => {
    const group = new TestGroup(5);
    group.at(1).node.campaign();
    group.at(2).node.campaign();
    group.settle();
    expect(group.replicas.filter(({ node }) => node.role === 'leader').length).toBeLessThanOrEqual(1);
  });
});

describe('Raft paper, section 5.4.1: election restriction', () => {
  test.each([
    [logOf(1), 1, 1, false],
    [logOf(1), 1, 2, false],
    [logOf(1), 2, 1, false],
    [logOf(1, 1), 1, 1, true],
    [logOf(1, 1), 2, 1, false],
    [logOf(2), 1, 2, true],
    [logOf(2), 2, 1, false],
    [logOf(2, 2), 1, 3, true],
  ])(
    'The voter denies its vote if its own log is more up-to-date than that of the candidate (%#)',
    (log, candidateTerm, candidateIndex, rejected) => {
      const replica = new Replica({ log, hardState: { term: 2, vote: 0, commit: 0 } });
      const [answer] = replica.step(message(Vote, 2, 3, { logTerm: candidateTerm, index: candidateIndex }));
      expect(answer?.reject).toBe(rejected);
    },
  );

  test('RequestVote includes information about the candidate’s log: index and term of its last entry', () => {
    const replica = new Replica({ log: logOf(1, 2, 2), hardState: { term: 2, vote: 0, commit: 0 } });
    expect(replica.tick(10).every(({ index, logTerm }) => index === 3 && logTerm === 2)).toBe(true);
  });

  test('A candidate whose log lacks a committed entry cannot win', () => {
    const group = new TestGroup(3);
    group.elect(1);
    group.cut.add(3);
    group.propose(1, 'committed without 3');
    group.cut.clear();
    group.cut.add(1);
    group.elect(3);
    expect(group.at(3).node.role).not.toBe('leader');
    group.elect(2);
    expect(group.at(2).node.role).toBe('leader');
  });
});

describe('Raft paper, sections 5.5 and 5.6: crashes and timing', () => {
  test('A server that restarts remembers its vote and grants no other in the same term', () => {
    const before = new Replica();
    before.step(message(Vote, 2, 3));
    const { hardState } = before.storage.initialState();
    const after = new Replica({ hardState });
    expect(after.step(message(Vote, 3, 3))[0]?.reject).toBe(true);
    expect(after.step(message(Vote, 2, 3))[0]?.reject).toBe(false);
  });

  test('Raft RPCs are idempotent: an append received twice changes nothing', () => {
    const replica = new Replica();
    const append = message(App, 2, 1, { entries: logOf(1, 1) });
    const [first] = replica.step(append);
    const [second] = replica.step(append);
    expect(second).toEqual(first);
    expect(replica.terms()).toEqual([1, 1]);
    expect(first).toMatchObject({ type: AppResp, index: 2, reject: false });
  });

  test('A vote leaves only after it is durable', () => {
    const replica = new Replica({}, { asyncStorageWrites: true });
    replica.node.step(message(Vote, 2, 1));
    const ready = replica.node.ready();
    expect(ready.messages.map(({ type }) => type)).toEqual([MessageType.StorageAppend]);
    expect(ready.messages[0]?.responses.map(({ type, to }) => [type, to])).toEqual([[VoteResp, 2]]);
    expect(ready.mustSync).toBe(true);
  });
});

function inRole(role: 'follower' | 'candidate' | 'leader'): Replica {
  const replica = new Replica();
  if (role !== 'follower') replica.tick(10);
  if (role === 'leader') replica.step(message(VoteResp, 2, 1));
  expect(replica.node.role).toBe(role);
  return replica;
}
