import type { PeerId } from '../../base/index.ts';
import type { QueueView } from '../../queue/index.ts';
import { type ConfChange, type ConfState, type Message, MessageType, confChange } from '../../raft/index.ts';
import type { ReplicaStatus } from './replica-port.ts';

/** Entries that a learner may be behind and still count as caught up: what a busy queue commits in a round trip. */
const caughtUpWithin = 20;

/**
 * The next step from the members that Raft has to those that the queue names, or undefined when they agree. The queue's state says who
 * belongs (with a replica id per incarnation) and who may vote; the leader brings Raft there, one change at a time: who is to vote comes as a
 * learner and votes once it has caught up; replicas that gave way are removed. Who does not vote is no member of Raft: it listens. A
 * retired voter stays a learner until it is known to listen, so that it hears of its retirement from Raft.
 * @param listens whether a replica has asked to listen
 */
export function nextMembershipChange(
  state: QueueView,
  status: ReplicaStatus,
  listens: (replicaId: number) => boolean,
): ConfChange | undefined {
  const { confState, progress } = status;
  // One change at a time: a joint configuration is left by Raft itself.
  if (confState.votersOutgoing.length > 0) return undefined;
  const wanted = new Map<number, boolean>();
  for (const member of state.members.values()) wanted.set(member.replicaId, member.voter);
  const voters = new Set(confState.voters);
  const learners = new Set(confState.learners);

  for (const [id, votes] of wanted) {
    if (votes && !voters.has(id) && !learners.has(id)) return confChange([{ kind: 'add-learner', id }]);
  }
  for (const peer of progress) {
    // One that has confirmed nothing may not know yet that it was let in: a vote would be missing that nobody can give.
    const caughtUp = peer.active && peer.match > 0 && peer.match + caughtUpWithin >= status.commit;
    if (learners.has(peer.id) && wanted.get(peer.id) === true && caughtUp) {
      return confChange([{ kind: 'add-voter', id: peer.id }]);
    }
  }
  for (const id of [...voters, ...learners].sort((a, b) => a - b)) {
    const votes = wanted.get(id);
    // The last voter stays: a group without one could never decide anything again.
    if (voters.has(id) && voters.size === 1) continue;
    if (votes === undefined) return confChange([{ kind: 'remove', id }]);
    if (!votes && voters.has(id)) return confChange([{ kind: 'add-learner', id }]);
    if (!votes && learners.has(id) && listens(id)) return confChange([{ kind: 'remove', id }]);
  }
  return undefined;
}

/**
 * Whether the queue trusts a peer with a vote. Who is retired votes until Raft has followed the queue: without that, two voters of whom
 * one was just retired could never elect the leader that is to take the other's vote.
 */
export function mayVote(state: QueueView, confState: ConfState, peer: PeerId, replicaId: number): boolean {
  if (state.members.get(peer)?.voter ?? true) return true;
  return confState.voters.includes(replicaId) || confState.votersOutgoing.includes(replicaId);
}

/**
 * Whether one without a vote may say this: what a learner says on its own, that it has taken entries and that it is there. Raft
 * believes whoever speaks in the present term as its leader, so this is where guests are kept to answers.
 */
export function maySay({ type, term }: Message, termHere: number): boolean {
  return (type === MessageType.AppResp || type === MessageType.HeartbeatResp) && term <= termHere;
}
