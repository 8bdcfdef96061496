import { Fault, type Refusal, assert } from '../base/index.ts';
import { restoreConfig } from './changer.ts';
import { type ConfChange, encodeConfChange, entryTypeOf } from './conf-change.ts';
import { Raft, type RaftConfig, localMessageRefused, strangerRefused } from './core.ts';
import { proposeOne } from './leader.ts';
import { applyConfChange, checkConfChange, switchTo } from './membership.ts';
import { type Ready, storageAppend, storageApply } from './ready.ts';
import { type RaftStatus, statusOf } from './status.ts';
import { step, storageAppended, storageApplied, tick } from './step.ts';
import type { Storage } from './storage.ts';
import {
  type ConfState,
  type Entry,
  EntryType,
  type HardState,
  type Message,
  MessageType,
  type ReadState,
  type Role,
  type Snapshot,
  type SoftState,
  isLocalTarget,
  isLocalType,
  isResponseType,
  newEntry,
  newMessage,
  noEntries,
  noMessages,
  nobody,
} from './types.ts';

const noReadStates: readonly ReadState[] = [];

/**
 * One replica of one group: synchronous, single-threaded, without any input or output of its own. The driver feeds it
 * ticks, messages and proposals, and does the work that `ready()` hands out.
 */
export class RawNode {
  readonly #raft: Raft;
  readonly #async: boolean;
  #softState: SoftState;
  #hardState: HardState;
  /** Our own votes and acknowledgements, for when the driver has done a Ready's work. */
  #onAdvance: Message[] = [];
  /** What storage will hold then, as a `StorageAppendResp` would say it; index 0 for no entries. */
  #stableTerm = 0;
  #stableIndex = 0;
  #stableLogTerm = 0;
  #stableSnapshot: Snapshot | undefined;
  #applying: readonly Entry[] = noEntries;
  #awaitsAdvance = false;

  /** Throws a `Fault` if the settings or the stored state contradict themselves. */
  constructor(config: RaftConfig, storage: Storage) {
    const raft = new Raft(config, storage);
    const { hardState, confState } = storage.initialState();
    const configured = restoreConfig(confState, raft.tracker, raft.log.lastIndex());
    if (!configured.ok) throw new Fault(`the stored configuration is unusable: ${configured.refusal.text}`);
    switchTo(raft, configured.value);
    if (hardState.term !== 0 || hardState.vote !== 0 || hardState.commit !== 0) raft.load(hardState);
    if (config.applied !== undefined && config.applied > 0) raft.log.appliedTo(config.applied, 0);
    raft.becomeFollower(raft.term, nobody);
    this.#raft = raft;
    this.#async = config.asyncStorageWrites ?? false;
    this.#softState = { lead: raft.lead, role: raft.role };
    this.#hardState = raft.hardState();
  }

  get id(): number {
    return this.#raft.id;
  }

  /** Current leader, or `nobody`. */
  get lead(): number {
    return this.#raft.lead;
  }

  get role(): Role {
    return this.#raft.role;
  }

  get term(): number {
    return this.#raft.term;
  }

  get commit(): number {
    return this.#raft.log.committed;
  }

  get applied(): number {
    return this.#raft.log.applied;
  }

  /** Index of the last entry, stored or not. */
  lastIndex(): number {
    return this.#raft.log.lastIndex();
  }

  /** True for voters and learners of the active configuration. */
  isMember(id: number): boolean {
    return this.#raft.tracker.progress.has(id);
  }

  /** Term of that entry, or -1 where this log holds none: before its snapshot and behind its end. */
  termOf(index: number): number {
    return this.#raft.log.term(index);
  }

  /**
   * Somebody knows that the entry (index, term) is committed. Where our log holds it, everything up to there is committed, whoever
   * leads (Raft paper, figure 3, Log Matching). TiKV's raft-rs learns this from votes (`maybe_commit_by_vote`). A
   * candidate follows again: members that it counts votes by may be others now.
   * @returns whether this was news
   */
  learnCommit(index: number, term: number): boolean {
    const raft = this.#raft;
    if (raft.role === 'leader' || !raft.log.maybeCommit(index, term)) return false;
    if (raft.role !== 'follower') raft.becomeFollower(raft.term, nobody);
    return true;
  }

  /** True if that message of a leader would replace our log by its snapshot: then the snapshot's data is needed. */
  needsSnapshot({ term, snapshot }: Message): boolean {
    const { log } = this.#raft;
    if (snapshot === undefined || term < this.#raft.term || snapshot.index <= log.committed) return false;
    return !log.matches(snapshot.index, snapshot.term);
  }

  /** One unit of logical time went by. */
  tick(): void {
    tick(this.#raft);
  }

  /**
   * Takes a message from another replica, or a response from our own storage. Messages from a network go through
   * `MessageGuard` first.
   */
  step(message: Message): Refusal | undefined {
    if (!isLocalTarget(message.from)) {
      if (isLocalType(message.type)) return localMessageRefused;
      if (isResponseType(message.type) && !this.#raft.tracker.progress.has(message.from))
        return strangerRefused;
    }
    return step(this.#raft, message);
  }

  /** Proposes data for the log. Accepted does not mean committed: watch the committed entries. */
  propose(data: Uint8Array): Refusal | undefined {
    if (this.#raft.role === 'leader') return proposeOne(this.#raft, data);
    return this.#proposeEntries([newEntry(0, 0, EntryType.Normal, data)]);
  }

  /** Proposes several pieces of data in one go, all or none: they share messages and one flush. */
  proposeAll(list: readonly Uint8Array[]): Refusal | undefined {
    if (list.length === 0) return undefined;
    return this.#proposeEntries(list.map((data) => newEntry(0, 0, EntryType.Normal, data)));
  }

  /** Proposes a change of members. If one is under way already, an empty entry takes its place in the log. */
  proposeConfChange(change: ConfChange): Refusal | undefined {
    return this.#proposeEntries([newEntry(0, 0, entryTypeOf(change), encodeConfChange(change))]);
  }

  /** Says why a committed change cannot be applied to the present members, or nothing if it can. */
  checkConfChange(change: ConfChange): Refusal | undefined {
    return checkConfChange(this.#raft, change);
  }

  /** To be called when a committed change is applied, unless the application decides against it. */
  applyConfChange(change: ConfChange): ConfState {
    return applyConfChange(this.#raft, change);
  }

  /** Starts a campaign at once. */
  campaign(): void {
    step(this.#raft, newMessage(MessageType.Hup, this.id, this.id, 0));
  }

  /** Sends heartbeats now, if this replica leads: besides those that its ticks bring. */
  beat(): void {
    if (this.#raft.role === 'leader') step(this.#raft, newMessage(MessageType.Beat, this.id, this.id, 0));
  }

  /** Shows its leader that a follower is there, as an answer to a heartbeat would. */
  showLife(): void {
    const { role, lead, term } = this.#raft;
    if (role === 'follower' && lead !== nobody)
      this.#raft.send(newMessage(MessageType.HeartbeatResp, lead, this.id, term));
  }

  /** Asks the leader to hand over to that voter. */
  transferLeader(id: number): void {
    step(this.#raft, newMessage(MessageType.TransferLeader, this.id, id, 0));
  }

  /** Stops following the leader until it is heard from again, so that this replica may grant votes. */
  forgetLeader(): void {
    step(this.#raft, newMessage(MessageType.ForgetLeader, this.id, this.id, 0));
  }

  /**
   * Asks from which index on applied state is new enough for a linearizable read. The answer comes as a `ReadState`
   * with the same context, or not at all if leadership changes: ask again then, with another context.
   */
  readIndex(context: Uint8Array): void {
    const message = newMessage(MessageType.ReadIndex, this.id, this.id, 0);
    message.entries = [newEntry(0, 0, EntryType.Normal, context)];
    step(this.#raft, message);
  }

  /** A message to that member could not be delivered. */
  reportUnreachable(id: number): void {
    step(this.#raft, newMessage(MessageType.Unreachable, this.id, id, 0));
  }

  /** A snapshot was delivered to that member, or failed to be. */
  reportSnapshot(id: number, delivered: boolean): void {
    const message = newMessage(MessageType.SnapStatus, this.id, id, 0);
    message.reject = !delivered;
    step(this.#raft, message);
  }

  hasReady(): boolean {
    const raft = this.#raft;
    const log = raft.log;
    return (
      raft.messages.length > 0 ||
      raft.afterAppend.length > 0 ||
      log.unstable.hasNextEntries() ||
      log.hasNextCommitted(!this.#async) ||
      this.#softStateChanged() ||
      this.#hardStateChanged() ||
      raft.readStates.length > 0 ||
      log.unstable.nextSnapshot() !== undefined
    );
  }

  /** Hands out all work at hand. It must be done, and then, without asynchronous writes, `advance()` be called. */
  ready(): Ready {
    assert(!this.#awaitsAdvance, 'a Ready was taken before the last one was done');
    const raft = this.#raft;
    const log = raft.log;
    const softState = this.#softStateChanged() ? { lead: raft.lead, role: raft.role } : undefined;
    const previous = this.#hardState;
    const hardState = this.#hardStateChanged() ? raft.hardState() : undefined;
    const entries = log.unstable.nextEntries();
    const snapshot = log.unstable.nextSnapshot();
    const committedEntries = log.nextCommitted(!this.#async);
    const readStates = raft.readStates;
    const messages = raft.messages;
    const mustSync = entries.length > 0 || raft.term !== previous.term || raft.vote !== previous.vote;

    if (this.#async) {
      if (
        entries.length > 0 ||
        hardState !== undefined ||
        snapshot !== undefined ||
        raft.afterAppend.length > 0
      ) {
        messages.push(storageAppend(raft, entries, hardState, snapshot));
      }
      if (committedEntries.length > 0) messages.push(storageApply(raft, committedEntries));
    } else {
      this.#awaitsAdvance = true;
      for (const message of raft.afterAppend) {
        if (message.to === raft.id) this.#onAdvance.push(message);
        else messages.push(message);
      }
      this.#stableTerm = raft.term;
      this.#stableIndex = log.unstable.length > 0 ? log.lastIndex() : 0;
      this.#stableLogTerm = log.unstable.length > 0 ? log.lastTerm() : 0;
      this.#stableSnapshot = snapshot;
      this.#applying = committedEntries;
    }

    if (softState !== undefined) this.#softState = softState;
    if (hardState !== undefined) this.#hardState = hardState;
    // The arrays go with the Ready. Empty ones are kept: then the Ready must not show what is added to them later.
    if (readStates.length > 0) raft.readStates = [];
    if (messages.length > 0) raft.messages = [];
    if (raft.afterAppend.length > 0) raft.afterAppend = [];
    log.unstable.acceptInProgress();
    const last = committedEntries.at(-1);
    if (last !== undefined) log.acceptApplying(last.index, log.bytesOf(committedEntries), !this.#async);
    return {
      softState,
      hardState,
      readStates: readStates.length > 0 ? readStates : noReadStates,
      entries,
      snapshot,
      committedEntries,
      messages: messages.length > 0 ? messages : noMessages,
      mustSync,
    };
  }

  /** The last Ready's work is done. */
  advance(): void {
    assert(!this.#async, 'asynchronous storage writes answer by messages');
    this.#awaitsAdvance = false;
    const messages = this.#onAdvance;
    if (messages.length > 0) {
      this.#onAdvance = [];
      for (const message of messages) step(this.#raft, message);
    }
    storageAppended(
      this.#raft,
      this.#stableTerm,
      this.#stableIndex,
      this.#stableLogTerm,
      this.#stableSnapshot,
    );
    storageApplied(this.#raft, this.#applying);
  }

  status(): RaftStatus {
    return statusOf(this.#raft);
  }

  /** Fixes the timeout of the next election, in ticks. For tests; the next change of role draws a new one. */
  setElectionTimeout(ticks: number): void {
    this.#raft.electionTimeout = ticks;
  }

  #proposeEntries(entries: readonly Entry[]): Refusal | undefined {
    const message = newMessage(MessageType.Prop, this.id, this.id, 0);
    message.to = nobody;
    message.entries = entries;
    return step(this.#raft, message);
  }

  #softStateChanged(): boolean {
    const { lead, role } = this.#raft;
    return lead !== this.#softState.lead || role !== this.#softState.role;
  }

  #hardStateChanged(): boolean {
    const { term, vote, log } = this.#raft;
    const before = this.#hardState;
    return log.committed !== before.commit || term !== before.term || vote !== before.vote;
  }
}
