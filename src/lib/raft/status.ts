import type { Raft } from './core.ts';
import type { Progress, ProgressState } from './progress.ts';
import type { TrackerConfig } from './tracker.ts';
import type { Role } from './types.ts';

/** A leader's knowledge of one member. */
export interface PeerStatus {
  readonly match: number;
  readonly next: number;
  readonly state: ProgressState;
  readonly isLearner: boolean;
  readonly recentActive: boolean;
  readonly paused: boolean;
  /** Index of the snapshot under way, or 0. */
  readonly pendingSnapshot: number;
  /** Append messages under way. */
  readonly inflight: number;
  readonly inflightFull: boolean;
}

export interface RaftStatus {
  readonly id: number;
  readonly role: Role;
  readonly lead: number;
  readonly term: number;
  readonly vote: number;
  readonly commit: number;
  readonly applied: number;
  readonly firstIndex: number;
  readonly lastIndex: number;
  /** Target of a leadership transfer under way, or 0. */
  readonly transferee: number;
  /** Ticks since the leader was heard from or an election began; on a leader since the last quorum check. */
  readonly electionElapsed: number;
  readonly config: TrackerConfig;
  /** By id; empty unless this replica leads. */
  readonly progress: ReadonlyMap<number, PeerStatus>;
}

/** What a leader knows of a member, as plain data. */
export function peerStatusOf(member: Progress): PeerStatus {
  return {
    match: member.match,
    next: member.next,
    state: member.state,
    isLearner: member.isLearner,
    recentActive: member.recentActive,
    paused: member.isPaused(),
    pendingSnapshot: member.pendingSnapshot,
    inflight: member.inflights.count,
    inflightFull: member.inflights.full(),
  };
}

export function statusOf(raft: Raft): RaftStatus {
  const progress = new Map<number, PeerStatus>();
  if (raft.role === 'leader') {
    for (const member of raft.tracker.members) progress.set(member.id, peerStatusOf(member));
  }
  return {
    id: raft.id,
    role: raft.role,
    lead: raft.lead,
    term: raft.term,
    vote: raft.vote,
    commit: raft.log.committed,
    applied: raft.log.applied,
    firstIndex: raft.log.firstIndex(),
    lastIndex: raft.log.lastIndex(),
    transferee: raft.transferee,
    electionElapsed: raft.electionElapsed,
    config: raft.tracker.config,
    progress,
  };
}
