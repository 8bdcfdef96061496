import {
  type Bytes,
  type Clock,
  Fault,
  type Log,
  type PeerId,
  type Random,
  RefusalError,
  equalBytes,
  messageOf,
} from '../../base/index.ts';
import { type Applied, type OpenEnvelope, type QueueState, cachedOpener } from '../../queue/index.ts';
import {
  type ConfState,
  type EntryType,
  MessageType,
  type RawNode,
  type Snapshot,
  newMessage,
} from '../../raft/index.ts';
import type {
  AppendBatch,
  ReplicaLog,
  StoredEntry,
  StoredHardState,
  StoredReplica,
} from '../../storage/port.ts';
import { applyEntry, replaced, restoreSnapshot } from './entry-of-members.ts';
import { listenPendingBytesMax, openedBytesMax, snapshotEveryEntries } from '../limits.ts';
import type { VoteTold } from './leader-claims.ts';
import type { News, SignedNews, SnapshotOffer } from './news.ts';
import { Proven } from './proven.ts';
import { encodeConfState, parseConfState } from './replica-record.ts';
import type { DiskState } from './raft-frame.ts';
import type { QueueReplica, ReplicaStatus } from './replica-port.ts';
import { restoreReplica, startNode } from './replica-start.ts';
import { SnapshotPull } from './snapshot-pull.ts';

export interface ListenerPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly disk: ReplicaLog;
  /** Opens commands; one that checks and remembers signatures, if none is handed in. */
  readonly opener?: OpenEnvelope;
  /** Replica id that a peer speaks for, 0 when unknown. */
  readonly replicaOf: (peer: PeerId) => number;
  readonly askForChunk: (replica: number, digest: Bytes, chunk: number) => Promise<Bytes | undefined>;
  readonly onDropped: (reason: string) => void;
  readonly onApplied: (applied: Applied) => void;
  readonly onChange: () => void;
  readonly onStopped: (code: string, text: string) => void;
}

const nothing = (): undefined => undefined;

/** A state that is being built on, with what Raft would need to go on from it. */
interface Base {
  readonly state: QueueState;
  /** Never ticks and hears nothing: it only counts who is a member of Raft. */
  readonly node: RawNode;
  confState: ConfState;
  term: number;
}

/** A snapshot that has come, and that no checkpoint has confirmed yet. */
interface Candidate extends Base {
  readonly snapshot: Snapshot;
  readonly by: PeerId;
}

interface Checkpoint {
  readonly at: number;
  readonly hash: Bytes;
  readonly by: PeerId;
}

/**
 * The queue of a peer that does not vote: it takes the log's entries as news, signed by voters, and shows none of them before a
 * checkpoint of a voter that it knows confirms the state that they lead to. What does not fit is thrown away, and another voter is asked. Its log
 * on disk is one that Raft could go on from, so that a listener becomes a voter, and a voter a listener, without copying anything.
 */
export class Listener implements QueueReplica {
  readonly replicaId: number;
  readonly opener: OpenEnvelope;
  readonly #ports: ListenerPorts;
  readonly #genesis: Bytes;
  readonly #pull: SnapshotPull;
  #base: Base;
  #candidate: Candidate | undefined;
  /** Entries behind the base (or the candidate), without a gap. */
  #pending: StoredEntry[] = [];
  #pendingBytes = 0;
  #checkpoints: Checkpoint[] = [];
  /** Voters whose word did not fit, until something else has been confirmed. */
  readonly #doubted = new Set<PeerId>();
  #hardState: StoredHardState;
  #snapshotIndex: number;
  /** What stands in the log behind what is known to be committed, as it was when this began. */
  #tail: readonly StoredEntry[];
  #proven: Proven;
  #writing: Promise<void> = Promise.resolve();
  #rebuilding = false;
  /** False while the log is read, before there is a state. */
  #isOpen = false;
  #stopped = false;
  #leader = 0;

  private constructor(ports: ListenerPorts, replicaId: number, stored: StoredReplica, genesis: Bytes) {
    this.#ports = ports;
    this.replicaId = replicaId;
    this.#genesis = genesis;
    this.opener =
      ports.opener ??
      cachedOpener({
        bytesMax: openedBytesMax,
        keeps: ({ author }) => this.#isOpen && this.#base.state.members.has(author),
      });
    this.#hardState = stored.hardState;
    this.#snapshotIndex = stored.snapshot?.index ?? 0;
    this.#proven = new Proven(stored.provenTo);
    this.#base = this.#read(stored);
    this.#isOpen = true;
    this.#tail = stored.entries.filter(({ index }) => index > this.#base.state.index);
    this.#pull = new SnapshotPull({
      clock: ports.clock,
      log: ports.log,
      ask: ports.askForChunk,
      onWhole: (message) => {
        const { snapshot } = message;
        this.#pull.drop();
        if (snapshot !== undefined) this.#takeSnapshot(snapshot, this.#offeredBy);
      },
      onProgress: ports.onChange,
    });
  }

  /** Goes on from a loaded log. Throws a RefusalError when what it holds cannot be read. */
  static open(ports: ListenerPorts, replicaId: number, stored: StoredReplica, genesis: Bytes): Listener {
    return new Listener(ports, replicaId, stored, genesis);
  }

  get state(): QueueState {
    return this.#base.state;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  readonly admits = false;

  get copied(): number | undefined {
    const { progress } = this.#pull;
    return progress === undefined ? undefined : progress.bytesHere / progress.size;
  }

  /** Index behind which entries are wanted. */
  get wantedAfter(): number {
    return this.#pending.at(-1)?.index ?? this.#newest.state.index;
  }

  /** Whether more is known to exist than is here. */
  get isBehind(): boolean {
    return this.#checkpoints.some(({ at }) => at > this.wantedAfter) || this.#pull.progress !== undefined;
  }

  /** Whether a voter's word is not to be taken for now. */
  doubts(peer: PeerId): boolean {
    return this.#doubted.has(peer);
  }

  status(): ReplicaStatus {
    const { state, confState, term } = this.#base;
    return {
      replicaId: this.replicaId,
      role: 'listener',
      leader: this.leader,
      term,
      commit: state.index,
      applied: state.index,
      confState,
      progress: [],
      admits: false,
    };
  }

  /** Who leads, as far as somebody said; 0 when nobody was heard lately. */
  get leader(): number {
    return this.#leader;
  }

  set leader(replica: number) {
    if (replica === this.#leader) return;
    this.#leader = replica;
    this.#ports.onChange();
  }

  propose(): boolean {
    return false;
  }

  // It is no member of Raft: it has no office, follows nobody, hears and sends none of its messages; its loop asks whom it meets.
  readonly isResting = true;
  readonly logTimeMs = nothing;
  readonly office = undefined;
  readonly unreachable = nothing;
  readonly connectionsChanged = nothing;
  readonly stir = nothing;
  receive(): undefined {
    this.#ports.onDropped('listens');
  }

  readonly learnCommit = nothing;

  tail(): readonly StoredEntry[] {
    const { index } = this.#base.state;
    return this.#tail.filter((entry) => entry.index > index);
  }

  /** Whom it voted for when it took part. */
  get vote(): VoteTold {
    const { term, vote } = this.#hardState;
    return { term, vote, lead: 0 };
  }

  committedUpTo(): Pick<DiskState, 'commit' | 'commitTerm'> {
    return { commit: 0, commitTerm: 0 };
  }

  /** It acknowledges nothing, so nobody counts on what it has. */
  get disk(): DiskState {
    return { term: this.#hardState.term, last: this.#base.state.index, commit: 0, commitTerm: 0 };
  }

  readonly snapshotChunk = nothing;

  /** News of a peer that this queue counts among its voters; the caller has checked that. */
  take({ by, news }: SignedNews): void {
    if (this.#stopped || this.#rebuilding || this.#doubted.has(by)) return;
    const { offer } = news;
    if (offer !== null && offer.index > this.#newest.state.index && news.first > this.wantedAfter + 1) {
      this.#offered(offer, by);
    }
    this.#gather(news);
    if (news.at > this.#newest.state.index && !this.#checkpoints.some(({ at }) => at === news.at)) {
      this.#checkpoints.push({ at: news.at, hash: news.hash, by });
      this.#checkpoints.sort((a, b) => a.at - b.at);
      if (this.#checkpoints.length > checkpointsMax) this.#checkpoints.splice(1, 1);
    }
    try {
      this.#confirm();
    } catch (error) {
      this.#fail('fault', `The queue’s own picture broke: ${messageOf(error)}`);
      if (!(error instanceof Fault)) throw error;
    }
  }

  halt(code: string, text: string): void {
    this.#fail(code, text);
  }

  /** Stops, waits for writes under way, and leaves the log open for who takes over. */
  async release(): Promise<void> {
    const wasStopped = this.#stopped;
    this.#stopped = true;
    this.#pull.drop();
    // Who takes over may vote: what it finds must be there for certain.
    if (!wasStopped) this.#write({ durable: true });
    await this.#writing;
  }

  async close(): Promise<void> {
    await this.release();
    await this.#ports.disk.close();
  }

  get #newest(): Base {
    return this.#candidate ?? this.#base;
  }

  #offeredBy = '' as PeerId;
  /** How many bytes of a copy were here when another one was offered, and how many offers ago that began. */
  #stillAt = 0;
  #stillOffers = 0;

  #offered(offer: SnapshotOffer, by: PeerId): void {
    const { progress } = this.#pull;
    if (progress !== undefined && progress.index !== offer.index) {
      // A newer one is no reason to begin anew, as long as this one goes on.
      const isStill = this.#stillAt === progress.bytesHere;
      this.#stillOffers = isStill ? this.#stillOffers + 1 : 0;
      this.#stillAt = progress.bytesHere;
      if (this.#stillOffers < stillOffersMax) return;
    }
    this.#stillOffers = 0;
    const confState = parseConfState(offer.confState);
    const from = this.#ports.replicaOf(by);
    if (!confState.ok || from === 0) return;
    this.#offeredBy = by;
    const message = newMessage(MessageType.Snap, this.replicaId, from, offer.term);
    message.snapshot = {
      index: offer.index,
      term: offer.term,
      confState: confState.value,
      data: offer.manifest,
    };
    this.#pull.offered(message);
  }

  #takeSnapshot(snapshot: Snapshot, by: PeerId): void {
    if (this.#stopped || snapshot.index <= this.#newest.state.index) return;
    const { term, confState } = snapshot;
    const restored = restoreSnapshot(snapshot, this.#genesis, this.opener);
    // A snapshot brings its own sum of its rows along: a checkpoint over that sum would prove nothing of the rows.
    if (
      restored?.state.index !== snapshot.index ||
      !equalBytes(restored.state.digest, this.state.digest) ||
      !equalBytes(restored.state.provenHash(), restored.state.hash())
    ) {
      this.#doubt(by, 'a copy of the queue that is not what it says');
      return;
    }
    const { state } = restored;
    const node = startNode(this.replicaId, restored, this.#ports.random);
    this.#candidate = { state, node, confState, term, snapshot, by };
    this.#dropPending();
    this.#checkpoints = this.#checkpoints.filter(({ at }) => at >= snapshot.index);
    this.#confirm();
    this.#ports.onChange();
  }

  #gather(news: News): void {
    let index = news.first;
    for (const [term, type, data] of news.entries) {
      if (index === this.wantedAfter + 1 && this.#pendingBytes < listenPendingBytesMax) {
        this.#pending.push({ term, index, type, data });
        this.#pendingBytes += data.length;
      }
      index++;
    }
  }

  #dropPending(): void {
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  /** Applies what is here up to the furthest checkpoint that it reaches, and believes it if the hash is right. */
  #confirm(): void {
    const reach = this.wantedAfter;
    const base = this.#newest;
    const checkpoint = this.#checkpoints.findLast(({ at }) => at <= reach);
    if (checkpoint === undefined || checkpoint.at < base.state.index) return;
    if (this.#candidate === undefined && checkpoint.at === base.state.index) return;
    const votes = () => base.state.members.get(checkpoint.by)?.voter === true;
    const voted = this.#base.state.members.get(checkpoint.by)?.voter === true;
    const taken = this.#pending.slice(0, checkpoint.at - base.state.index);
    const done: Applied[] = [];
    for (const entry of taken) {
      const applied = applyEntry(base, entry);
      if (applied.stopped !== undefined) {
        this.#fail(
          applied.stopped,
          'This queue follows newer rules than this app knows. Update the app to go on; nothing is lost.',
        );
        return;
      }
      done.push(applied);
    }
    if (!equalBytes(base.state.hash(), checkpoint.hash)) {
      this.#ports.log.error(`${checkpoint.by} signed a state that its changes do not lead to`);
      this.#doubt(checkpoint.by, 'changes that do not lead to the state that it signed');
      return;
    }
    // Who is new here believes those whom the answer to its joining named; by their own word at least they must vote.
    if (!voted && !votes()) {
      this.#doubt(checkpoint.by, 'changes by which it has no vote');
      return;
    }
    this.#pending.splice(0, taken.length);
    this.#pendingBytes = this.#pending.reduce((sum, { data }) => sum + data.length, 0);
    this.#checkpoints = this.#checkpoints.filter(({ at }) => at > checkpoint.at);
    this.#doubted.clear();
    for (const applied of done) this.#proven.applied(applied);
    this.#keep(taken);
    if (this.#candidate !== undefined) {
      this.#base = this.#candidate;
      this.#candidate = undefined;
      done.unshift(replaced(this.#base.state));
    }
    for (const applied of done) this.#ports.onApplied(applied);
    this.#ports.onChange();
  }

  /** Puts what was confirmed on disk. It can be fetched again, so only what replaces the log must be there for certain. */
  #keep(entries: readonly StoredEntry[]): void {
    const base = this.#newest;
    // What contradicts the log that was here cuts it off.
    const cut = entries.find(({ index, term }) =>
      this.#tail.some((old) => old.index === index && old.term !== term),
    );
    if (cut !== undefined || this.#candidate !== undefined) this.#tail = [];
    const commit = base.state.index;
    const term = Math.max(this.#hardState.term, base.term, entries.at(-1)?.term ?? 0);
    this.#hardState = { term, vote: term === this.#hardState.term ? this.#hardState.vote : 0, commit };
    base.term = term;
    const given = this.#candidate?.snapshot;
    const batch: AppendBatch = {
      hardState: this.#hardState,
      provenTo: this.#proven.to,
      ...(given === undefined ? {} : { snapshot: { ...given, confState: encodeConfState(given.confState) } }),
      ...(entries.length === 0 ? {} : { entries }),
      durable: given !== undefined,
    };
    if (given !== undefined) this.#snapshotIndex = given.index;
    this.#write(batch);
    if (commit - this.#snapshotIndex < snapshotEveryEntries) return;
    this.#snapshotIndex = commit;
    const confState = encodeConfState(base.confState);
    const lastTerm = entries.at(-1)?.term ?? term;
    this.#write({
      snapshot: { index: commit, term: lastTerm, confState, data: base.state.snapshot() },
      durable: true,
    });
  }

  #write(batch: AppendBatch): void {
    const written = this.#ports.disk.append(batch);
    this.#writing = Promise.all([this.#writing, written]).then(
      () => undefined,
      (error: unknown) => {
        const code = error instanceof RefusalError ? error.code : 'storage-failed';
        this.#fail(code, messageOf(error));
      },
    );
  }

  /** Throws away what was not confirmed, and goes back to what was. */
  #doubt(peer: PeerId, what: string): void {
    this.#ports.log.warn(`${peer} sent ${what}: thrown away, another peer is asked`);
    this.#doubted.add(peer);
    this.#pull.drop();
    this.#dropPending();
    this.#checkpoints = [];
    if (this.#candidate !== undefined) {
      this.#candidate = undefined;
      return;
    }
    this.#rebuilding = true;
    this.#writing = this.#writing
      .then(() => this.#ports.disk.load())
      .then(
        (stored) => {
          this.#proven = new Proven(stored.provenTo);
          this.#base = this.#read(stored);
          this.#rebuilding = false;
          this.#ports.onApplied(replaced(this.state));
          this.#ports.onChange();
        },
        (error: unknown) => this.#fail('storage-failed', messageOf(error)),
      );
  }

  /** What a loaded log holds as committed. */
  #read(stored: StoredReplica): Base {
    const restored = restoreReplica(stored, this.#genesis, this.opener);
    const node = startNode(this.replicaId, restored, this.#ports.random);
    const { state, confState } = restored;
    const base = { state, node, confState, term: stored.hardState.term };
    for (const entry of stored.entries) {
      if (entry.index > stored.hardState.commit) break;
      if (entry.index <= state.index) continue;
      this.#proven.applied(applyEntry(base, { ...entry, type: entry.type as EntryType }));
    }
    return base;
  }

  #fail(code: string, text: string): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#ports.log.error(`stopped: ${text}`);
    this.#ports.onStopped(code, text);
  }
}

/** Checkpoints ahead that are remembered: the nearest can be reached first, the others save asking. */
const checkpointsMax = 8;

/** Offers of another snapshot, one a second, after which the one that does not come on is given up: it may be gone there. */
const stillOffersMax = 5;
