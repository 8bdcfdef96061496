import {
  type Bytes,
  type Clock,
  Fault,
  type Log,
  type Random,
  RefusalError,
  messageOf,
} from '../base/index.ts';
import {
  type Applied,
  type OpenEnvelope,
  QueueState,
  cachedOpener,
  encodeCommandEntry,
  encodeTickEntry,
} from '../queue/index.ts';
import {
  type ConfChange,
  type ConfState,
  type Entry,
  EntryType,
  type Message,
  MessageGuard,
  MessageType,
  RawNode,
  appendThread,
  applyThread,
  decodeConfChange,
  decodeMessage,
  encodeMessage,
} from '../raft/index.ts';
import type { AppendBatch, ReplicaLog, StoredReplica } from '../storage/port.ts';
import {
  appendBytesMax,
  electionTicks,
  entriesKeptBehind,
  frozenAfterMs,
  heartbeatTicks,
  inflightBytesMax,
  inflightMessagesMax,
  snapshotEveryEntries,
  snapshotPatienceTicks,
  tickMs,
  uncommittedBytesMax,
} from './limits.ts';
import { LogTime } from './log-time.ts';
import { encodeConfState, parseConfState } from './replica-record.ts';
import { ReplicaStorage } from './replica-storage.ts';
import { SnapshotPatience } from './snapshot-patience.ts';

export interface ReplicaPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly disk: ReplicaLog;
  /** Hands a message to the wire for another replica; lost messages are Raft's daily bread. */
  readonly send: (to: number, message: Bytes) => void;
  /** After each applied entry. */
  readonly onApplied: (applied: Applied) => void;
  /** Role, term, commit or leader may have changed. */
  readonly onChange: () => void;
  /** The replica has stopped for good: a fault, a failed write, an unknown rules version. */
  readonly onStopped: (code: string, text: string) => void;
}

export interface ReplicaStatus {
  readonly replicaId: number;
  readonly role: string;
  /** Replica id of the leader, 0 when none is known. */
  readonly leader: number;
  readonly term: number;
  readonly commit: number;
  readonly applied: number;
  readonly confState: ConfState;
  /** On a leader: how far each other replica is. */
  readonly progress: readonly { readonly id: number; readonly match: number; readonly active: boolean }[];
}

/**
 * Raft and the queue of one group on this peer: drives the pure core with a clock, a disk and a wire. Writes are grouped: while one is on
 * its way to the disk, what comes meanwhile gathers for the next. No answer that Raft's safety rests on leaves
 * before its write has completed (`StorageAppend` carries the answers; see the raft room).
 */
export class Replica {
  readonly replicaId: number;
  readonly #ports: ReplicaPorts;
  readonly #storage: ReplicaStorage;
  readonly #node: RawNode;
  readonly #guard: MessageGuard;
  readonly #opener: OpenEnvelope;
  readonly #patience = new SnapshotPatience(snapshotPatienceTicks);
  #state: QueueState;
  #confState: ConfState;
  #snapshotIndex: number;
  /** Newest snapshot handed to the disk: an older one must never follow it. */
  #snapshotHanded: number;
  #snapshotting = false;
  /** Newest term and vote handed to the disk. */
  #term: number;
  #vote: number;
  #writing: Promise<void> = Promise.resolve();
  #stopped = false;
  #draining = false;
  #cancelTick: (() => void) | undefined;
  #lastTickMs: number;
  /** Term in which this leader has its log time; undefined while it may not admit commands. */
  #leading: { readonly term: number; readonly time: LogTime } | undefined;
  #deadlineTickPending = false;

  private constructor(ports: ReplicaPorts, replicaId: number, stored: StoredReplica, genesis: Bytes) {
    this.#ports = ports;
    this.#opener = cachedOpener();
    this.replicaId = replicaId;
    const { snapshot, hardState, entries } = stored;
    this.#confState = initialConfState;
    this.#state = stateAtGenesis(genesis, this.#opener);
    if (snapshot !== undefined) {
      const confState = parseConfState(snapshot.confState);
      const state = QueueState.restore(snapshot.data, this.#opener);
      if (!confState.ok || !state.ok) {
        throw new RefusalError({ code: 'corrupt', text: 'The stored copy of this queue cannot be read.' });
      }
      this.#confState = confState.value;
      this.#state = state.value;
    }
    this.#term = hardState.term;
    this.#vote = hardState.vote;
    this.#snapshotIndex = snapshot?.index ?? 0;
    this.#snapshotHanded = this.#snapshotIndex;
    this.#storage = new ReplicaStorage(hardState, this.#confState);
    if (snapshot !== undefined) {
      this.#storage.applySnapshot({ ...snapshot, confState: this.#confState });
    }
    this.#storage.append(entries.map((entry) => ({ ...entry, type: entry.type as EntryType })));
    this.#node = new RawNode(
      {
        id: replicaId,
        electionTicks,
        heartbeatTicks,
        applied: this.#snapshotIndex,
        asyncStorageWrites: true,
        preVote: true,
        checkQuorum: true,
        // Whoever was removed hands over first: the others may not know yet that it is committed (see #lookAfterMembers).
        stepDownOnRemoval: false,
        disableProposalForwarding: true,
        messageBytesMax: appendBytesMax,
        uncommittedBytesMax,
        inflightMessagesMax,
        inflightBytesMax,
        random: ports.random,
      },
      this.#storage,
    );
    this.#guard = new MessageGuard(this.#node);
    this.#lastTickMs = ports.clock.monotonicMs();
  }

  /**
   * Goes on from a loaded log. Throws a RefusalError when what it holds cannot be read.
   * @param genesis the queue's signed genesis
   */
  static open(ports: ReplicaPorts, replicaId: number, stored: StoredReplica, genesis: Bytes): Replica {
    return new Replica(ports, replicaId, stored, genesis);
  }

  /** Starts its clock. Not before the ports can be called. */
  begin(): void {
    this.#act(() => undefined);
    this.#scheduleTick();
    const { voters } = this.#confState;
    // Alone there is nobody to wait for.
    if (voters.length === 1 && voters[0] === this.replicaId) this.#act(() => this.#node.campaign());
  }

  get state(): QueueState {
    return this.#state;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** True once this leader has applied all that came before it, so that it knows the queue's time. */
  get admits(): boolean {
    return this.#leading !== undefined;
  }

  status(): ReplicaStatus {
    const status = this.#node.status();
    return {
      replicaId: this.replicaId,
      role: status.role,
      leader: status.lead,
      term: status.term,
      commit: status.commit,
      applied: status.applied,
      confState: this.#confState,
      progress: [...status.progress].map(([id, progress]) => ({
        id,
        match: progress.match,
        active: progress.recentActive,
      })),
    };
  }

  /**
   * A message from another replica; the caller has checked that its peer speaks for replica `from`.
   * @param mayVote whether the queue trusts that peer with a vote: a guest may answer, never lead or stand for election
   */
  receive(message: Uint8Array, from: number, mayVote: boolean): void {
    if (this.#stopped) return;
    const decoded = decodeMessage(message);
    if (!decoded.ok) {
      this.#ports.log.debug(`dropped a message: ${decoded.refusal.text}`);
      return;
    }
    if (decoded.value.from !== from) return;
    // Raft believes whoever speaks in the present term as its leader, so this is where guests are kept to answers.
    if (!mayVote && (!isAnswer(decoded.value.type) || decoded.value.term > this.#node.term)) {
      this.#ports.log.warn(`replica ${from} is a guest's and said what only voters may say: dropped`);
      return;
    }
    this.#act(() => this.#guard.step(decoded.value));
  }

  /** Proposes a signed command. False when this replica is no leader that may admit one. */
  propose(envelope: Uint8Array): boolean {
    const leading = this.#leading;
    if (this.#stopped || leading === undefined) return false;
    let accepted = false;
    this.#act(() => {
      accepted = this.#node.propose(encodeCommandEntry(leading.time.nowMs(), envelope)) === undefined;
    });
    return accepted;
  }

  proposeConfChange(change: ConfChange): void {
    if (this.#stopped || this.#leading === undefined) return;
    // A leader does not take itself out: its successor does.
    const self = change.steps.find(({ id }) => id === this.replicaId);
    if (self !== undefined && self.kind !== 'add-voter' && this.#confState.voters.includes(this.replicaId))
      this.handOver();
    else this.#act(() => this.#node.proposeConfChange(change));
  }

  /** The queue's time now, on a leader. */
  logTimeMs(): number | undefined {
    return this.#leading?.time.nowMs();
  }

  /** Opens envelopes once for admission and apply. */
  get opener(): OpenEnvelope {
    return this.#opener;
  }

  /** Hands leadership to the voter that is furthest, if this replica has it: its browser is about to close. */
  handOver(): void {
    if (this.#stopped || this.status().role !== 'leader') return;
    const voters = new Set(this.#confState.voters);
    const best = this.status()
      .progress.filter((peer) => peer.id !== this.replicaId && voters.has(peer.id) && peer.active)
      .sort((a, b) => b.match - a.match)[0];
    if (best !== undefined) this.#act(() => this.#node.transferLeader(best.id));
  }

  unreachable(replicaId: number): void {
    if (!this.#stopped) this.#act(() => this.#node.reportUnreachable(replicaId));
  }

  /** Stops, waits for the write under way, and lets go of the log. */
  async close(): Promise<void> {
    this.#stopped = true;
    this.#cancelTick?.();
    await this.#writing;
    await this.#ports.disk.close();
  }

  #scheduleTick(): void {
    this.#cancelTick = this.#ports.clock.after(tickMs, () => {
      if (this.#stopped) return;
      this.#tick();
      this.#scheduleTick();
    });
  }

  #tick(): void {
    const now = this.#ports.clock.monotonicMs();
    const passed = now - this.#lastTickMs;
    this.#lastTickMs = now;
    // After sleep or a freeze the missed ticks are dropped: we must hear from the others before we judge them.
    const ticks = passed > frozenAfterMs ? 1 : Math.max(1, Math.round(passed / tickMs));
    this.#act(() => {
      for (let i = 0; i < ticks; i++) this.#node.tick();
      if (this.#node.role === 'leader') this.#lookAfterMembers();
      else this.#patience.forget();
    });
    this.#proposeDeadlineTick();
  }

  #lookAfterMembers(): void {
    const status = this.#node.status();
    for (const id of this.#patience.tick(status)) this.#node.reportSnapshot(id, false);
    const { voters, votersOutgoing } = this.#confState;
    if (voters.includes(this.replicaId) || votersOutgoing.includes(this.replicaId) || status.transferee !== 0)
      return;
    // Removed or demoted: hand over to the voter that is furthest, instead of leaving the others to find out that it is committed.
    const matchOf = (id: number): number => status.progress.get(id)?.match ?? 0;
    const [heir] = [...voters].sort((a, b) => matchOf(b) - matchOf(a));
    if (heir !== undefined) this.#node.transferLeader(heir);
  }

  /** Time passes in the log only by entries: when a deadline has come and nothing else is said, the leader says so. */
  #proposeDeadlineTick(): void {
    const leading = this.#leading;
    if (leading === undefined) return;
    const now = leading.time.nowMs();
    const deadline = this.#state.nextDeadlineMs();
    if (deadline === undefined || deadline > now || this.#deadlineTickPending) return;
    this.#act(() => {
      // Refused during a transfer or over the cap: tried again with the next tick.
      this.#deadlineTickPending = this.#node.propose(encodeTickEntry(now, false)) === undefined;
    });
  }

  /** Runs one input through the core and carries out what it asks for. A fault stops this replica, loudly. */
  #act(input: () => void): void {
    try {
      input();
      this.#drain();
    } catch (error) {
      this.#fail('fault', `The queue’s own picture broke: ${messageOf(error)}`);
      if (!(error instanceof Fault)) this.#ports.log.error(error instanceof Error ? (error.stack ?? '') : '');
    }
  }

  #drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    try {
      while (!this.#stopped && this.#node.hasReady()) {
        for (const message of this.#node.ready().messages) {
          if (message.to === appendThread) this.#append(message);
          else if (message.to === applyThread) this.#apply(message);
          else this.#ports.send(message.to, encodeMessage(message));
        }
      }
    } finally {
      this.#draining = false;
    }
    this.#followLeadership();
    this.#ports.onChange();
  }

  #append(message: Message): void {
    const hardState =
      message.term === 0 ? undefined : { term: message.term, vote: message.vote, commit: message.commit };
    const snapshot = message.snapshot;
    if (snapshot !== undefined) this.#snapshotHanded = snapshot.index;
    // A new commit index alone may wait in the browser's buffer: it is known again from the leader.
    const durable =
      message.responses.length > 0 ||
      message.entries.length > 0 ||
      snapshot !== undefined ||
      (hardState !== undefined && (hardState.term !== this.#term || hardState.vote !== this.#vote));
    if (hardState !== undefined) {
      this.#term = hardState.term;
      this.#vote = hardState.vote;
    }
    const batch: AppendBatch = {
      ...(hardState === undefined ? {} : { hardState }),
      ...(message.entries.length === 0 ? {} : { entries: message.entries }),
      ...(snapshot === undefined
        ? {}
        : { snapshot: { ...snapshot, confState: encodeConfState(snapshot.confState) } }),
      durable,
    };
    this.#write(batch, () => {
      if (snapshot !== undefined) this.#install(snapshot.index, snapshot.confState, snapshot.data);
      if (snapshot !== undefined) this.#storage.applySnapshot(snapshot);
      this.#storage.append(message.entries);
      for (const response of message.responses) this.#deliver(response);
    });
  }

  /** Writes in order. A failed write stops the replica: what reached the disk is not known until it is loaded again. */
  #write(batch: AppendBatch, done: () => void): void {
    const written = this.#ports.disk.append(batch).then(
      () => undefined,
      (error: unknown) => ({
        code: error instanceof RefusalError ? error.code : 'storage-failed',
        text: messageOf(error),
      }),
    );
    this.#writing = this.#writing.then(async () => {
      const failure = await written;
      if (failure !== undefined) this.#fail(failure.code, failure.text);
      else if (!this.#stopped) this.#act(done);
    });
  }

  #deliver(response: Message): void {
    if (response.to === this.replicaId) this.#node.step(response);
    else this.#ports.send(response.to, encodeMessage(response));
  }

  #install(index: number, confState: ConfState, data: Uint8Array): void {
    const restored = QueueState.restore(data, this.#opener);
    if (!restored.ok) throw new Fault(`a snapshot of the leader cannot be read: ${restored.refusal.text}`);
    this.#state = restored.value;
    this.#confState = confState;
    this.#snapshotIndex = index;
    this.#ports.onApplied({
      index,
      stampMs: this.#state.stampMs,
      author: undefined,
      session: 0,
      seq: 0,
      result: { kind: 'committed' },
      repeated: false,
      changed: [{ kind: 'queue' }],
    });
  }

  #apply(message: Message): void {
    const { confIndex } = this.#storage;
    for (const entry of message.entries) {
      if (entry.type === EntryType.Normal) {
        const applied = this.#state.apply(entry.index, entry.data);
        if (applied.stopped !== undefined) {
          this.#fail(
            applied.stopped,
            'This queue follows newer rules than this app knows. Update the app to go on; nothing is lost.',
          );
          return;
        }
        this.#leading?.time.atLeast(applied.stampMs);
        if (applied.author === undefined) this.#deadlineTickPending = false;
        this.#ports.onApplied(applied);
      } else {
        this.#applyConfChange(entry);
        // The queue counts every index, so that a snapshot's index and its state's agree.
        this.#state.apply(entry.index, new Uint8Array());
      }
    }
    for (const response of message.responses) this.#deliver(response);
    if (this.#storage.confIndex !== confIndex) this.#keepCommit();
    this.#compact();
  }

  /** Who was removed may be gone for ever, so that nobody could commit the change again: its commit index must not be lost. */
  #keepCommit(): void {
    const hardState = { term: this.#term, vote: this.#vote, commit: this.#node.commit };
    this.#write({ hardState, durable: true }, () => undefined);
  }

  #applyConfChange(entry: Entry): void {
    const change = decodeConfChange(entry.type, entry.data);
    // Every replica judges alike: a change that cannot be read or does not fit changes nothing.
    if (change === undefined || this.#node.checkConfChange(change) !== undefined) {
      this.#ports.log.warn(`the membership change at ${entry.index} does not fit and is passed over`);
      return;
    }
    this.#confState = this.#node.applyConfChange(change);
    this.#storage.confIndex = entry.index;
  }

  /** A new leader learns the queue's time by applying all that came before it, then gives every lease its grace. */
  #followLeadership(): void {
    const { role, term, applied } = this.#node;
    if (role !== 'leader') {
      this.#leading = undefined;
      return;
    }
    if (this.#leading?.term === term || this.#stopped) return;
    // Once an entry of its own term is applied, so is everything before it.
    if (this.#storage.term(applied) !== term) return;
    this.#leading = { term, time: new LogTime(this.#ports.clock, this.#state.stampMs) };
    this.#deadlineTickPending = false;
    this.#ports.log.info(`leads in term ${term}`);
    const tick = encodeTickEntry(this.#leading.time.nowMs(), true);
    this.#act(() => this.#node.propose(tick));
  }

  #compact(): void {
    const index = this.#state.index;
    const isDue = index - this.#snapshotIndex >= snapshotEveryEntries || this.#storage.lacksMembers();
    if (this.#snapshotting || !isDue || index <= this.#snapshotHanded) return;
    this.#snapshotting = true;
    this.#snapshotHanded = index;
    const confState = this.#confState;
    const data = this.#state.snapshot();
    const term = this.#storage.term(index);
    this.#write(
      { snapshot: { index, term, confState: encodeConfState(confState), data }, durable: true },
      () => {
        this.#snapshotting = false;
        if (index <= this.#snapshotIndex) return;
        this.#snapshotIndex = index;
        this.#storage.createSnapshot(index, confState, data);
        if (index - entriesKeptBehind >= this.#storage.firstIndex())
          this.#storage.compact(index - entriesKeptBehind);
        // The members may have changed while it was written.
        this.#compact();
      },
    );
  }

  #fail(code: string, text: string): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#cancelTick?.();
    this.#ports.log.error(`stopped: ${text}`);
    this.#ports.onStopped(code, text);
  }
}

/** What a learner sends on its own: that it has taken entries, and that it is there. */
function isAnswer(type: MessageType): boolean {
  return type === MessageType.AppResp || type === MessageType.HeartbeatResp;
}

function stateAtGenesis(genesis: Bytes, opener: OpenEnvelope): QueueState {
  const initial = QueueState.fromGenesis(genesis, opener);
  if (!initial.ok) throw new RefusalError(initial.refusal);
  return initial.value;
}

/** Every queue begins with its owner's first replica alone, id 1: all replicas agree on it without a message. */
const initialConfState: ConfState = {
  voters: [1],
  learners: [],
  votersOutgoing: [],
  learnersNext: [],
  autoLeave: false,
};
