import { type Bytes, Fault, messageOf } from '../../base/index.ts';
import { type OpenEnvelope, QueueState, cachedOpener, encodeCommandEntry } from '../../queue/index.ts';
import {
  type ConfChange,
  type ConfState,
  type Entry,
  EntryType,
  type Message,
  MessageGuard,
  type RawNode,
  appendThread,
  applyThread,
  decodeConfChange,
  decodeMessage,
  encodeMessage,
} from '../../raft/index.ts';
import type { StoredEntry, StoredReplica } from '../../storage/port.ts';
import { Compaction } from './compaction.ts';
import { type Feed, feedFrom } from './feed.ts';
import { Leading } from './leading.ts';
import {
  acknowledgementsNoteMs,
  entriesHeldBehind,
  entriesKeptBehind,
  restAfterTicks,
  restBeatMs,
  openedBytesMax,
  restInVainTicks,
  restMissedMs,
  snapshotEveryEntries,
} from '../limits.ts';
import { contradictedText, lostDataText } from './halting.ts';
import type { VoteTold } from './leader-claims.ts';
import { LogWriter } from './log-writer.ts';
import { maySay } from './membership.ts';
import { MessageFilter } from './message-filter.ts';
import { Office } from './office.ts';
import { type QueueReplica, type ReplicaPorts, type ReplicaStatus, replicaStatus } from './replica-port.ts';
import type { DiskState, RaftFrame } from './raft-frame.ts';
import { Rest } from './rest.ts';
import { restoreReplica, startNode } from './replica-start.ts';
import type { ReplicaStorage } from './replica-storage.ts';
import { sendsSnapshot } from './snapshot-patience.ts';
import { SnapshotTraffic } from './snapshot-traffic.ts';
import { Succession, stand } from './succession.ts';
import { Ticks } from './ticks.ts';

/**
 * Raft and the queue of one group on this peer: drives the pure core with a clock, a disk and a wire. Writes are grouped: while one is on
 * its way to the disk, what comes meanwhile gathers for the next. No answer that Raft's safety rests on leaves
 * before its write has completed (`StorageAppend` carries the answers; see the raft room).
 */
export class Replica implements QueueReplica {
  readonly replicaId: number;
  /** Opens envelopes once for admission and apply. */
  readonly opener: OpenEnvelope;
  readonly office: Office;
  readonly #ports: ReplicaPorts;
  readonly #storage: ReplicaStorage;
  readonly #node: RawNode;
  readonly #guard: MessageGuard;
  readonly #writer: LogWriter;
  readonly #compaction: Compaction;
  readonly #snapshots: SnapshotTraffic;
  readonly #rest: Rest;
  readonly #ticks: Ticks;
  readonly #leading: Leading;
  readonly #succession: Succession;
  readonly #filter: MessageFilter;
  #cancelNote: (() => void) | undefined;
  #state: QueueState;
  #confState: ConfState;
  /** False while the log is read, before there is a state. */
  #isOpen = false;
  #stopped = false;
  #draining = false;

  private constructor(ports: ReplicaPorts, replicaId: number, stored: StoredReplica, genesis: Bytes) {
    this.#ports = ports;
    this.opener = cachedOpener({
      bytesMax: openedBytesMax,
      keeps: ({ author }) => this.#isOpen && this.#state.members.has(author),
    });
    this.replicaId = replicaId;
    const restored = restoreReplica(stored, genesis, this.opener);
    this.#state = restored.state;
    this.#isOpen = true;
    this.#confState = restored.confState;
    this.#storage = restored.storage;
    this.#node = startNode(replicaId, restored, ports.random);
    this.#guard = new MessageGuard(this.#node);
    this.#leading = new Leading(ports.clock, this.#node, this.#storage);
    this.#succession = new Succession(this.#node, ports.clock);
    const { clock, acknowledgements, handOvers, askForVote } = ports;
    this.#filter = new MessageFilter(
      {
        clock,
        node: this.#node,
        acknowledgements,
        handOvers,
        confState: () => this.#confState,
        members: () => this.#state.members,
        askForVote,
      },
      stored,
    );
    this.#writer = new LogWriter(
      {
        disk: ports.disk,
        acknowledgements: ports.acknowledgements,
        run: (done) => {
          if (!this.#stopped) this.#act(done);
        },
        onFailed: (code, text) => this.#fail(code, text),
      },
      stored,
    );
    this.#compaction = new Compaction(
      this.#storage,
      { snapshotEveryEntries, entriesKeptBehind, entriesHeldBehind },
      restored.snapshotIndex,
      (made, done) => this.#writer.snapshot(made, done),
    );
    this.#snapshots = new SnapshotTraffic({
      clock: ports.clock,
      log: ports.log,
      node: this.#node,
      ask: ports.askForChunk,
      take: (message) => {
        if (!this.#stopped) this.#step(message, false);
      },
      onProgress: ports.onChange,
    });
    this.#rest = new Rest(
      {
        clock: ports.clock,
        node: this.#node,
        confState: () => this.#confState,
        isConnected: ports.isConnected,
        isBusy: () => !this.#snapshots.isIdle,
        dueInMs: () => this.#leading.dueInMs(this.#state.nextDeadlineMs()),
        beat: () => this.#act(() => this.#node.beat()),
        onRest: (forMs) => {
          this.#ticks.stop();
          this.#leading.time?.rest(forMs);
        },
        onWake: (tellLeader) => this.#wake(tellLeader),
      },
      { restAfterTicks, restInVainTicks, restBeatMs, restMissedMs },
    );
    this.#ticks = new Ticks(ports.clock, (ticks) => this.#tick(ticks));
    this.office = new Office({
      node: this.#node,
      succession: this.#succession,
      confState: () => this.#confState,
      isStopped: () => this.#stopped,
      act: (input) => {
        this.#rest.wake();
        this.#act(input);
      },
    });
  }

  /**
   * Goes on from a loaded log. Throws a RefusalError when what it holds cannot be read.
   * @param genesis the queue's signed genesis
   */
  static open(ports: ReplicaPorts, replicaId: number, stored: StoredReplica, genesis: Bytes): Replica {
    return new Replica(ports, replicaId, stored, genesis);
  }

  /** Applies what is known to be committed. Not before the ports can be called. */
  begin(): void {
    this.#act(() => undefined);
  }

  /** Starts its clock: from now on it may vote, and messages may be handed to it. */
  takePart(): void {
    this.#ticks.start();
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
    return this.#leading.time !== undefined;
  }

  status(): ReplicaStatus {
    return replicaStatus(this.#node, this.#confState, this.admits);
  }

  /** What this replica surely finds on its disk if its process dies now. */
  get disk(): DiskState {
    const { term, last, commit } = this.#writer.safe;
    return { term, last, ...this.committedUpTo(commit) };
  }

  committedUpTo(last: number): Pick<DiskState, 'commit' | 'commitTerm'> {
    const commit = Math.min(last, this.#writer.safe.commit);
    const commitTerm = this.#node.termOf(commit);
    return commitTerm > 0 ? { commit, commitTerm } : { commit: 0, commitTerm: 0 };
  }

  tail(): readonly StoredEntry[] {
    const from = this.#state.index + 1;
    const last = this.#storage.lastIndex();
    return from > last || from < this.#storage.firstIndex()
      ? []
      : this.#storage.entries(from, last + 1, Infinity);
  }

  /** For whom this replica has voted in its present term. */
  get vote(): VoteTold {
    return this.#filter.vote;
  }

  /** Index of the last entry, whether it is committed or not. */
  get lastIndex(): number {
    return this.#node.lastIndex();
  }

  /**
   * A voter knows that the entry (index, term) is committed. Where this replica knows of another one that is, it stops.
   */
  learnCommit(index: number, term: number): void {
    if (this.#stopped || index === 0) return;
    const ours = this.#node.termOf(index);
    if (index <= this.#node.commit && ours > 0 && ours !== term) this.#fail('contradicted', contradictedText);
    else this.#act(() => void this.#node.learnCommit(index, term));
  }

  /**
   * A message from another replica; the caller has checked that its peer speaks for replica `from`, and that its disk is intact.
   * @param mayVote whether the queue trusts that peer with a vote: a guest may answer, never lead or stand for election
   */
  receive(
    { message, from, disk, resting: senderRests, handOver }: Omit<RaftFrame, 'to' | 'life'>,
    mayVote: boolean,
  ): 'not-trusted' | undefined {
    if (this.#stopped) return undefined;
    const decoded = decodeMessage(message);
    if (!decoded.ok || decoded.value.from !== from) {
      this.#ports.onDropped(decoded.ok ? 'wrong-sender' : 'malformed');
      return undefined;
    }
    if (!mayVote && !maySay(decoded.value, this.#node.term)) {
      if (this.#succession.givesWayTo(decoded.value, this.#confState)) {
        this.#step(decoded.value, senderRests);
        this.#step(stand(this.replicaId, from, this.#node.term), senderRests);
        return undefined;
      }
      this.#ports.log.warn(`replica ${from} is a guest's and said what only voters may say: dropped`);
      this.#ports.onDropped('not-trusted');
      return 'not-trusted';
    }
    // While nobody leads, what one voter knows to be committed may be what another one waits for.
    if (mayVote && this.#node.lead === 0) this.learnCommit(disk.commit, disk.commitTerm);
    this.#filter.take(decoded.value, { disk, handOver }, (heard) => {
      if (this.#stopped) return;
      if (heard === undefined) this.#ports.onDropped('term-raised-too-often');
      else if (!this.#snapshots.holdsBack(heard)) this.#step(heard, senderRests);
    });
    return undefined;
  }

  /** What others acknowledged is on disk before long, also when nothing else is written. */
  #noteSoon(): void {
    if (this.#cancelNote !== undefined || !this.#ports.acknowledgements.hasNews) return;
    this.#cancelNote = this.#ports.clock.after(acknowledgementsNoteMs, () => {
      this.#cancelNote = undefined;
      if (!this.#stopped) this.#writer.note();
    });
  }

  #step(message: Message, senderRests: boolean): void {
    let code: string | undefined;
    this.#act(() => {
      code = this.#guard.step(message)?.code;
      if (code !== undefined) this.#ports.onDropped(code);
      // Before the answer leaves: it says whether we rest.
      else this.#rest.heard(message, senderRests);
    });
    if (code === 'lost-data') this.#fail(code, lostDataText);
    if (code === 'contradicted') this.#fail(code, contradictedText);
  }

  /** Stops for a reason from outside: this replica must not take part any more. */
  halt(code: string, text: string): void {
    this.#fail(code, text);
  }

  get isResting(): boolean {
    return this.#rest.isResting;
  }

  connectionsChanged(): void {
    if (!this.#stopped) this.#rest.connectionsChanged();
  }

  stir(): void {
    if (!this.#stopped) this.#rest.wake();
  }

  #wake(tellLeader: boolean): void {
    if (this.#stopped) return;
    this.#leading.time?.rest(0);
    this.#ticks.start();
    this.#act(() => {
      if (tellLeader) this.#node.showLife();
      this.#leading.tellDeadline(this.#state.nextDeadlineMs());
    });
  }

  /** The share of a snapshot under way that is here, from 0 to 1; undefined when none is being copied. */
  get copied(): number | undefined {
    return this.#snapshots.copied;
  }

  /** A chunk of a snapshot that this replica has offered, for that replica. Undefined when it is not on offer any more. */
  snapshotChunk(replicaId: number, name: string, chunk: number): Uint8Array | undefined {
    return this.#stopped ? undefined : this.#snapshots.chunk(replicaId, name, chunk);
  }

  /** Proposes a signed command. False when this replica is no leader that may admit one. */
  propose(envelope: Uint8Array): boolean {
    const { time } = this.#leading;
    if (this.#stopped || time === undefined) return false;
    let accepted = false;
    this.#rest.wake();
    this.#act(() => {
      accepted = this.#node.propose(encodeCommandEntry(time.nowMs(), envelope)) === undefined;
    });
    return accepted;
  }

  proposeConfChange(change: ConfChange): void {
    if (this.#stopped || !this.admits) return;
    this.#rest.wake();
    this.#act(() => this.#node.proposeConfChange(change));
  }

  /** The queue's time now, on a leader. */
  logTimeMs(): number | undefined {
    return this.#leading.time?.nowMs();
  }

  unreachable(replicaId: number): void {
    if (!this.#stopped) this.#act(() => this.#node.reportUnreachable(replicaId));
  }

  /** What a listener that has the log up to `after` needs next. Undefined when this replica does not vote, or is itself behind that. */
  feed(after: number, bytesMax: number): Feed | undefined {
    if (this.#stopped || !this.#confState.voters.includes(this.replicaId)) return undefined;
    return feedFrom(this.#storage, this.#snapshots, this.#state, after, bytesMax);
  }

  /** Stops, waits for the write under way, and leaves the log open for who takes over. */
  async release(): Promise<void> {
    // Who takes over must not know less than was applied here.
    if (!this.#stopped) this.#writer.commit(this.#state.index);
    this.#stopped = true;
    this.#cancelNote?.();
    this.#filter.close();
    this.#ticks.stop();
    this.#rest.close();
    this.#snapshots.close();
    await this.#writer.idle();
  }

  /** Stops, and lets go of the log. */
  async close(): Promise<void> {
    await this.release();
    await this.#ports.disk.close();
  }

  /** @returns whether ticks go on */
  #tick(ticks: number): boolean {
    if (this.#stopped) return false;
    this.#act(() => {
      for (let i = 0; i < ticks; i++) this.#node.tick();
      this.#snapshots.ticked();
      this.#succession.giveWay(this.#confState);
      this.#leading.tellDeadline(this.#state.nextDeadlineMs());
    });
    this.#rest.ticked();
    return !this.#stopped && !this.#rest.isResting;
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
          else this.#send(message);
        }
      }
    } finally {
      this.#draining = false;
    }
    if (this.#node.role === 'leader')
      this.#ports.acknowledgements.committed(this.#node.term, this.#node.commit);
    this.#noteSoon();
    this.#followLeadership();
    this.#ports.onChange();
  }

  #append(message: Message): void {
    const { snapshot } = message;
    if (snapshot !== undefined) this.#compaction.handed(snapshot.index);
    this.#filter.appended(message.entries, snapshot);
    this.#writer.append(message, () => {
      if (snapshot !== undefined) this.#install(snapshot.index, snapshot.confState, snapshot.data);
      if (snapshot !== undefined) this.#storage.applySnapshot(snapshot);
      this.#storage.append(message.entries);
      for (const response of message.responses) this.#deliver(response);
    });
  }

  #deliver(response: Message): void {
    if (response.to === this.replicaId) this.#node.step(response);
    else this.#send(response);
  }

  #send(message: Message): void {
    const sent = this.#snapshots.outgoing(message);
    if (sent === undefined) return;
    this.#ports.send(sent.to, encodeMessage(sent), this.#rest.isResting, this.#filter.handOverFor(sent));
  }

  #install(index: number, confState: ConfState, data: Uint8Array): void {
    const restored = QueueState.restore(data, this.opener);
    if (!restored.ok) throw new Fault(`a snapshot of the leader cannot be read: ${restored.refusal.code}`);
    this.#state = restored.value;
    this.#confState = confState;
    this.#compaction.installed(index);
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
        this.#writer.applied(applied);
        this.#leading.applied(applied.stampMs, applied.author === undefined);
        this.#ports.onApplied(applied);
      } else {
        this.#applyConfChange(entry);
        // The queue counts every index, so that a snapshot's index and its state's agree.
        this.#state.apply(entry.index, new Uint8Array());
      }
      this.#compaction.fold(() => this.#foldable());
    }
    for (const response of message.responses) this.#deliver(response);
    // Who was removed may be gone for ever, so that nobody could commit the change again: its commit index must not be lost.
    if (this.#storage.confIndex !== confIndex) this.#writer.commit(this.#node.commit);
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

  #foldable() {
    const state = this.#state;
    return {
      index: state.index,
      confState: this.#confState,
      data: () => state.snapshot(),
      isSending: () => sendsSnapshot(this.#node.status()),
    };
  }

  #followLeadership(): void {
    if (this.#stopped) return;
    const first = this.#leading.follow(this.#state.stampMs);
    if (first === undefined) return;
    this.#ports.log.info(`leads in term ${this.#node.term}`);
    this.#act(() => this.#node.propose(first));
  }

  #fail(code: string, text: string): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#cancelNote?.();
    this.#filter.close();
    this.#ticks.stop();
    this.#rest.close();
    this.#ports.log.error(`stopped: ${text}`);
    this.#ports.onStopped(code, text);
  }
}
