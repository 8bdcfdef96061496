import type { PeerId } from '../../base/index.ts';
import type { QueueView } from '../../queue/index.ts';
import {
  type ConfChange,
  type ConfChangeStep,
  type ConfState,
  type Message,
  MessageType,
  confChange,
} from '../../raft/index.ts';
import type { ReplicaStatus } from './replica-port.ts';

/** Entries that a learner may be behind and still count as caught up: what a busy queue commits in a round trip. */
const caughtUpWithin = 20;

/** What a leader does next so that Raft has the members that the queue names. */
export type MembershipStep =
  | { readonly kind: 'change'; readonly change: ConfChange }
  /** This leader is to lose its vote: that replica leads first, and goes on from there. */
  | { readonly kind: 'hand-over'; readonly to: number };

/** What this peer knows of other replicas besides what Raft does. */
export interface Others {
  /** Whether a replica has asked to listen. */
  readonly listens: (replicaId: number) => boolean;
  /** Whether the wire holds a connection to that replica now. */
  readonly isHere: (replicaId: number) => boolean;
}

/**
 * The next step from the members that Raft has to those that the queue names, or undefined when they agree. The queue's state says who
 * belongs (with a replica id per incarnation) and who is trusted with a vote; the leader brings Raft there, one change at a time. Who is
 * trusted comes as a learner; `nextVoters` says who votes. Who is not trusted is no member of Raft: it listens. A retired voter stays a
 * learner until it is known to listen, so that it hears of its retirement from Raft.
 */
export function nextMembershipStep(
  state: QueueView,
  status: ReplicaStatus,
  others: Others,
): MembershipStep | undefined {
  const { confState } = status;
  // One change at a time: a joint configuration is left by Raft itself.
  if (confState.votersOutgoing.length > 0) return undefined;
  const known = new Map<number, boolean>();
  for (const member of state.members.values()) known.set(member.replicaId, member.voter);
  const voters = new Set(confState.voters);
  const learners = new Set(confState.learners);

  for (const [id, trusted] of known)
    if (trusted && !voters.has(id) && !learners.has(id)) return change([{ kind: 'add-learner', id }]);

  const next = nextVoters(state, status, others.isHere);
  if (typeof next === 'number') return { kind: 'hand-over', to: next };
  const steps = [
    ...[...next].filter((id) => !voters.has(id)).map((id) => ({ kind: 'add-voter', id }) as const),
    ...[...voters]
      .filter((id) => !next.has(id))
      .map((id) => ({ kind: known.has(id) ? 'add-learner' : 'remove', id }) as const),
  ];
  if (steps.length > 0) return change(steps);

  for (const id of [...learners].sort((a, b) => a - b)) {
    const trusted = known.get(id);
    if (trusted === undefined || (!trusted && others.listens(id))) return change([{ kind: 'remove', id }]);
  }
  return undefined;
}

/**
 * Who votes next, from whom the queue trusts with a vote; or the replica that is to lead first, because this leader is not among them.
 *
 * One votes, or three and more do; two only where a person chose it (`settings.twoVoters`), or while the vote passes from one to the other.
 * Of two voters neither can be missed, so that a second one alone makes a queue stop more often and not less. So:
 *
 * - One becomes three by a single joint change, as soon as two learners are here and have caught up.
 * - Where two would be left, this leader votes alone again, by a single joint change. A majority of the old voters agrees to it, so that
 *   whoever goes may be dead or alive, and no step leaves two of whom one may vanish. All that was acknowledged is in this leader's log.
 * - A third one that comes back as its next incarnation is trusted still. Its old one counts until the new one has caught up, and both change
 *   in one step. With a dead one counted, three voters need the same two as those two alone would.
 * - A leader that is to lose its vote hands over first, to one that keeps it, because whoever leads knows first that a change is committed:
 *   who goes may vanish then. Where it is the only voter, one that has caught up is let vote for that.
 */
function nextVoters(
  state: QueueView,
  status: ReplicaStatus,
  isHere: (replicaId: number) => boolean,
): ReadonlySet<number> | number {
  const { replicaId: self, confState } = status;
  const trusted = trustedOf(state);
  const present = new Set(confState.voters);
  // Who was elected while it lost its vote gives way; see `Succession.giveWay`.
  if (!present.has(self)) return present;
  const byMatch = [...status.progress].sort((a, b) => b.match - a.match || a.id - b.id);
  const here = byMatch.filter(({ id, active }) => id !== self && trusted.has(id) && active && isHere(id));
  const caughtUp = here
    .filter((peer) => confState.learners.includes(peer.id) && hasCaughtUp(peer, status))
    .map(({ id }) => id);

  if (!trusted.has(self)) {
    const heir = here.find(({ id }) => present.has(id))?.id;
    if (heir !== undefined) return heir;
    return new Set([...present, ...caughtUp.slice(0, 1)]);
  }
  const kept = [...present].filter((id) => trusted.has(id));
  const next = new Set([...kept, ...caughtUp]);
  if (next.size !== 2 || state.head.settings.twoVoters) return next;
  return isThirdComingBack(state, trusted, present, kept) ? present : new Set([self]);
}

/** Replica ids that the queue trusts with a vote. */
function trustedOf(state: QueueView): ReadonlySet<number> {
  return new Set([...state.members.values()].filter(({ voter }) => voter).map(({ replicaId }) => replicaId));
}

/** One that has confirmed nothing may not know yet that it was let in: a vote would be missing that nobody can give. */
function hasCaughtUp({ match }: { readonly match: number }, { commit }: ReplicaStatus): boolean {
  return match > 0 && match + caughtUpWithin >= commit;
}

/** Whether a leader that is the only voter may go: another trusted replica was heard lately and can take its vote over. */
export function mayTakeOver(state: QueueView, status: ReplicaStatus): boolean {
  const trusted = trustedOf(state);
  return status.progress.some(
    (peer) =>
      peer.id !== status.replicaId && trusted.has(peer.id) && peer.active && hasCaughtUp(peer, status),
  );
}

/** Whether two voters stay, and a third one stays trusted too, whose replica gave way to its next incarnation. */
function isThirdComingBack(
  { members, removed }: QueueView,
  trusted: ReadonlySet<number>,
  present: ReadonlySet<number>,
  kept: readonly number[],
): boolean {
  const known = new Set([...members.values(), ...removed.values()].map(({ replicaId }) => replicaId));
  const going = [...present].filter((id) => !trusted.has(id));
  return kept.length === 2 && trusted.size > 2 && going.length > 0 && !going.some((id) => known.has(id));
}

function change(steps: readonly ConfChangeStep[]): MembershipStep {
  return { kind: 'change', change: confChange(steps) };
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
