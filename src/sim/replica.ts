import { type Bytes, type Clock, type Random, Fault } from '../lib/base/index.ts';
import { Compaction } from '../lib/peer/replica/compaction.ts';
import { Leading } from '../lib/peer/replica/leading.ts';
import { ReplicaStorage } from '../lib/peer/replica/replica-storage.ts';
import { SnapshotPatience, sendsSnapshot } from '../lib/peer/replica/snapshot-patience.ts';
import { Succession } from '../lib/peer/replica/succession.ts';
import { type Applied, type OpenEnvelope, QueueState, encodeCommandEntry } from '../lib/queue/index.ts';
import {
  type ConfChange,
  type ConfState,
  type Entry,
  EntryType,
  type Message,
  MessageGuard,
  RawNode,
  type RaftConfig,
  type Snapshot,
  appendThread,
  applyThread,
  decodeConfChange,
  decodeMessage,
  encodeMessage,
} from '../lib/raft/index.ts';
import type { Batch, Loaded } from './disk.ts';

/** What differs from run to run in how replicas are set up. */
export interface ReplicaSettings {
  readonly tickMs: number;
  readonly frozenAfterMs: number;
  readonly snapshotPatienceTicks: number;
  readonly snapshotEveryEntries: number;
  readonly entriesKeptBehind: number;
  readonly entriesHeldBehind: number;
  readonly raft: Omit<RaftConfig, 'id' | 'random' | 'applied' | 'asyncStorageWrites'>;
}

/** Who looks on. Called in the middle of the replica's work: whatever it throws goes to the world, not to the replica. */
export interface Onlooker {
  /** Entries, a snapshot, or nothing new was handed to the disk: the replica's log is this from now on. */
  readonly onLog: (entries: readonly Entry[], snapshot: Snapshot | undefined) => void;
  /** Role, term or commit may have moved. The members are still those of before. */
  readonly onProgress: () => void;
  readonly onConfChange: (entry: Entry) => void;
  readonly onApplied: (entry: Entry, applied: Applied) => void;
  readonly onInstalled: (snapshot: Snapshot) => void;
  /** A snapshot of its own state was made. */
  readonly onSnapshot: (index: number, data: Bytes) => void;
  /** The disk has done a write. */
  readonly onWritten: () => void;
  readonly onSend: (message: Message) => void;
  readonly onReadState: (index: number, context: number) => void;
  /** The state is new enough for this read. */
  readonly onReadReady: (context: number) => void;
}

export interface ReplicaPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: { write(batch: Batch, done: () => void): void };
  readonly opener: OpenEnvelope;
  readonly send: (to: number, bytes: Uint8Array) => void;
  readonly onlooker: Onlooker;
}

/**
 * One replica: the production core, codec, guard, log time and queue, driven as `lib/peer/replica/replica.ts` drives them, but without
 * promises: the disk calls back out of the agenda. Besides that it reads by ReadIndex, which the product does not need yet.
 */
export class SimReplica {
  readonly id: number;
  readonly node: RawNode;
  state: QueueState;
  confState: ConfState;
  readonly #ports: ReplicaPorts;
  readonly #settings: ReplicaSettings;
  readonly #storage: ReplicaStorage;
  readonly #guard: MessageGuard;
  readonly #compaction: Compaction;
  readonly #leading: Leading;
  #term: number;
  #vote: number;
  readonly #patience: SnapshotPatience;
  readonly #succession: Succession;
  #draining = false;
  #lastTickMs: number;
  /** Reads that are confirmed and wait until the state has come so far. */
  #reads: { readonly index: number; readonly context: number }[] = [];

  constructor(
    ports: ReplicaPorts,
    settings: ReplicaSettings,
    id: number,
    loaded: Loaded,
    genesis: Bytes,
    initial: ConfState,
  ) {
    this.#ports = ports;
    this.#settings = settings;
    this.id = id;
    const { snapshot, hardState, entries } = loaded;
    this.confState = snapshot?.confState ?? initial;
    const state =
      snapshot === undefined
        ? QueueState.fromGenesis(genesis, ports.opener)
        : QueueState.restore(snapshot.data, ports.opener);
    if (!state.ok) throw new Fault(`the stored copy cannot be read: ${state.refusal.code}`);
    this.state = state.value;
    this.#term = hardState.term;
    this.#vote = hardState.vote;
    const snapshotIndex = snapshot?.index ?? 0;
    this.#storage = new ReplicaStorage(hardState, this.confState);
    if (snapshot !== undefined) this.#storage.applySnapshot(snapshot);
    this.#storage.append(entries);
    this.node = new RawNode(
      { ...settings.raft, id, applied: snapshotIndex, asyncStorageWrites: true, random: ports.random },
      this.#storage,
    );
    this.#guard = new MessageGuard(this.node);
    this.#leading = new Leading(ports.clock, this.node, this.#storage);
    this.#compaction = new Compaction(this.#storage, settings, snapshotIndex, (made, done) => {
      ports.onlooker.onSnapshot(made.index, made.data);
      ports.disk.write({ hardState: undefined, entries: [], snapshot: made, durable: true }, () => {
        ports.onlooker.onWritten();
        done();
        this.#drain();
      });
    });
    this.#patience = new SnapshotPatience(settings.snapshotPatienceTicks);
    this.#succession = new Succession(this.node, ports.clock);
    this.#lastTickMs = ports.clock.monotonicMs();
  }

  /** True once this leader has applied all that came before it, so that it knows the queue's time. */
  get admits(): boolean {
    return this.#leading.time !== undefined;
  }

  /** Starts. One that is alone has nobody to wait for. */
  begin(): void {
    this.#drain();
    const { voters } = this.confState;
    if (voters.length === 1 && voters[0] === this.id) {
      this.node.campaign();
      this.#drain();
    }
  }

  /** A message from the wire. Gives it decoded, or undefined when it was dropped. */
  receive(bytes: Uint8Array, from: number): Message | undefined {
    const decoded = decodeMessage(bytes);
    if (!decoded.ok || decoded.value.from !== from) return undefined;
    this.#guard.step(decoded.value);
    this.#drain();
    return decoded.value;
  }

  tick(): void {
    const now = this.#ports.clock.monotonicMs();
    const { tickMs, frozenAfterMs } = this.#settings;
    const passed = now - this.#lastTickMs;
    this.#lastTickMs = now;
    // After sleep or a freeze the missed ticks are dropped: we must hear from the others before we judge them.
    const ticks = passed > frozenAfterMs ? 1 : Math.max(1, Math.round(passed / tickMs));
    for (let i = 0; i < ticks; i++) this.node.tick();
    if (this.node.role === 'leader') this.#lookAfterMembers();
    else this.#patience.forget();
    this.#leading.time?.nowMs();
    this.#drain();
  }

  #lookAfterMembers(): void {
    for (const id of this.#patience.tick(this.node.status())) this.node.reportSnapshot(id, false);
    this.#succession.giveWay(this.confState);
  }

  /** Proposes a command. False when this replica is no leader that may admit one. */
  propose(envelope: Uint8Array): boolean {
    const { time } = this.#leading;
    if (time === undefined) return false;
    const accepted = this.node.propose(encodeCommandEntry(time.nowMs(), envelope)) === undefined;
    this.#drain();
    return accepted;
  }

  proposeConfChange(change: ConfChange): void {
    if (!this.admits) return;
    this.node.proposeConfChange(change);
    this.#drain();
  }

  transferLeader(to: number): void {
    this.node.transferLeader(to);
    this.#drain();
  }

  /** Asks for a linearizable read; `onReadReady` tells when `state` may be looked at. */
  read(context: number): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, context);
    this.node.readIndex(bytes);
    this.#drain();
  }

  #drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    const { onlooker } = this.#ports;
    while (this.node.hasReady()) {
      const ready = this.node.ready();
      onlooker.onLog(ready.entries, ready.snapshot);
      onlooker.onProgress();
      for (const message of ready.messages) {
        if (message.to === appendThread) this.#append(message);
        else if (message.to === applyThread) this.#apply(message);
        else this.#send(message);
      }
      for (const read of ready.readStates) this.#noteRead(read.index, read.context);
    }
    this.#draining = false;
    this.#followLeadership();
    this.#answerReads();
  }

  #append(message: Message): void {
    const hardState =
      message.term === 0 ? undefined : { term: message.term, vote: message.vote, commit: message.commit };
    const snapshot = message.snapshot;
    if (snapshot !== undefined) this.#compaction.handed(snapshot.index);
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
    this.#ports.disk.write({ hardState, entries: message.entries, snapshot, durable }, () => {
      this.#ports.onlooker.onWritten();
      if (snapshot !== undefined) this.#install(snapshot);
      if (snapshot !== undefined) this.#storage.applySnapshot(snapshot);
      this.#storage.append(message.entries);
      for (const response of message.responses) this.#deliver(response);
      this.#drain();
    });
  }

  #deliver(response: Message): void {
    if (response.to === this.id) this.node.step(response);
    else this.#send(response);
  }

  #send(message: Message): void {
    this.#ports.onlooker.onSend(message);
    this.#ports.send(message.to, encodeMessage(message));
  }

  #install(snapshot: Snapshot): void {
    const restored = QueueState.restore(snapshot.data, this.#ports.opener);
    if (!restored.ok) throw new Fault(`a snapshot of the leader cannot be read: ${restored.refusal.code}`);
    this.state = restored.value;
    this.confState = snapshot.confState;
    this.#compaction.installed(snapshot.index);
    this.#ports.onlooker.onInstalled(snapshot);
  }

  #apply(message: Message): void {
    const { onlooker } = this.#ports;
    const confIndex = this.#storage.confIndex;
    for (const entry of message.entries) {
      if (entry.type === EntryType.Normal) {
        const applied = this.state.apply(entry.index, entry.data);
        if (applied.stopped !== undefined) throw new Fault('the queue asks for rules that nobody made');
        this.#leading.applied(applied.stampMs, applied.author === undefined);
        onlooker.onApplied(entry, applied);
      } else {
        this.#applyConfChange(entry);
        // The queue counts every index, so that a snapshot's index and its state's agree.
        onlooker.onApplied(entry, this.state.apply(entry.index, new Uint8Array()));
      }
      this.#compaction.fold(() => this.#foldable());
    }
    for (const response of message.responses) this.#deliver(response);
    if (this.#storage.confIndex !== confIndex) this.#keepCommit();
  }

  #foldable() {
    const { state } = this;
    return {
      index: state.index,
      confState: this.confState,
      data: () => state.snapshot(),
      isSending: () => sendsSnapshot(this.node.status()),
    };
  }

  /** Who was removed may be gone for ever, so that nobody could commit the change again: its commit index must not be lost. */
  #keepCommit(): void {
    const hardState = { term: this.#term, vote: this.#vote, commit: this.node.commit };
    this.#ports.disk.write({ hardState, entries: [], snapshot: undefined, durable: true }, () => undefined);
  }

  #applyConfChange(entry: Entry): void {
    const change = decodeConfChange(entry.type, entry.data);
    // Every replica judges alike: a change that cannot be read or does not fit changes nothing.
    if (change === undefined || this.node.checkConfChange(change) !== undefined) return;
    this.confState = this.node.applyConfChange(change);
    this.#storage.confIndex = entry.index;
    this.#ports.onlooker.onConfChange(entry);
  }

  /** A new leader learns the queue's time by applying all that came before it, then says that it leads. */
  #followLeadership(): void {
    const first = this.#leading.follow(this.state.stampMs);
    if (first === undefined) return;
    this.node.propose(first);
    this.#drain();
  }

  #noteRead(index: number, context: Uint8Array): void {
    const number = new DataView(context.buffer, context.byteOffset, context.byteLength).getFloat64(0);
    this.#ports.onlooker.onReadState(index, number);
    this.#reads.push({ index, context: number });
  }

  #answerReads(): void {
    if (this.#reads.length === 0) return;
    const ready = this.#reads.filter((read) => read.index <= this.state.index);
    if (ready.length === 0) return;
    this.#reads = this.#reads.filter((read) => read.index > this.state.index);
    for (const read of ready) this.#ports.onlooker.onReadReady(read.context);
  }
}
