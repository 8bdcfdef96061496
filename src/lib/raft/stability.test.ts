import { describe, expect, test } from 'vitest';
import { utf8 } from '../base/index.ts';
import { Replica, TestGroup, message } from './testing.ts';
import { MessageType } from './types.ts';

const { App, AppResp, Heartbeat, HeartbeatResp, PreVote, PreVoteResp, TimeoutNow, Vote, VoteResp } =
  MessageType;

describe('a group with pre-vote and quorum check', () => {
  const settings = { preVote: true, checkQuorum: true };

  test('is not disturbed by a replica that comes back after being cut off', () => {
    const group = new TestGroup(3, settings);
    group.elect(1);
    group.cut.add(3);
    for (let i = 0; i < 5; i++) group.at(3).tick(20);
    group.cut.clear();
    group.tick(1, 2);
    group.at(3).node.campaign();
    group.settle();
    expect(group.at(1).node.status()).toMatchObject({ role: 'leader', term: 1 });
    expect(group.at(3).node.term).toBe(1);
  });

  test('has no leader that hears from nobody for two election timeouts', () => {
    const group = new TestGroup(3, settings);
    group.elect(1);
    group.cut.add(1);
    group.tick(1, 20);
    expect(group.at(1).node.role).toBe('follower');
  });

  test('hands leadership over although voters hear from a leader', () => {
    const group = new TestGroup(3, settings);
    group.elect(1);
    group.at(1).node.transferLeader(3);
    group.settle();
    expect(group.at(3).node.status()).toMatchObject({ role: 'leader', term: 2 });
    expect(group.at(1).node.lead).toBe(3);
  });

  test('lets a replica vote that was told to forget its leader', () => {
    const group = new TestGroup(3, settings);
    group.elect(1);
    group.cut.add(1);
    group.at(2).node.forgetLeader();
    group.at(3).node.forgetLeader();
    group.elect(2);
    expect(group.at(2).node.role).toBe('leader');
  });

  test('brings back a candidate whose term ran ahead, by refusing with the newer term', () => {
    const replica = new Replica({ hardState: { term: 5, vote: 0, commit: 0 } }, settings);
    const [answer] = replica.step(message(PreVote, 2, 3));
    expect(answer).toMatchObject({ type: PreVoteResp, term: 5, reject: true });
    const [toLeader] = replica.step(message(Heartbeat, 2, 3));
    expect(toLeader).toMatchObject({ type: AppResp, term: 5 });
  });

  test('spends no term on an election that cannot be won', () => {
    const replica = new Replica({}, settings);
    const sent = replica.tick(10);
    expect(sent.map(({ type, term }) => [type, term])).toEqual([
      [PreVote, 1],
      [PreVote, 1],
    ]);
    replica.step(message(PreVoteResp, 2, 0, { reject: true }));
    expect(replica.node.status()).toMatchObject({ term: 0, vote: 0 });
  });
});

describe('a leadership transfer', () => {
  test('waits until its target has the whole log, and drops proposals meanwhile', () => {
    const group = new TestGroup(3);
    group.elect(1);
    group.cut.add(3);
    group.propose(1, 'not yet on 3');
    group.at(1).node.transferLeader(3);
    expect(group.at(1).node.propose(utf8('x'))?.code).toBe('proposal-dropped');
    group.cut.clear();
    group.tick(1, 2);
    expect(group.at(3).node.role).toBe('leader');
  });

  test('is given up after an election timeout', () => {
    const group = new TestGroup(3);
    group.elect(1);
    group.cut.add(3);
    group.at(1).node.transferLeader(3);
    group.tick(1, 10);
    expect(group.at(1).node.propose(utf8('x'))).toBeUndefined();
  });

  test('to a learner does nothing', () => {
    const replica = new Replica({ voters: [1], learners: [2] });
    replica.tick(10);
    replica.node.transferLeader(2);
    expect(replica.take().some(({ type }) => type === TimeoutNow)).toBe(false);
    expect(replica.node.status().transferee).toBe(0);
  });
});

describe('flow control', () => {
  function leader(config: {
    inflightMessagesMax?: number;
    messageBytesMax?: number;
    uncommittedBytesMax?: number;
  }): Replica {
    const replica = new Replica({ voters: [1, 2] }, config);
    replica.tick(10);
    replica.step(message(VoteResp, 2, 1), message(AppResp, 2, 1, { index: 1 }));
    return replica;
  }

  test('sends no more appends than the window holds, and goes on when they are acknowledged', () => {
    const replica = leader({ inflightMessagesMax: 2 });
    const sentFor = (count: number): number => {
      for (let i = 0; i < count; i++) replica.node.propose(utf8('x'));
      return replica.take().filter(({ type, entries }) => type === App && entries.length > 0).length;
    };
    expect(sentFor(5)).toBe(2);
    expect(replica.node.status().progress.get(2)).toMatchObject({
      paused: true,
      inflight: 2,
      inflightFull: true,
    });
    const more = replica.step(message(AppResp, 2, 1, { index: 3 }));
    expect(more.filter(({ entries }) => entries.length > 0).map(({ entries }) => entries.length)).toEqual([
      3,
    ]);
  });

  test('keeps a full window alive with an empty append per heartbeat', () => {
    const replica = leader({ inflightMessagesMax: 1 });
    replica.node.propose(utf8('a'));
    replica.node.propose(utf8('b'));
    replica.take();
    const sent = replica.step(message(HeartbeatResp, 2, 1));
    expect(sent.filter(({ type }) => type === App).map(({ entries }) => entries.length)).toEqual([0]);
  });

  test('probes with one append at a time after a member was unreachable', () => {
    const replica = leader({});
    replica.node.reportUnreachable(2);
    replica.node.propose(utf8('a'));
    replica.node.propose(utf8('b'));
    expect(replica.take().filter(({ type }) => type === App)).toHaveLength(1);
    expect(replica.node.status().progress.get(2)).toMatchObject({ state: 'probe', paused: true });
  });

  test('drops proposals beyond the limit of uncommitted bytes, but never the first, nor empty ones', () => {
    const replica = leader({ uncommittedBytesMax: 100 });
    expect(replica.node.propose(new Uint8Array(300))).toBeUndefined();
    expect(replica.node.propose(new Uint8Array(1))?.code).toBe('proposal-dropped');
    expect(replica.node.propose(new Uint8Array(0))).toBeUndefined();
    replica.take();
    replica.step(message(AppResp, 2, 1, { index: replica.node.lastIndex() }));
    expect(replica.node.propose(new Uint8Array(1))).toBeUndefined();
  });

  test('cuts appends at the limit of bytes per message', () => {
    const replica = new Replica({ voters: [1, 2] }, { messageBytesMax: 250 });
    replica.tick(10);
    replica.step(message(VoteResp, 2, 1));
    for (let i = 0; i < 6; i++) replica.node.propose(new Uint8Array(100));
    replica.take();
    const sent = replica.step(message(AppResp, 2, 1, { index: 1 }));
    expect(sent.filter(({ entries }) => entries.length > 0).map(({ entries }) => entries.length)).toEqual([
      2, 2, 2,
    ]);
  });
});

describe('a follower', () => {
  test('passes proposals on to its leader, unless told not to', () => {
    for (const disableProposalForwarding of [false, true]) {
      const replica = new Replica({}, { disableProposalForwarding });
      replica.step(message(Heartbeat, 2, 1));
      expect(replica.node.propose(utf8('x'))?.code).toBe(
        disableProposalForwarding ? 'proposal-dropped' : undefined,
      );
      expect(replica.take().map(({ type, to }) => [type, to])).toEqual(
        disableProposalForwarding ? [] : [[MessageType.Prop, 2]],
      );
    }
  });

  test('votes for a candidate only once its vote is part of what is stored', () => {
    const replica = new Replica();
    replica.node.step(message(Vote, 2, 1));
    const ready = replica.node.ready();
    expect(ready.hardState).toMatchObject({ term: 1, vote: 2 });
    expect(ready.messages.map(({ type }) => type)).toEqual([VoteResp]);
  });
});
