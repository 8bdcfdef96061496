import type { Bytes, Clock, Log, Random } from '../../base/index.ts';
import type { Applied, OpenEnvelope, QueueState } from '../../queue/index.ts';
import type { ConfState, RaftStatus, RawNode } from '../../raft/index.ts';
import type { ReplicaLog, StoredEntry } from '../../storage/port.ts';
import { electionTicks } from '../limits.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import type { VoteTold } from './leader-claims.ts';
import type { HandOvers } from './message-filter.ts';
import type { Office } from './office.ts';
import type { DiskState, RaftFrame } from './raft-frame.ts';

/** What a replica is handed by its host. */
export interface ReplicaPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly disk: ReplicaLog;
  /**
   * Hands a message to the wire for another replica; lost messages are Raft's daily bread. `resting` says that this replica rests: then
   * the message need not wake who gets it. `handOver` is a leader's signature that goes with it.
   */
  readonly send: (to: number, message: Bytes, resting: boolean, handOver: Bytes | undefined) => void;
  readonly handOvers: HandOvers;
  /** Asks a voter for whom it has voted in its present term; undefined when it does not say. */
  readonly askForVote: (replica: number) => Promise<VoteTold | undefined>;
  /** What other replicas were heard to have on their disks. */
  readonly acknowledgements: Acknowledgements;
  /** Whether the wire holds a connection to that replica's peer now. */
  readonly isConnected: (replica: number) => boolean;
  /** Asks a replica for a chunk of a snapshot that it offered; see `PullPorts.ask`. */
  readonly askForChunk: (replica: number, digest: Bytes, chunk: number) => Promise<Bytes | undefined>;
  /** A message was dropped. The reason is a word of this app's. */
  readonly onDropped: (reason: string) => void;
  /** After each applied entry. */
  readonly onApplied: (applied: Applied) => void;
  /** Role, term, commit or leader may have changed. */
  readonly onChange: () => void;
  /** The replica has stopped for good: a fault, a failed write, an unknown rules version. */
  readonly onStopped: (code: string, text: string) => void;
}

/** What a queue's host needs of its replica, whether that takes part in Raft or listens. */
export interface QueueReplica {
  readonly replicaId: number;
  readonly state: QueueState;
  readonly stopped: boolean;
  /** It leads, and knows the queue's time. */
  readonly admits: boolean;
  /** The share of a snapshot under way that is here, from 0 to 1; undefined when none is being copied. */
  readonly copied: number | undefined;
  readonly opener: OpenEnvelope;
  /** How leadership passes on; undefined for who has no part in that. */
  readonly office: Office | undefined;
  status(): ReplicaStatus;
  logTimeMs(): number | undefined;
  propose(envelope: Uint8Array): boolean;
  unreachable(replicaId: number): void;
  /** `not-trusted` when only a voter may say such a thing. */
  receive(frame: Omit<RaftFrame, 'to' | 'life'>, mayVote: boolean): 'not-trusted' | undefined;
  /** Entries in its log behind the applied state: they may be committed or not, and nobody is left to ask. */
  tail(): readonly StoredEntry[];
  /** For whom it has voted in its present term. */
  readonly vote: VoteTold;
  /** What is surely on its disk. */
  readonly disk: DiskState;
  /** The last entry up to `last` that it surely knows to be committed, and its term; 0 for none. */
  committedUpTo(last: number): Pick<DiskState, 'commit' | 'commitTerm'>;
  /** A voter knows that the entry (index, term) is committed. */
  learnCommit(index: number, term: number): void;
  /** True while nothing is to be done here and this replica costs nearly nothing. */
  readonly isResting: boolean;
  /** Connections of this peer have come or gone. */
  connectionsChanged(): void;
  /** Somebody here wants something of the queue: a replica that rests looks whether its leader is there. */
  stir(): void;
  snapshotChunk(replicaId: number, name: string, chunk: number): Uint8Array | undefined;
  /** Stops for good, for a reason that `halting.ts` knows; what it has can still be read. */
  halt(code: string, text: string): void;
  /** Stops, waits for writes under way, and leaves the log open for who takes over. */
  release(): Promise<void>;
  close(): Promise<void>;
}

export interface ReplicaStatus {
  readonly replicaId: number;
  readonly role: string;
  /** It leads, and has applied all that came before it, so that it knows the queue's time. */
  readonly admits: boolean;
  /** Replica id of the leader, 0 when none is known. */
  readonly leader: number;
  readonly term: number;
  readonly commit: number;
  readonly applied: number;
  readonly confState: ConfState;
  /** On a leader: how far each other replica is. */
  readonly progress: readonly { readonly id: number; readonly match: number; readonly active: boolean }[];
}

export function replicaStatus(node: RawNode, confState: ConfState, admits: boolean): ReplicaStatus {
  const status = node.status();
  const { id, role, term, commit, applied, progress } = status;
  return {
    replicaId: id,
    role,
    admits,
    leader: isGone(status, confState) ? 0 : status.lead,
    term,
    commit,
    applied,
    confState,
    progress: [...progress].map(([peer, { match, recentActive }]) => ({
      id: peer,
      match,
      active: recentActive,
    })),
  };
}

/**
 * Ticks without a word after which a leader is one no more for a replica without a vote: the longest that a voter waits before it stands for
 * election. A leader that rests is no silent one, because then nothing ticks here either.
 */
const silentTicks = 2 * electionTicks;

/** Whether a replica without a vote still names a leader that is silent: a voter would stand for election, and so forget it; Raft's learners never do. */
function isGone({ id, role, electionElapsed }: RaftStatus, { voters, votersOutgoing }: ConfState): boolean {
  const votes = voters.includes(id) || votersOutgoing.includes(id);
  return role === 'follower' && !votes && electionElapsed > silentTicks;
}
