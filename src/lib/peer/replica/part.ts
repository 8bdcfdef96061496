import { type Bytes, type Clock, type Log, type PeerId, type Random, messageOf } from '../../base/index.ts';
import type { Wire } from '../../network/port.ts';
import type { Applied, Member } from '../../queue/index.ts';
import { EntryType, decodeConfChange } from '../../raft/index.ts';
import type { ReplicaLog, StoredReplica } from '../../storage/port.ts';
import type { CensusState } from '../../network/census.ts';
import { Acknowledgements } from './acknowledgements.ts';
import { CensusRoom } from './census-room.ts';
import { replaced } from './entry-of-members.ts';
import { wordTexts } from './halting.ts';
import type { Identity } from '../identity.ts';
import { ListenLoop, type Listening } from './listen-loop.ts';
import { Listener } from './listening.ts';
import { aloneAfterMs, membershipEveryMs } from '../limits.ts';
import { nextMembershipStep } from './membership.ts';
import { Newsroom } from './newsroom.ts';
import type { Life } from './raft-frame.ts';
import type { QueueReplica, ReplicaPorts, ReplicaStatus } from './replica-port.ts';
import { Replica } from './replica.ts';
import { type ReplicaRecord, parseConfState } from './replica-record.ts';
import type { ListenReply } from '../wire-shapes.ts';

export interface PartPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly wire: Wire;
  readonly disk: ReplicaLog;
  readonly identity: Identity;
  readonly queue: Bytes;
  readonly record: ReplicaRecord;
  readonly life: Life;
  readonly peerOf: (replicaId: number) => PeerId | undefined;
  /** What this peer's printers do, for a census. */
  readonly doing: () => CensusState;
  readonly send: ReplicaPorts['send'];
  readonly handOvers: ReplicaPorts['handOvers'];
  readonly askForVote: ReplicaPorts['askForVote'];
  readonly isConnected: (replica: number) => boolean;
  readonly askForChunk: (replica: number, digest: Bytes, chunk: number) => Promise<Bytes | undefined>;
  readonly onDropped: (reason: string) => void;
  readonly onApplied: (applied: Applied) => void;
  readonly onChange: () => void;
  readonly onStopped: (code: string, text: string) => void;
  readonly onTopics: () => void;
  /** Runs that as soon as this replica may take part in deciding: at once, or when others were asked what it acknowledged. */
  readonly whenIntact: (run: () => void) => void;
  /** Whether all voters that are connected were asked what they know since nobody leads. */
  readonly hasAskedVoters: () => boolean;
  /** Called soon after something has happened. */
  readonly onLook: () => void;
}

type Way = 'raft' | 'listen';

/**
 * The part that this peer has in a queue: one who takes part in Raft (a voter, or a learner that will be one) or a listener. The queue's state says
 * which; the log on disk serves both, so that the part changes while everything goes on.
 */
export class Part {
  readonly #ports: PartPorts;
  readonly #newsroom: Newsroom;
  readonly census: CensusRoom;
  /** What other replicas were heard to have, whatever part this one has. */
  readonly acknowledgements: Acknowledgements;
  #way: Way;
  #replica: Replica | Listener;
  #loop: ListenLoop | undefined;
  #takesPart = false;
  #changing = false;
  #closed = false;
  /** Since when no leader was known here; infinite while one is. */
  #ledMs: number;
  /** When a replica was last seen to be on its way to a vote: what it asked as a listener before that is over. */
  readonly #tookPartMs = new Map<number, number>();
  #cancelMembership: (() => void) | undefined;

  constructor(ports: PartPorts, stored: StoredReplica) {
    this.#ports = ports;
    this.acknowledgements = new Acknowledgements(stored.acknowledged);
    this.#ledMs = ports.clock.monotonicMs();
    const { replicaId, genesis } = ports.record;
    this.#way = firstWay(stored, replicaId);
    this.#replica =
      this.#way === 'raft'
        ? Replica.open(this.#replicaPorts(), replicaId, stored, genesis)
        : Listener.open(this.#listenerPorts(), replicaId, stored, genesis);
    this.#newsroom = new Newsroom({
      clock: ports.clock,
      random: ports.random,
      wire: ports.wire,
      identity: ports.identity,
      queue: ports.queue,
      lan: () => this.#replica.state.head.lan,
      leads: () => this.#replica.admits,
      leader: () => this.#leader(),
      feed: (after, bytesMax) =>
        this.#replica instanceof Replica ? this.#replica.feed(after, bytesMax) : undefined,
      isMember: (peer) => this.#replica.state.members.has(peer),
      others: () => this.#voters(),
    });
    this.census = new CensusRoom({
      ...ports,
      members: () => this.#replica.state.members,
      lan: () => this.#replica.state.head.lan,
      leader: () => this.#leader(),
      spread: (signed) => (this.#loop ?? this.#newsroom).spread(signed),
    });
  }

  /** Whether what Raft says may be heard: not before it is known that this replica has what it acknowledged. */
  get takesPart(): boolean {
    return this.#takesPart;
  }

  get replica(): QueueReplica {
    return this.#replica;
  }

  /** Whether Raft counts on this replica, as far as is known here: then it must not stop, or the others may never agree that it goes. */
  get isCounted(): boolean {
    const { voters, learners, votersOutgoing } = this.#replica.status().confState;
    return [...voters, ...learners, ...votersOutgoing].includes(this.#replica.replicaId);
  }

  /** Topic of gossip that is to be heard; empty for none. */
  get topic(): string {
    return this.#loop?.topic ?? '';
  }

  /** How it hears what is committed; undefined for who takes part in Raft. */
  get listening(): Listening | undefined {
    return this.#loop?.figures();
  }

  /** Not before the host can be called. */
  begin(): void {
    if (this.#replica instanceof Replica) this.#takePart(this.#replica);
    else this.#startLoop(this.#replica);
    this.look();
  }

  /** The answer to a peer that listens. Only who leads knows for certain who is no member any more. */
  answer(from: PeerId, after: number): ListenReply {
    const { voters, votersOutgoing } = this.#replica.status().confState;
    // Who was taken out and has a vote until Raft has followed must be able to learn that it has.
    const votes = [...voters, ...votersOutgoing].some((id) => this.#ports.peerOf(id) === from);
    if (!this.#replica.state.members.has(from) && !votes)
      return this.#replica.admits ? { kind: 'denied' } : { kind: 'elsewhere', peers: [] };
    if (this.#loop !== undefined) return this.#loop.answer(after);
    // A retired voter that listens may be let go by Raft.
    this.look();
    return this.#newsroom.answer(from, after);
  }

  /** A chunk of a snapshot that this replica has offered, for a member or a peer that Raft counts among the queue's replicas. */
  snapshotChunk(
    from: PeerId,
    name: string,
    chunk: number,
  ): { readonly bytes: Uint8Array | undefined } | 'denied' {
    const { voters, learners, votersOutgoing } = this.#replica.status().confState;
    const replica = [...voters, ...learners, ...votersOutgoing].find((id) => this.#ports.peerOf(id) === from);
    const asker = replica ?? this.#replica.state.members.get(from)?.replicaId;
    return asker === undefined ? 'denied' : { bytes: this.#replica.snapshotChunk(asker, name, chunk) };
  }

  /** News, or the question of a census, that somebody signed. False when they are not to be believed. */
  hear(news: Bytes): boolean {
    return this.census.hear(news) || (this.#loop?.hear(news) ?? false);
  }

  /** What came by gossip, sealed for those who listen to this queue. */
  hearSealed(sealed: Bytes): boolean {
    const news = this.#loop?.unseal(sealed);
    return news !== undefined && this.hear(news);
  }

  applied(): void {
    this.#newsroom.applied();
    this.#loop?.applied();
    this.#lookAtPart();
  }

  /** Looks whether the queue gives this peer another part than it has. */
  #lookAtPart(): void {
    const { state } = this.#replica;
    const me = state.members.get(this.#ports.identity.peer);
    if (this.#way === 'listen' && me !== undefined && me.replicaId > this.#replica.replicaId) {
      this.#replica.halt('superseded', wordTexts.superseded);
      return;
    }
    if (me?.replicaId !== this.#replica.replicaId) {
      this.#stopIfRemoved(me);
      return;
    }
    const status = this.#replica.status();
    // What the log said long ago is being read again: it goes on.
    if (state.index < status.commit) return;
    const way = this.#wayFor(me, status);
    if (way !== this.#way) void this.#change(way);
  }

  /**
   * Whose removal is known here, and whom Raft counts no more: nobody will tell it anything again. Nor does Raft tell a learner that it is
   * let go, so that it listens until it hears of that; or that it was made a voter just before, whose word may be needed.
   */
  #stopIfRemoved(me: Pick<Member, 'replicaId'> | undefined): void {
    const replica = this.#replica;
    const { commit, confState } = replica.status();
    // Who is new is not in what it has of the queue so far.
    if (replica.replicaId >= replica.state.nextReplicaId || replica.state.index < commit) return;
    if (this.isCounted) {
      const way = mustVote(confState, replica.replicaId) ? 'raft' : 'listen';
      if (way !== this.#way) void this.#change(way);
    } else if (me === undefined) replica.halt('removed', wordTexts.removed);
    else if (me.replicaId > replica.replicaId) replica.halt('superseded', wordTexts.superseded);
  }

  #wayFor({ voter, replicaId }: Pick<Member, 'voter' | 'replicaId'>, status: ReplicaStatus): Way {
    const { learners } = status.confState;
    // A retired voter votes until Raft has followed: also one that listens already and finds that Raft still counts on it.
    if (mustVote(status.confState, replicaId)) return 'raft';
    if (!voter) return 'listen';
    // Who is to vote listens until Raft has taken it in, and again when nobody leads it: it may be retired or taken out, and only listening tells.
    if (this.#way === 'listen')
      return learners.includes(replicaId) && status.leader !== 0 ? 'raft' : 'listen';
    if (this.#ports.clock.monotonicMs() - this.#ledMs < aloneAfterMs) return 'raft';
    // What it has acknowledged may count for a commit that others know of, and may be what made it a voter.
    const mayCount = this.#replica instanceof Replica && this.#replica.lastIndex > status.commit;
    return mayCount && !this.#ports.hasAskedVoters() ? 'raft' : 'listen';
  }

  /** Remembers when this replica last had a leader, and whom Raft counts although it is to vote: it does not listen. */
  #watch(): void {
    const now = this.#ports.clock.monotonicMs();
    const { leader, confState } = this.#replica.status();
    if (leader !== 0) this.#ledMs = Infinity;
    else if (this.#ledMs === Infinity) this.#ledMs = now;
    if (!this.#replica.admits) return;
    for (const { replicaId, voter } of this.#replica.state.members.values())
      if (voter && confState.learners.includes(replicaId)) this.#tookPartMs.set(replicaId, now);
  }

  /** Something has happened: brings Raft's members to those of the queue, once for all that happens meanwhile. An idle queue is not looked at. */
  look(): void {
    if (this.#closed) return;
    this.#cancelMembership ??= this.#ports.clock.after(membershipEveryMs, () => {
      this.#cancelMembership = undefined;
      const replica = this.#replica;
      if (replica.stopped) return;
      this.#ports.onLook();
      this.#watch();
      this.#lookAtPart();
      if (!(replica instanceof Replica) || !replica.admits) return;
      const listens = (replicaId: number) => {
        const peer = this.#ports.peerOf(replicaId);
        const askedMs = peer === undefined ? undefined : this.#newsroom.askedMs(peer);
        return askedMs !== undefined && askedMs > (this.#tookPartMs.get(replicaId) ?? -Infinity);
      };
      const isHere = (replicaId: number) => this.#ports.isConnected(replicaId);
      const step = nextMembershipStep(replica.state, replica.status(), { listens, isHere });
      if (step?.kind === 'change') replica.proposeConfChange(step.change);
      else if (step?.kind === 'hand-over') replica.office.handOver(step.to);
    });
  }

  connectionsChanged(): void {
    this.#replica.connectionsChanged();
    this.#loop?.connectionsChanged();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelMembership?.();
    this.#newsroom.close();
    this.census.close();
    this.#loop?.close();
    await this.#replica.close();
  }

  async #change(way: Way): Promise<void> {
    if (this.#changing || this.#closed) return;
    this.#changing = true;
    const { disk, log, onApplied, onChange, onStopped } = this.#ports;
    try {
      this.#loop?.close();
      this.#loop = undefined;
      await this.#replica.release();
      const stored = await disk.load();
      if (this.#closed) return;
      this.#enter(way, stored);
      this.#ledMs = this.#ports.clock.monotonicMs();
      this.#changing = false;
      log.info(way === 'raft' ? 'takes part in deciding from now on' : 'listens from now on');
      onApplied(replaced(this.#replica.state));
      if (this.#replica instanceof Replica) this.#takePart(this.#replica);
      else this.#startLoop(this.#replica);
      this.#ports.onTopics();
      onChange();
    } catch (error) {
      // It stays between its parts, for good: tried again at once it would fail for ever.
      onStopped('storage-failed', messageOf(error));
      return;
    }
    // The log may have gone on to say something else meanwhile.
    this.#lookAtPart();
  }

  #takePart(replica: Replica): void {
    replica.begin();
    this.#ports.whenIntact(() => {
      if (this.#closed || this.#replica !== replica || replica.stopped) return;
      this.#takesPart = true;
      replica.takePart();
    });
  }

  #enter(way: Way, stored: StoredReplica): void {
    const { replicaId, genesis } = this.#ports.record;
    this.#way = way;
    this.#takesPart = false;
    this.#replica =
      way === 'raft'
        ? Replica.open(this.#replicaPorts(), replicaId, stored, genesis)
        : Listener.open(this.#listenerPorts(), replicaId, stored, genesis);
  }

  #replicaPorts() {
    const { onChange } = this.#ports;
    // A change of Raft's members is no change of the queue.
    const looked = () => {
      onChange();
      this.#lookAtPart();
    };
    return { ...this.#ports, acknowledgements: this.acknowledgements, onChange: looked };
  }

  #listenerPorts() {
    return { ...this.#ports, replicaOf: (peer: PeerId) => this.#replicaOf(peer) };
  }

  #startLoop(listener: Listener): void {
    const { clock, random, log, wire, queue, life, onTopics } = this.#ports;
    this.#loop = new ListenLoop(
      {
        clock,
        random,
        log,
        wire,
        queue,
        life,
        members: () => this.#replica.state.members.size,
        replicaOf: (peer) => this.#replicaOf(peer),
        votes: (peer) => this.votes(peer),
        sources: () => this.#sources(),
        onTopic: onTopics,
        onDenied: () => listener.halt('removed', wordTexts.removed),
        onWord: (word) => listener.halt(word, wordTexts[word]),
      },
      listener,
    );
  }

  #replicaOf(peer: PeerId): number {
    const { members } = this.#replica.state;
    const known = members.get(peer)?.replicaId;
    return known ?? this.#ports.record.book.find((each) => each.peer === peer)?.replicaId ?? 0;
  }

  /** Whether a peer is known to vote. Who has nothing of the queue yet believes those whom the answer to its joining named. */
  votes(peer: PeerId): boolean {
    const { state } = this.#replica;
    const member = state.members.get(peer);
    if (member !== undefined) return member.voter;
    return state.index === 0 && this.#ports.record.book.some((each) => each.peer === peer);
  }

  #leader(): PeerId | undefined {
    return this.#ports.peerOf(this.#replica.status().leader);
  }

  #voters(): PeerId[] {
    const { state } = this.#replica;
    const self = this.#ports.identity.peer;
    const known = [...state.members.values()].filter(({ voter }) => voter).map(({ peer }) => peer);
    const told = state.index === 0 ? this.#ports.record.book.map(({ peer }) => peer) : [];
    return [...new Set([...known, ...told])].filter((peer) => peer !== self);
  }

  /** Whom to ask: who leads, other voters, others; those who are connected, and if there are none, whoever votes. */
  #sources(): readonly PeerId[] {
    const { wire } = this.#ports;
    const voters = this.#voters();
    const leader = this.#leader();
    const here = new Set(wire.connections().map(({ peer }) => peer));
    const others = [...this.#replica.state.members.keys()].filter((peer) => here.has(peer));
    const best = [leader, ...voters].filter((peer): peer is PeerId => peer !== undefined && here.has(peer));
    const sources = new Set([...best, ...others.slice(0, othersAskedMax)]);
    sources.delete(this.#ports.identity.peer);
    return sources.size > 0 ? [...sources] : voters;
  }
}

function mustVote({ voters, votersOutgoing }: ReplicaStatus['confState'], replicaId: number): boolean {
  return voters.includes(replicaId) || votersOutgoing.includes(replicaId);
}

/** Listeners that are asked when no voter has an answer. */
const othersAskedMax = 4;

/** The part to begin with, by what the log says of Raft's members: to read the state takes its time. The state corrects it. */
function firstWay({ snapshot, entries, hardState }: StoredReplica, replicaId: number): Way {
  const parsed = snapshot === undefined ? undefined : parseConfState(snapshot.confState);
  const known = parsed?.ok === true ? parsed.value : undefined;
  const { voters, learners, votersOutgoing } = known ?? { voters: [1], learners: [], votersOutgoing: [] };
  let isMember = [...voters, ...learners, ...votersOutgoing].includes(replicaId);
  for (const entry of entries) {
    const type = entry.type as EntryType;
    if (entry.index > hardState.commit || type === EntryType.Normal) continue;
    const steps = decodeConfChange(type, entry.data)?.steps ?? [];
    for (const { id, kind } of steps) if (id === replicaId) isMember = kind !== 'remove';
  }
  return isMember ? 'raft' : 'listen';
}
