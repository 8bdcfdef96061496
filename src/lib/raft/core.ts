import { Fault, type Log, type Random, type Refusal, assert, must } from '../base/index.ts';
import type { Progress } from './progress.ts';
import { RaftLog } from './raft-log.ts';
import { ReadOnly, type ReadMode } from './read-only.ts';
import type { Storage } from './storage.ts';
import { Tracker } from './tracker.ts';
import {
  type Entry,
  type EntrySize,
  EntryType,
  type HardState,
  type Message,
  MessageType,
  type ReadState,
  type Role,
  isLocalTarget,
  newEntry,
  newMessage,
  noBytes,
  nobody,
} from './types.ts';

/** Settings of one replica. */
export interface RaftConfig {
  /** This replica's id: 1 or more, never used before in this group. */
  readonly id: number;
  /** Ticks without a leader after which a campaign starts; each time a random number from here to twice as many. */
  readonly electionTicks: number;
  /** Ticks between a leader's heartbeats; less than `electionTicks`, better a tenth. */
  readonly heartbeatTicks: number;
  /** For the spread of election timeouts. */
  readonly random: Random;
  /** Last index that the application has applied already, on restart. */
  readonly applied?: number;
  /** Storage work goes out as messages (`StorageAppend`, `StorageApply`) instead of by Ready and advance. */
  readonly asyncStorageWrites?: boolean;
  /** What entries count for in the limits on their bytes. Default: their data and a fixed sum. */
  readonly entrySize?: EntrySize;
  /** Bytes of entries per append message (at least one entry is sent). Default: no limit. */
  readonly messageBytesMax?: number;
  /** Bytes of committed entries in application at a time. Default: `messageBytesMax`. */
  readonly committedBytesMax?: number;
  /** Payload bytes that may be uncommitted before proposals are dropped. Default: no limit. */
  readonly uncommittedBytesMax?: number;
  /** Append messages under way to one member. Default: 256. */
  readonly inflightMessagesMax?: number;
  /** Payload bytes under way to one member. Default: no limit. */
  readonly inflightBytesMax?: number;
  /** A leader that hears from no quorum steps down; voters that hear a leader refuse other candidates. */
  readonly checkQuorum?: boolean;
  /** Ask whether an election could be won before disturbing anybody with a new term. */
  readonly preVote?: boolean;
  readonly readMode?: ReadMode;
  /** A follower drops proposals instead of passing them to the leader. */
  readonly disableProposalForwarding?: boolean;
  /** Let changes of members into the log without checking them first. For conformance only. */
  readonly disableConfChangeValidation?: boolean;
  /** A leader that was removed or demoted steps down as soon as it applies that. */
  readonly stepDownOnRemoval?: boolean;
  /** Where the core tells what it does. Nothing is formatted when absent. */
  readonly trace?: Log;
}

export const proposalDropped: Refusal = { code: 'proposal-dropped', text: 'raft proposal dropped' };
export const localMessageRefused: Refusal = {
  code: 'local-message',
  text: 'raft: cannot step raft local message',
};
export const strangerRefused: Refusal = {
  code: 'unknown-peer',
  text: 'raft: cannot step as peer not found',
};

/**
 * The state of one replica and the transitions that everything else is made of. Pure: no clock, chance, storage
 * write or network; what is to be done leaves through `messages`, `afterAppend`, the log's unstable part and
 * `readStates`, all of it collected by `RawNode.ready()`.
 */
export class Raft {
  readonly id: number;
  term = 0;
  vote = nobody;
  lead = nobody;
  role: Role = 'follower';
  readonly log: RaftLog;
  tracker: Tracker;
  isLearner = false;
  /** Messages that may leave at once. */
  messages: Message[] = [];
  /**
   * Messages that promise something (votes, acknowledged entries): they may leave only after everything unstable up
   * to now is durable.
   */
  afterAppend: Message[] = [];
  readStates: ReadState[] = [];
  readOnly: ReadOnly;
  /** Reads that came before the first commit of the leader's term. */
  earlyReads: Message[] = [];
  /** Target of a leadership transfer under way. */
  transferee = nobody;
  /** No change of members may be proposed before everything up to here is applied. */
  pendingConfIndex = 0;
  electionElapsed = 0;
  heartbeatElapsed = 0;
  electionTimeout = 0;
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
  readonly messageBytesMax: number;
  readonly checkQuorum: boolean;
  readonly preVote: boolean;
  readonly forwardsProposals: boolean;
  readonly validatesConfChanges: boolean;
  readonly stepDownOnRemoval: boolean;
  readonly trace: Log | undefined;
  readonly #random: Random;
  readonly #uncommittedBytesMax: number;
  #uncommittedBytes = 0;

  constructor(config: RaftConfig, storage: Storage) {
    checkConfig(config);
    this.id = config.id;
    this.electionTicks = config.electionTicks;
    this.heartbeatTicks = config.heartbeatTicks;
    this.messageBytesMax = config.messageBytesMax ?? Infinity;
    this.checkQuorum = config.checkQuorum ?? false;
    this.preVote = config.preVote ?? false;
    this.forwardsProposals = !(config.disableProposalForwarding ?? false);
    this.validatesConfChanges = !(config.disableConfChangeValidation ?? false);
    this.stepDownOnRemoval = config.stepDownOnRemoval ?? false;
    this.trace = config.trace;
    this.#random = config.random;
    this.#uncommittedBytesMax = config.uncommittedBytesMax ?? Infinity;
    const committedBytesMax = config.committedBytesMax ?? this.messageBytesMax;
    this.log = new RaftLog(storage, this.trace, committedBytesMax, config.entrySize);
    this.tracker = new Tracker(config.inflightMessagesMax ?? 256, config.inflightBytesMax ?? 0);
    this.readOnly = new ReadOnly(config.readMode ?? 'safe');
  }

  hardState(): HardState {
    return { term: this.term, vote: this.vote, commit: this.log.committed };
  }

  /** Takes what was durable. */
  load(state: HardState): void {
    if (state.commit < this.log.committed || state.commit > this.log.lastIndex()) {
      throw new Fault(
        `stored commit ${state.commit} is outside of ${this.log.committed} … ${this.log.lastIndex()}`,
      );
    }
    this.log.committed = state.commit;
    this.term = state.term;
    this.vote = state.vote;
  }

  /** Own progress, if this replica is a member. */
  self(): Progress | undefined {
    return this.tracker.progress.get(this.id);
  }

  /** True if this replica may stand for election. */
  promotable(): boolean {
    const self = this.self();
    return self !== undefined && !self.isLearner && this.log.unstable.snapshot === undefined;
  }

  becomeFollower(term: number, lead: number): void {
    this.#reset(term);
    this.lead = lead;
    this.role = 'follower';
    this.trace?.info(`${this.id} follows ${lead} in term ${term}`);
  }

  becomeCandidate(): void {
    assert(this.role !== 'leader', 'a leader cannot become a candidate');
    this.#reset(this.term + 1);
    this.vote = this.id;
    this.role = 'candidate';
    this.trace?.info(`${this.id} is candidate in term ${this.term}`);
  }

  /** Asks around without touching term or vote. */
  becomePreCandidate(): void {
    assert(this.role !== 'leader', 'a leader cannot become a pre-candidate');
    this.tracker.clearVotes();
    this.lead = nobody;
    this.role = 'pre-candidate';
    this.trace?.info(`${this.id} is pre-candidate in term ${this.term}`);
  }

  becomeLeader(): void {
    assert(this.role !== 'follower', 'a follower cannot become leader');
    this.#reset(this.term);
    this.lead = this.id;
    this.role = 'leader';
    const self = must(this.self(), 'a leader must be a member');
    self.becomeReplicate();
    self.recentActive = true;
    // There may be an unapplied change of members anywhere in the tail: wait until all of it is applied.
    this.pendingConfIndex = this.log.lastIndex();
    // An entry of its own term lets the leader commit what its predecessors left behind.
    this.appendOne(EntryType.Normal, noBytes);
    this.trace?.info(`${this.id} leads term ${this.term}`);
  }

  /** Appends an entry of this term to the leader's log. False if too much is uncommitted already. */
  appendOne(type: EntryType, data: Uint8Array): boolean {
    if (!this.#reserve(data.length)) return false;
    const index = this.log.lastIndex() + 1;
    this.log.unstable.push(newEntry(this.term, index, type, data));
    this.#acknowledgeOwn(index);
    return true;
  }

  /** Appends proposed entries, giving them their place. False if too much is uncommitted already. */
  appendAll(proposed: readonly Entry[]): boolean {
    let bytes = 0;
    for (const entry of proposed) bytes += entry.data.length;
    if (!this.#reserve(bytes)) return false;
    let index = this.log.lastIndex();
    for (const entry of proposed) {
      index++;
      this.log.unstable.push(newEntry(this.term, index, entry.type, entry.data));
    }
    this.#acknowledgeOwn(index);
    return true;
  }

  /** Payload bytes that are applied no longer count as uncommitted. */
  release(bytes: number): void {
    this.#uncommittedBytes = Math.max(0, this.#uncommittedBytes - bytes);
  }

  /** True if an entry of this term is committed: only then does a leader know what is committed at all. */
  committedInTerm(): boolean {
    return this.log.term(this.log.committed) === this.term;
  }

  /** Sends an answer that must wait for durable storage. */
  sendAfterAppend(message: Message): void {
    this.afterAppend.push(message);
  }

  send(message: Message): void {
    assert(message.to !== this.id, 'a message to oneself');
    this.messages.push(message);
  }

  /** Draws the timeout of the next election, in ticks. */
  drawElectionTimeout(): void {
    this.electionTimeout = this.electionTicks + this.#random.below(this.electionTicks);
  }

  /** The leader's own log counts for commitment too, once it is durable. */
  #acknowledgeOwn(index: number): void {
    const message = newMessage(MessageType.AppResp, this.id, this.id, this.term);
    message.index = index;
    this.afterAppend.push(message);
  }

  /** Empty payloads are never refused, nor is the first one, whatever its size. */
  #reserve(bytes: number): boolean {
    const sum = this.#uncommittedBytes + bytes;
    if (bytes > 0 && this.#uncommittedBytes > 0 && sum > this.#uncommittedBytesMax) {
      this.trace?.warn(`${this.id} drops a proposal: ${sum} bytes would be uncommitted`);
      return false;
    }
    this.#uncommittedBytes = sum;
    return true;
  }

  #reset(term: number): void {
    if (this.term !== term) {
      this.term = term;
      this.vote = nobody;
    }
    this.lead = nobody;
    this.electionElapsed = 0;
    this.heartbeatElapsed = 0;
    this.drawElectionTimeout();
    this.transferee = nobody;
    this.tracker.clearVotes();
    const last = this.log.lastIndex();
    for (const member of this.tracker.members) member.restart(member.id === this.id ? last : 0, last + 1);
    this.pendingConfIndex = 0;
    this.#uncommittedBytes = 0;
    this.readOnly = new ReadOnly(this.readOnly.mode);
    this.earlyReads = [];
  }
}

function checkConfig(config: RaftConfig): void {
  assert(
    Number.isSafeInteger(config.id) && config.id !== nobody && !isLocalTarget(config.id),
    'a replica id is 1 or more',
  );
  assert(config.heartbeatTicks > 0, 'heartbeat ticks must be greater than 0');
  assert(config.electionTicks > config.heartbeatTicks, 'election ticks must be greater than heartbeat ticks');
  assert((config.inflightMessagesMax ?? 1) > 0, 'in-flight messages must be greater than 0');
  const bytesMax = config.inflightBytesMax ?? 0;
  assert(
    bytesMax === 0 || bytesMax >= (config.messageBytesMax ?? Infinity),
    'in-flight bytes must be at least the size of one message',
  );
  assert(config.readMode !== 'lease' || config.checkQuorum === true, 'lease reads need the quorum check');
}
