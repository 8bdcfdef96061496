import { describe, expect, it } from 'vitest';
import { type ConfState, MessageType } from '../../raft/index.ts';
import { Replica, message } from '../../raft/testing.ts';
import { electionTicks } from '../limits.ts';
import { replicaStatus } from './replica-port.ts';

const conf: ConfState = {
  voters: [2, 3],
  learners: [1],
  votersOutgoing: [],
  learnersNext: [],
  autoLeave: false,
};

function heard() {
  const replica = new Replica({ voters: conf.voters, learners: conf.learners }, { id: 1, electionTicks });
  replica.step(message(MessageType.Heartbeat, 2, 5));
  return { replica, leader: () => replicaStatus(replica.node, conf, false).leader };
}

describe('the leader that a replica without a vote names', () => {
  it('is who it hears', () => {
    const { replica, leader } = heard();
    replica.tick(2 * electionTicks);
    expect(leader()).toBe(2);
    replica.step(message(MessageType.Heartbeat, 2, 5));
    replica.tick(2 * electionTicks);
    expect(leader()).toBe(2);
  });

  it('is nobody once it has been silent for as long as a voter would wait: it may have been taken out, and has to ask', () => {
    const { replica, leader } = heard();
    replica.tick(2 * electionTicks + 1);
    expect(leader()).toBe(0);
    replica.step(message(MessageType.Heartbeat, 3, 6));
    expect(leader()).toBe(3);
  });
});
