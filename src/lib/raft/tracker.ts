import { Inflights, Progress } from './progress.ts';
import { type VoteResult, jointCommitted, jointVote, unionIds } from './quorum.ts';
import type { ConfState } from './types.ts';

/** The active configuration. Lists are sorted and never changed in place. */
export interface TrackerConfig {
  readonly incoming: readonly number[];
  /** Empty unless the configuration is joint. */
  readonly outgoing: readonly number[];
  readonly learners: readonly number[];
  readonly learnersNext: readonly number[];
  readonly autoLeave: boolean;
}

export const emptyConfig: TrackerConfig = {
  incoming: [],
  outgoing: [],
  learners: [],
  learnersNext: [],
  autoLeave: false,
};

export function isJoint(config: TrackerConfig): boolean {
  return config.outgoing.length > 0;
}

export function confStateOf(config: TrackerConfig): ConfState {
  return {
    voters: config.incoming,
    learners: config.learners,
    votersOutgoing: config.outgoing,
    learnersNext: config.learnersNext,
    autoLeave: config.autoLeave,
  };
}

/** The members, what is known of their logs, and the votes of the current campaign. */
export class Tracker {
  readonly inflightMessagesMax: number;
  readonly inflightBytesMax: number;
  config: TrackerConfig = emptyConfig;
  progress = new Map<number, Progress>();
  /** All members by id: the order of everything that is sent to several of them. */
  members: readonly Progress[] = [];
  readonly #votes = new Map<number, boolean>();
  readonly #matchOf = (id: number): number | undefined => this.progress.get(id)?.match;
  readonly #voteOf = (id: number): boolean | undefined => this.#votes.get(id);

  constructor(inflightMessagesMax: number, inflightBytesMax: number) {
    this.inflightMessagesMax = inflightMessagesMax;
    this.inflightBytesMax = inflightBytesMax;
  }

  /** Takes a new configuration with the members' progress. */
  use(config: TrackerConfig, progress: Map<number, Progress>): void {
    this.config = config;
    this.progress = progress;
    this.members = [...progress.values()].sort((a, b) => a.id - b.id);
  }

  newProgress(id: number, next: number, isLearner: boolean): Progress {
    const window = new Inflights(this.inflightMessagesMax, this.inflightBytesMax);
    // A new member counts as heard from: a quorum check must not depose the leader before the member had a chance.
    return new Progress(id, 0, next, window, isLearner, true);
  }

  /** Highest index that a quorum of the voters holds. */
  committed(): number {
    return jointCommitted(this.config.incoming, this.config.outgoing, this.#matchOf);
  }

  /** Voters of both halves, sorted. */
  voters(): number[] {
    return unionIds(this.config.incoming, this.config.outgoing);
  }

  isVoter(id: number): boolean {
    return this.config.incoming.includes(id) || this.config.outgoing.includes(id);
  }

  /** True if this replica alone decides everything. */
  isOnlyVoter(id: number): boolean {
    return (
      this.config.incoming.length === 1 && this.config.outgoing.length === 0 && this.config.incoming[0] === id
    );
  }

  /** True if a quorum of voters was heard from since the last check. */
  quorumActive(): boolean {
    const heard = (id: number): boolean | undefined => this.progress.get(id)?.recentActive;
    return jointVote(this.config.incoming, this.config.outgoing, heard) === 'won';
  }

  clearVotes(): void {
    this.#votes.clear();
  }

  /** Notes a vote. Only the first of each voter counts. */
  recordVote(id: number, granted: boolean): void {
    if (!this.#votes.has(id)) this.#votes.set(id, granted);
  }

  tally(): { granted: number; rejected: number; result: VoteResult } {
    let granted = 0;
    let rejected = 0;
    for (const member of this.members) {
      if (member.isLearner) continue;
      const vote = this.#votes.get(member.id);
      if (vote === true) granted++;
      else if (vote === false) rejected++;
    }
    return { granted, rejected, result: jointVote(this.config.incoming, this.config.outgoing, this.#voteOf) };
  }

  /** The result of a quorum of arbitrary acknowledgements (read requests). */
  committedBy(ackedOf: (id: number) => number | undefined): number {
    return jointCommitted(this.config.incoming, this.config.outgoing, ackedOf);
  }
}
