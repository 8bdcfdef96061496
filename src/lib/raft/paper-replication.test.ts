import { describe, expect, test } from 'vitest';
import { utf8 } from '../base/index.ts';
import { Replica, TestGroup, entry, logOf, message } from './testing.ts';
import { type Entry, MessageType } from './types.ts';

const { App, AppResp, VoteResp } = MessageType;

function leader(log: readonly Entry[] = [], term = 0, voters: readonly number[] = [1, 2, 3]): Replica {
  const replica = new Replica({ voters, log, hardState: { term, vote: 0, commit: 0 } });
  replica.tick(10);
  for (const id of voters.slice(1)) replica.step(message(VoteResp, id, term + 1));
  expect(replica.node.role).toBe('leader');
  return replica;
}

describe('Raft paper, section 5.3: log replication', () => {
  test('The leader appends the command to its log as a new entry, then issues AppendEntries RPCs in parallel', () => {
    const replica = leader();
    replica.step(message(AppResp, 2, 1, { index: 1 }), message(AppResp, 3, 1, { index: 1 }));
    replica.node.propose(utf8('x'));
    const sent = replica.take();
    expect(sent.map(({ type, to, index, entries }) => [type, to, index, entries.length])).toEqual([
      [App, 2, 1, 1],
      [App, 3, 1, 1],
    ]);
    expect(replica.terms()).toEqual([1, 1]);
  });

  test('When the entry has been safely replicated, the leader applies the entry', () => {
    const replica = leader();
    expect(replica.applied).toEqual([]);
    replica.step(message(AppResp, 2, 1, { index: 1 }));
    expect(replica.applied.map(({ index }) => index)).toEqual([1]);
  });

  test.each([
    [1, [], true],
    [3, [], false],
    [3, [2], true],
    [5, [2], false],
    [5, [2, 3], true],
  ] as const)(
    'A log entry is committed once the leader has replicated it on a majority of the servers (%i servers, acks of %j: %s)',
    (size, acks, committed) => {
      const replica = leader(
        [],
        0,
        Array.from({ length: size }, (_, i) => i + 1),
      );
      for (const from of acks) replica.step(message(AppResp, from, 1, { index: 1 }));
      expect(replica.node.commit === 1).toBe(committed);
    },
  );

  test('Committing an entry also commits all preceding entries in the leader’s log', () => {
    const replica = leader(logOf(1, 2), 2);
    replica.step(message(AppResp, 2, 3, { index: 3 }));
    expect(replica.applied.map(({ index }) => index)).toEqual([1, 2, 3]);
  });

  test('The leader includes the highest index it knows to be committed in future AppendEntries RPCs', () => {
    const replica = leader();
    const sent = replica.step(message(AppResp, 2, 1, { index: 1 }));
    expect(sent.filter(({ type, to }) => type === App && to === 2).at(-1)?.commit).toBe(1);
  });

  test('Once a follower learns that a log entry is committed, it applies the entry in log order', () => {
    const replica = new Replica();
    replica.step(message(App, 2, 1, { entries: logOf(1, 1, 1), commit: 2 }));
    expect(replica.applied.map(({ index }) => index)).toEqual([1, 2]);
  });

  test('A follower acknowledges no commit beyond what the append itself brought', () => {
    const replica = new Replica({ log: logOf(1, 1, 1), hardState: { term: 1, vote: 0, commit: 0 } });
    replica.step(message(App, 2, 1, { index: 1, logTerm: 1, entries: [], commit: 3 }));
    expect(replica.node.commit).toBe(1);
  });

  test.each([
    [3, 3, true],
    [2, 3, true],
    [2, 2, false],
    [1, 1, false],
    [5, 3, true],
  ])(
    'If the follower does not find an entry with the same index and term, then it refuses the new entries (%i, %i: %s)',
    (index, logTerm, refused) => {
      const replica = new Replica({ log: logOf(1, 2), hardState: { term: 2, vote: 0, commit: 0 } });
      const [answer] = replica.step(message(App, 2, 3, { index, logTerm }));
      expect(answer).toMatchObject({ type: AppResp, reject: refused });
    },
  );

  test.each([
    [1, 1, [entry(2, 2)], [1, 2, 3]],
    [2, 2, [entry(3, 3), entry(4, 4)], [1, 2, 3, 4]],
    [0, 0, [entry(3, 1)], [3]],
    [1, 1, [entry(3, 2)], [1, 3]],
    [0, 0, [entry(1, 1)], [1, 2, 3]],
  ])(
    'If an existing entry conflicts with a new one, delete it and all that follow it; if not, delete nothing (%#)',
    (index, logTerm, entries, terms) => {
      const replica = new Replica({ log: logOf(1, 2, 3), hardState: { term: 3, vote: 0, commit: 0 } });
      replica.step(message(App, 2, 4, { index, logTerm, entries }));
      expect(replica.terms()).toEqual(terms);
    },
  );

  test('An old append that arrives late does not remove entries that came after it', () => {
    const replica = new Replica();
    replica.step(message(App, 2, 1, { entries: logOf(1, 1, 1) }));
    replica.step(message(App, 2, 1, { entries: logOf(1) }));
    expect(replica.terms()).toEqual([1, 1, 1]);
  });

  test.each([
    [[1, 1, 1, 4, 4, 5, 5, 6, 6]],
    [[1, 1, 1, 4]],
    [[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6]],
    [[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7]],
    [[1, 1, 1, 4, 4, 4, 4]],
    [[1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3]],
  ])('The leader forces the follower’s log %j to duplicate its own (figure 7)', (terms) => {
    const ours = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
    const hardState = { term: 7, vote: 0, commit: 0 };
    const group = new TestGroup(3, {}, [
      { log: logOf(...ours), hardState },
      { log: logOf(...terms), hardState },
      { log: [], hardState },
    ]);
    group.elect(1);
    expect(group.at(1).node.role).toBe('leader');
    expect(group.at(2).terms()).toEqual([...ours, 8]);
    expect(group.at(2).storage.all()).toEqual(group.at(1).storage.all());
  });

  test('A leader never overwrites or deletes entries in its own log', () => {
    const replica = leader(logOf(1, 1), 1);
    const before = replica.storage.all();
    replica.step(message(AppResp, 2, 2, { index: 2, reject: true, rejectHint: 0 }));
    replica.step(message(App, 3, 2, { entries: [entry(2, 1)] }));
    expect(replica.storage.all()).toEqual(before);
  });

  test('With the hint of a refusal at most one append per term is needed to find where the logs part', () => {
    const hardState = { term: 9, vote: 0, commit: 0 };
    const long = (term: number): number[] => Array.from({ length: 500 }, () => term);
    const ours = new Replica({ log: logOf(1, ...long(3)), hardState });
    const theirs = new Replica({ log: logOf(1, ...long(2)), hardState }, { id: 2 });
    ours.tick(10);
    let sent = ours.step(message(VoteResp, 2, 10));
    let appends = 0;
    while (sent.length > 0) {
      const forTwo = sent.filter(({ to, type }) => to === 2 && type === App);
      appends += forTwo.length;
      sent = ours.step(...theirs.step(...forTwo));
      if (theirs.node.lastIndex() === ours.node.lastIndex()) break;
    }
    expect(appends).toBeLessThanOrEqual(4);
    expect(theirs.storage.all()).toEqual(ours.storage.all());
  });

  test('A slow follower is retried until it stores all entries', () => {
    const group = new TestGroup(3);
    group.elect(1);
    group.cut.add(3);
    for (let i = 0; i < 20; i++) group.propose(1, `p${i}`);
    group.cut.clear();
    group.tick(1, 3);
    expect(group.at(3).storage.all()).toEqual(group.at(1).storage.all());
    expect(group.at(3).node.commit).toBe(21);
  });
});

describe('Raft paper, section 5.4.2: committing entries from previous terms', () => {
  test('Raft never commits log entries from previous terms by counting replicas (figure 8)', () => {
    const replica = leader(logOf(1, 2), 2);
    replica.step(message(AppResp, 2, 3, { index: 2 }), message(AppResp, 3, 3, { index: 2 }));
    expect(replica.node.commit).toBe(0);
  });

  test('Once an entry from the current term has been committed, all prior entries are committed indirectly', () => {
    const replica = leader(logOf(1, 2), 2);
    replica.step(message(AppResp, 2, 3, { index: 3 }));
    expect(replica.node.commit).toBe(3);
  });

  test('Log entries retain their original term numbers when a leader replicates entries from previous terms', () => {
    const hardState = { term: 2, vote: 0, commit: 0 };
    const group = new TestGroup(3, {}, [{ log: logOf(1, 2), hardState }, { hardState }, { hardState }]);
    group.elect(1);
    expect(group.at(2).terms()).toEqual([1, 2, 3]);
  });

  test('Leader completeness: an entry committed in a term is in the log of every later leader', () => {
    const group = new TestGroup(5);
    group.elect(1);
    group.propose(1, 'kept');
    const kept = group.at(1).storage.all();
    for (const id of [2, 3, 4]) {
      group.cut.clear();
      group.cut.add(id - 1);
      group.elect(id);
      if (group.at(id).node.role === 'leader') {
        expect(group.at(id).storage.all().slice(0, kept.length)).toEqual(kept);
      }
    }
  });
});
