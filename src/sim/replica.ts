import { type Bytes, Fault, equalBytes } from '../lib/base/index.ts';
import { Compaction } from '../lib/peer/replica/compaction.ts';
import { type Feed, feedFrom } from '../lib/peer/replica/feed.ts';
import { Leading } from '../lib/peer/replica/leading.ts';
import { type DiskState, encodeRaftFrame, parseRaftFrame } from '../lib/peer/replica/raft-frame.ts';
import { ReplicaStorage } from '../lib/peer/replica/replica-storage.ts';
import { SnapshotPatience, sendsSnapshot } from '../lib/peer/replica/snapshot-patience.ts';
import { Succession } from '../lib/peer/replica/succession.ts';
import type { VoteTold } from '../lib/peer/replica/leader-claims.ts';
import { MessageFilter } from '../lib/peer/replica/message-filter.ts';
import { QueueState, encodeCommandEntry } from '../lib/queue/index.ts';
import {
  type ConfChange,
  type ConfState,
  type Entry,
  EntryType,
  type Message,
  MessageGuard,
  RawNode,
  type Snapshot,
  appendThread,
  applyThread,
  decodeConfChange,
  decodeMessage,
  encodeMessage,
} from '../lib/raft/index.ts';
import type { AppendBatch } from '../lib/storage/port.ts';
import { type Loaded, entryOf, snapshotOf } from './disk.ts';
import { Gate } from './gate.ts';
import type { Question, ReplicaPorts, ReplicaSettings, Reply } from './replica-ports.ts';
import { FastClock, fasterThanProduct, never, signatureOf, storedSnapshot } from './stand-ins.ts';

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
  readonly #gate: Gate;
  readonly #filter: MessageFilter;
  #vote: number;
  /** What was handed to the disk, and what of it is safe from a crash. */
  #handed: Held;
  #safe: Held;
  #noting = false;
  #takesPart = false;
  #halted = false;
  /** Others that have answered since it came back, or since nobody leads. */
  readonly #answered = new Set<number>();
  #askedMs = -Infinity;
  readonly #patience: SnapshotPatience;
  readonly #succession: Succession;
  readonly #isNew: boolean;
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
    const { hardState, acknowledged } = loaded.stored;
    const snapshot = loaded.stored.snapshot === undefined ? undefined : snapshotOf(loaded.stored.snapshot);
    const entries = loaded.stored.entries.map(entryOf);
    this.confState = snapshot?.confState ?? initial;
    const state =
      snapshot === undefined
        ? QueueState.fromGenesis(genesis, ports.opener)
        : QueueState.restore(snapshot.data, ports.opener);
    if (!state.ok) throw new Fault(`the stored copy cannot be read: ${state.refusal.code}`);
    this.state = state.value;
    this.#vote = hardState.vote;
    const snapshotIndex = snapshot?.index ?? 0;
    const last = entries.at(-1)?.index ?? snapshotIndex;
    this.#handed = { term: hardState.term, last, commit: Math.max(hardState.commit, snapshotIndex) };
    this.#safe = this.#handed;
    this.#isNew = loaded.epoch <= 1;
    this.#gate = new Gate(acknowledged, {
      nowMs: () => ports.clock.monotonicMs() * fasterThanProduct,
      confState: () => this.confState,
    });
    this.#storage = new ReplicaStorage(hardState, this.confState);
    if (snapshot !== undefined) this.#storage.applySnapshot(snapshot);
    this.#storage.append(entries);
    this.node = new RawNode(
      { ...settings.raft, id, applied: snapshotIndex, asyncStorageWrites: true, random: ports.random },
      this.#storage,
    );
    this.#guard = new MessageGuard(this.node);
    this.#filter = new MessageFilter(
      {
        clock: new FastClock(ports),
        node: this.node,
        acknowledgements: this.#gate.acknowledgements,
        handOvers: {
          sign: (handOver) => signatureOf(id, handOver),
          isSigned: (leader, handOver, signature) => equalBytes(signature, signatureOf(leader, handOver)),
        },
        confState: () => this.confState,
        members: () => this.state.members,
        askForVote: (to) => this.#askForVote(to),
      },
      loaded.stored,
    );
    this.#leading = new Leading(ports.clock, this.node, this.#storage);
    this.#compaction = new Compaction(this.#storage, settings, snapshotIndex, (made, done) => {
      ports.onlooker.onSnapshot(made.index, made.data);
      this.#handed = { ...this.#handed, commit: Math.max(this.#handed.commit, made.index) };
      this.#write({ snapshot: storedSnapshot(made), durable: true }, () => {
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

  /** Starts: by asking those others who may know what it acknowledged, unless its log is new. */
  begin(): void {
    this.#drain();
    const others = this.#otherVoters();
    if (this.#isNew || others.length === 0) {
      this.#takePart();
      return;
    }
    this.#askAll(() => {
      if (others.every((id) => this.#answered.has(id))) this.#takePart();
    });
    this.#ports.after(this.#settings.returnWaitMs, () => this.#takePart());
  }

  get hasHalted(): boolean {
    return this.#halted;
  }

  get takesPart(): boolean {
    return this.#takesPart && !this.#halted;
  }

  /** One that is alone has nobody to wait for. */
  #takePart(): void {
    if (this.#takesPart || this.#halted) return;
    this.#takesPart = true;
    this.#ports.onlooker.onTakesPart();
    const { voters } = this.confState;
    if (voters.length === 1 && voters[0] === this.id) this.#act(() => this.node.campaign());
  }

  #otherVoters(): number[] {
    const { voters, votersOutgoing } = this.confState;
    return [...new Set([...voters, ...votersOutgoing])].filter((id) => id !== this.id);
  }

  #askAll(answered: () => void): void {
    const question = { from: this.id, life: this.#ports.life, disk: this.disk };
    for (const id of this.#otherVoters()) {
      this.#ports.ask(id, question, (reply) => {
        if (this.#halted) return;
        if ('word' in reply) {
          this.halt(reply.word);
          return;
        }
        this.#answered.add(id);
        this.learnCommit(reply.commit, reply.commitTerm);
        answered();
      });
    }
  }

  /** What another one says of its vote; called back out of the agenda, or never. */
  #askForVote(to: number): PromiseLike<VoteTold | undefined> {
    const question = { from: this.id, life: this.#ports.life, disk: this.disk };
    return {
      then: (told) => {
        this.#ports.ask(to, question, (reply) => {
          if (this.#halted) return;
          if ('word' in reply) this.halt(reply.word);
          else told?.(reply.vote);
        });
        return never;
      },
    };
  }

  /** Whether all others that are connected have said, since nobody leads, what they know. */
  get hasAskedAll(): boolean {
    return this.#otherVoters().every((id) => this.#answered.has(id) || !this.#ports.isConnected(id));
  }

  /** Another one asks whether it is heard. */
  answer({ from, life, disk }: Question): Reply {
    const word = this.#gate.wordFor(from, life, disk, this.admits);
    const { commit, commitTerm } = this.disk;
    return word === undefined ? { commit, commitTerm, vote: this.vote } : { word };
  }

  /** What this replica surely finds on its disk if its process dies now. */
  get disk(): DiskState {
    const { term, last, commit } = this.#safe;
    const commitTerm = this.node.termOf(commit);
    return commitTerm > 0 ? { term, last, commit, commitTerm } : { term, last, commit: 0, commitTerm: 0 };
  }

  /** Another one knows that the entry (index, term) is committed. */
  learnCommit(index: number, term: number): void {
    if (index === 0 || this.#halted) return;
    const ours = this.node.termOf(index);
    if (index <= this.node.commit && ours > 0 && ours !== term) this.halt('contradicted');
    else this.#act(() => void this.node.learnCommit(index, term));
  }

  /** Ends its part, and calls back when all that it has is on the disk. Who takes over must not know less than was applied here. */
  release(done: () => void): void {
    if (this.#halted) return;
    const { term, commit: handed } = this.#handed;
    const commit = Math.max(this.state.index, handed);
    this.#ports.disk.write({ hardState: { term, vote: this.#vote, commit }, durable: true }, done);
    this.#halted = true;
  }

  /** Stops for good. */
  halt(code: string): void {
    if (this.#halted) return;
    this.#halted = true;
    this.#ports.onlooker.onHalted(code);
  }

  /** A frame from the wire. Gives what was said and what its sender had on its disk, or undefined when it was dropped. */
  receive(bytes: Uint8Array): { readonly message: Message; readonly disk: DiskState } | undefined {
    if (!this.takesPart) return undefined;
    const frame = parseRaftFrame(this.state.digest, bytes);
    if (frame?.to !== this.id || !this.#gate.lets(frame)) return undefined;
    const decoded = decodeMessage(frame.message);
    if (!decoded.ok || decoded.value.from !== frame.from) return undefined;
    if (this.node.lead === 0) this.learnCommit(frame.disk.commit, frame.disk.commitTerm);
    this.#filter.take(decoded.value, frame, (heard) => {
      if (heard !== undefined && !this.#halted) this.#step(heard);
    });
    return { message: decoded.value, disk: frame.disk };
  }

  #step(message: Message): void {
    const code = this.#guard.step(message)?.code;
    this.#drain();
    if (code === 'lost-data' || code === 'contradicted') this.halt(code);
  }

  /** For whom this replica has voted in its present term. */
  get vote(): VoteTold {
    return this.#filter.vote;
  }

  /** What others acknowledged is on disk before long, also when nothing else is written. */
  #noteSoon(): void {
    if (this.#noting || !this.#gate.acknowledgements.hasNews) return;
    this.#noting = true;
    this.#ports.after(this.#settings.noteMs, () => {
      this.#noting = false;
      if (!this.#halted && this.#gate.acknowledgements.hasNews)
        this.#write({ durable: true }, () => undefined);
    });
  }

  /** What a listener that has the log up to `after` needs next. */
  feed(after: number): Feed | undefined {
    if (!this.takesPart || !this.confState.voters.includes(this.id)) return undefined;
    const whole = { offer: (snapshot: Snapshot) => snapshot };
    return feedFrom(this.#storage, whole, this.state, after, feedBytesMax);
  }

  #act(input: () => void): void {
    input();
    this.#drain();
  }

  tick(): void {
    if (!this.takesPart) return;
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
    this.#lookForOthers(now);
  }

  /** A replica that nobody leads asks whether it is heard, and what is committed. */
  #lookForOthers(now: number): void {
    if (this.node.role === 'leader' || this.node.lead !== 0) {
      this.#answered.clear();
      return;
    }
    if (now - this.#askedMs < this.#settings.askMs) return;
    this.#askedMs = now;
    this.#askAll(() => undefined);
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
    if (this.#draining || this.#halted) return;
    this.#draining = true;
    const { onlooker } = this.#ports;
    while (!this.#halted && this.node.hasReady()) {
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
    if (this.node.role === 'leader') this.#gate.acknowledgements.committed(this.node.term, this.node.commit);
    this.#noteSoon();
    this.#followLeadership();
    this.#answerReads();
  }

  #append(message: Message): void {
    const hardState =
      message.term === 0 ? undefined : { term: message.term, vote: message.vote, commit: message.commit };
    const { snapshot, entries } = message;
    if (snapshot !== undefined) this.#compaction.handed(snapshot.index);
    this.#filter.appended(entries, snapshot);
    const before = this.#handed;
    // A new commit index alone may wait in the browser's buffer: it is known again from the leader.
    const durable =
      message.responses.length > 0 ||
      entries.length > 0 ||
      snapshot !== undefined ||
      (hardState !== undefined && (hardState.term !== before.term || hardState.vote !== this.#vote));
    if (hardState !== undefined) this.#vote = hardState.vote;
    this.#handed = {
      term: hardState?.term ?? before.term,
      last: entries.at(-1)?.index ?? snapshot?.index ?? before.last,
      commit: Math.max(before.commit, hardState?.commit ?? 0, snapshot?.index ?? 0),
    };
    const batch: AppendBatch = {
      ...(hardState === undefined ? {} : { hardState }),
      ...(entries.length === 0 ? {} : { entries }),
      ...(snapshot === undefined ? {} : { snapshot: storedSnapshot(snapshot) }),
      durable,
    };
    this.#write(batch, () => {
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

  /** Says whatever it is told to, as a program that was changed could. */
  say(message: Message): void {
    this.#send(message);
  }

  #send(message: Message): void {
    this.#ports.onlooker.onSend(message);
    const { id: replica, disk } = this;
    const sender = { replica, life: this.#ports.life, disk, resting: false };
    const bytes = encodeMessage(message);
    this.#ports.send(
      message.to,
      encodeRaftFrame(this.state.digest, sender, message.to, bytes, this.#filter.handOverFor(message)),
    );
  }

  #write(batch: AppendBatch, done: () => void): void {
    const acknowledged = this.#gate.acknowledgements.take();
    const handed = this.#handed;
    this.#ports.disk.write(acknowledged === undefined ? batch : { ...batch, acknowledged }, () => {
      // A durable write makes all before it durable, too.
      if (batch.durable) this.#safe = handed;
      if (!this.#halted) done();
    });
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
    const { term, commit: handed } = this.#handed;
    const commit = Math.max(this.node.commit, handed);
    this.#handed = { ...this.#handed, commit };
    this.#write({ hardState: { term, vote: this.#vote, commit }, durable: true }, () => undefined);
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

/** What the disk holds, or will hold when the writes under way are done. */
type Held = Pick<DiskState, 'term' | 'last' | 'commit'>;

/** Bytes of entries that a listener is told at a time. */
const feedBytesMax = 2_000;
