import {
  type Bytes,
  type Clock,
  type Log,
  type PeerId,
  type PrintId,
  type QueueId,
  type Random,
  type Refusal,
  RefusalError,
} from '../../base/index.ts';
import { raftProtocol } from '../../network/protocols.ts';
import type { Wire } from '../../network/port.ts';
import { type Applied, type Command, type QueueState, openGenesis } from '../../queue/index.ts';
import type { ReplicaLog, Store } from '../../storage/port.ts';
import type { QueueCondition } from '../api.ts';
import type { SettledFacts } from '../view-facts.ts';
import type { Identity } from '../identity.ts';
import { aloneAfterMs } from '../limits.ts';
import { isOutsiders, offerTo } from './offering.ts';
import { standing } from './standing.ts';
import { Wakes } from './wakes.ts';
import { Part } from '../replica/part.ts';
import { type Offer, Outbox, type SubmitOptions } from './outbox.ts';
import { Place } from './place.ts';
import { Return } from './return.ts';
import { PresenceRoom } from './presence.ts';
import { isHandedOver, signHandOver } from '../replica/hand-over.ts';
import { type Life, encodeRaftFrame, noDisk } from '../replica/raft-frame.ts';
import { wordTexts } from '../replica/halting.ts';
import { Admission } from './admission.ts';
import { CommandDesk } from './command-desk.ts';
import { doingOf } from '../replica/census-room.ts';
import { Door } from './door.ts';
import { Drops } from './drops.ts';
import { QueueIndexes } from './queue-indexes.ts';
import type { QueueReplica, ReplicaStatus } from '../replica/replica-port.ts';
import { type ReplicaRecord, parseReplicaRecord } from '../replica/replica-record.ts';
import { askForChunk } from '../replica/snapshot-exchange.ts';
import type { CommandReply, JoinReply, Presence, StandingReply } from '../wire-shapes.ts';
import { spoken } from '../../words/index.ts';

export interface HostPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly store: Store;
  readonly wire: Wire;
  readonly identity: Identity;
  /** What this peer tells the queue's members about its printers and files. */
  readonly presence: (queue: QueueId) => Omit<Presence, 'v' | 'q' | 'n'>;
  readonly onApplied: (host: QueueHost, applied: Applied) => void;
  /** Something that a view shows may have changed. */
  readonly onChange: (host: QueueHost) => void;
  /** Other topics of gossip are to be heard. */
  readonly onTopics: () => void;
  /** Its replica has stopped; what can be done about it is in `halting.ts`. */
  readonly onStopped: (host: QueueHost, code: string, text: string) => void;
  /** The queue in which this peer goes on from its copy of that one. */
  readonly heirOf: (queue: QueueId) => QueueHost | undefined;
}

/** One queue on this peer: its replica, its commands under way, and who of its members is here. */
export class QueueHost {
  readonly queue: QueueId;
  readonly digest: Bytes;
  readonly presence: PresenceRoom;
  readonly place: Place;
  /** Messages for this queue that were not heard. */
  readonly drops = new Drops();
  readonly #ports: HostPorts;
  readonly #record: ReplicaRecord;
  readonly #door: Door;
  readonly #life: Life;
  readonly part: Part;
  readonly #return: Return;
  readonly #outbox: Outbox;
  readonly #admission: Admission;
  readonly #commands: CommandDesk;
  #indexes: QueueIndexes | undefined;
  #trouble: { readonly code: string; readonly text: string } | undefined;
  readonly #wakes = new Wakes(() =>
    this.#trouble === undefined ? undefined : new RefusalError(this.#trouble),
  );
  readonly #openedAtMs: number;
  /** Since when no leader is known; undefined while one is. */
  #leaderlessSinceMs: number | undefined;

  private constructor(
    ports: HostPorts,
    record: ReplicaRecord,
    queue: QueueId,
    digest: Bytes,
    epoch: number,
    openPart: (host: QueueHost) => Part,
  ) {
    this.#ports = ports;
    this.#openedAtMs = ports.clock.monotonicMs();
    this.#leaderlessSinceMs = this.#openedAtMs;
    this.#record = record;
    this.queue = queue;
    this.digest = digest;
    this.#life = { epoch, number: ports.random.below(2 ** 32) };
    this.#door = new Door(
      {
        clock: ports.clock,
        log: ports.log,
        wire: ports.wire,
        queue: digest,
        view: () => this.state,
        confState: () => this.status().confState,
        leads: () => this.#replica.admits,
        acknowledgements: () => this.part.acknowledgements,
        onDropped: this.drops.count,
        onChange: () => this.#changed(),
      },
      record.book,
    );
    this.place = new Place({
      ...ports,
      queue: digest,
      life: this.#life,
      replicaId: () => this.#replica.replicaId,
      disk: () => this.#replica.disk,
      known: (last) => this.#replica.committedUpTo(last),
      vote: () => this.#replica.vote,
      hasStopped: () => this.#trouble !== undefined,
      isLost: () => this.#leaderlessSinceMs !== undefined && this.part.isCounted,
      door: this.#door,
      onWord: (word) => this.#replica.halt(word, wordTexts[word]),
      onCommit: (index, term) => this.#replica.learnCommit(index, term),
    });
    this.#return = new Return({
      clock: ports.clock,
      log: ports.log,
      epoch,
      voters: () => this.#otherVoters(),
      isConnected: (peer) => this.#isHere()(peer),
      ask: async (peer) => void (await this.place.askOne(peer)),
    });
    this.#admission = new Admission({
      clock: ports.clock,
      genesis: record.genesis,
      queue: digest,
      door: this.#door,
      view: () => this.state,
      opener: () => this.#replica.opener,
      leader: () => this.leader,
      voters: () => this.status().confState.voters,
      nowMs: () => this.#replica.logTimeMs(),
      propose: (envelope) => this.#replica.propose(envelope),
    });
    this.#commands = new CommandDesk({
      clock: ports.clock,
      self: ports.identity.peer,
      queue: digest,
      opener: () => this.#replica.opener,
      isMember: (peer) => this.state.members.has(peer),
      term: () => (this.#replica.admits ? this.status().term : undefined),
      leader: () => this.leader,
      propose: (envelope) => this.#replica.propose(envelope),
    });
    this.#outbox = new Outbox({
      ...ports,
      log: ports.log.room('outbox'),
      queue: digest,
      sessionOf: (nonce) => this.state.sessionOf(ports.identity.peer, nonce),
      leader: () => this.leader,
      offer: (envelope) => this.#offer(envelope),
      onChange: () => this.#changed(),
    });
    this.presence = new PresenceRoom({
      clock: ports.clock,
      wire: ports.wire,
      queue: digest,
      mine: () => ports.presence(queue),
      members: () => this.#otherMembers(),
      onHeard: () => this.#changed(),
    });
    this.part = openPart(this);
    this.#door.learn();
  }

  /** Opens a queue from its log, for reading only when it must not go on (`halt`). Rejects with a RefusalError whose sentence is for the person. */
  static async open(ports: HostPorts, key: string, halt?: Refusal): Promise<QueueHost> {
    const disk = await ports.store.openLog(key);
    try {
      return await QueueHost.#from(ports, disk, halt);
    } catch (error) {
      await disk.close();
      throw error;
    }
  }

  static async #from(ports: HostPorts, disk: ReplicaLog, halt?: Refusal): Promise<QueueHost> {
    const stored = await disk.load();
    const record = parseReplicaRecord(stored.identity);
    if (!record.ok)
      throw new RefusalError({ code: 'corrupt', text: 'The record of this queue cannot be read.' });
    const genesis = openGenesis(record.value.genesis);
    if (!genesis.ok) throw new RefusalError(spoken(genesis.refusal));
    const { id, digest } = genesis.value;
    const log = ports.log.room(`queue ${genesis.value.genesis.name}`);
    const host = new QueueHost(
      { ...ports, log },
      record.value,
      id,
      digest,
      disk.epoch,
      (owner) =>
        new Part(
          {
            ...ports,
            log,
            disk,
            queue: digest,
            record: record.value,
            life: owner.#life,
            peerOf: (replica) => owner.#door.peerOf(replica),
            doing: () => doingOf(ports.presence(id).printers),
            send: (to, message, resting, handOver) => owner.#sendRaft(to, message, resting, handOver),
            handOvers: {
              sign: (handOver) => signHandOver(ports.identity.seed, digest, handOver),
              isSigned: (leader, handOver, signature) => {
                const peer = owner.#door.peerOf(leader);
                return peer !== undefined && isHandedOver(peer, digest, handOver, signature);
              },
            },
            isConnected: (replica) => owner.#door.isConnected(replica),
            askForChunk: (replica, name, chunk) => owner.#askForChunk(replica, name, chunk),
            onDropped: owner.drops.count,
            onApplied: (applied) => owner.#applied(applied),
            onChange: () => owner.#changed(),
            onStopped: (code, text) => owner.#stopped(code, text),
            askForVote: async (replica) => {
              const peer = owner.#door.peerOf(replica);
              return peer === undefined ? undefined : owner.place.askOne(peer);
            },
            hasAskedVoters: () => owner.place.hasAskedAll,
            whenIntact: (run) => owner.#return.whenOver(run),
            onLook: () => owner.#door.follow(),
          },
          stored,
        ),
    );
    if (halt === undefined) {
      host.part.begin();
    } else {
      host.#trouble = halt;
      host.#replica.halt(halt.code, halt.text);
    }
    await host.#outbox.load();
    return host;
  }

  get #replica(): QueueReplica {
    return this.part.replica;
  }

  get state(): QueueState {
    return this.#replica.state;
  }

  /** What choosing and the lists of pages look things up in; made when somebody first asks. */
  get indexes(): QueueIndexes {
    const state = this.#replica.state;
    // A snapshot of the leader brings another state: what was known of the old one is of no use.
    const { identity, clock } = this.#ports;
    if (this.#indexes?.state !== state) this.#indexes = new QueueIndexes(state, identity.peer, clock);
    return this.#indexes;
  }

  /** Why its replica has stopped. */
  get trouble(): { readonly code: string; readonly text: string } | undefined {
    return this.#trouble;
  }

  /** What is needed to come back to the queue as another replica. */
  get record(): ReplicaRecord {
    return this.#record;
  }

  status(): ReplicaStatus {
    return this.#replica.status();
  }

  /** Whether this peer leads, and has applied all that came before. */
  get leads(): boolean {
    return this.#trouble === undefined && this.#replica.admits;
  }

  get leader(): PeerId | undefined {
    return this.#door.peerOf(this.status().leader);
  }

  /** A leader's own log time; followers go by the stamp of the last entry. */
  get nowMs(): number {
    return this.#replica.logTimeMs() ?? this.state.stampMs;
  }

  pending(): readonly { readonly text: string; readonly sinceMs: number }[] {
    return this.#outbox.pending();
  }

  /** This peer's commands that have not settled, oldest first. */
  unsettled(): readonly Command[] {
    return this.#outbox.commands();
  }

  /** Whether a report of how that print ended waits to be committed. */
  reports(print: PrintId): boolean {
    return this.#outbox.holds((command) => command.type === 'finish' && command.print === print);
  }

  /** Where the queue stands, in one word and one calm sentence. */
  condition(): { readonly condition: QueueCondition; readonly text: string } {
    if (this.#trouble !== undefined) return { condition: 'stopped', text: this.#trouble.text };
    return standing({
      status: this.status(),
      isEmpty: this.state.index === 0,
      copied: this.#replica.copied,
      peerOf: (replicaId) => this.#door.peerOf(replicaId),
      isHere: this.#isHere(),
      nameOf: (peer) => this.state.members.get(peer)?.name,
      doubted: this.#door.doubted(),
      openForMs: this.#ports.clock.monotonicMs() - this.#openedAtMs,
    });
  }

  #isHere(): (peer: PeerId) => boolean {
    const connected = new Set(this.#ports.wire.connections().map((connection) => connection.peer));
    return (peer) => peer === this.#ports.identity.peer || connected.has(peer);
  }

  /** True once nobody has led for so long that this is no election: the others are away, and nothing can be agreed on. */
  get isAlone(): boolean {
    const since = this.#leaderlessSinceMs;
    if (this.#trouble !== undefined || since === undefined) return false;
    return this.#ports.clock.monotonicMs() - since >= aloneAfterMs;
  }

  /** Gives a command to the queue; see `Outbox.submit`. */
  submit(command: Command, text: string, options: SubmitOptions = {}): Promise<SettledFacts> {
    if (this.#trouble !== undefined) {
      // A print that was begun for the old queue ends in the one that took its place.
      const heir = command.type === 'finish' ? this.#ports.heirOf(this.queue) : undefined;
      if (heir !== undefined) return heir.submit(command, text, options);
      return Promise.resolve({ kind: 'refused', refusal: this.#trouble });
    }
    return this.#outbox.submit(command, text, options);
  }

  /**
   * A Raft frame for this queue from a connected peer.
   * @param isLastWord it was made before its end, and says nothing of what its sender's disk holds
   */
  receiveRaft(from: PeerId, bytes: Bytes, isLastWord = false): void {
    if (!this.part.takesPart) {
      this.drops.count(this.part.listening === undefined ? 'not-back-yet' : 'listens');
      return;
    }
    const frame = this.#door.frame(from, bytes, this.#replica.replicaId, isLastWord);
    if (frame === undefined) return;
    const votes = this.#door.votes(from, frame.from);
    if (this.#replica.receive(frame, votes) === 'not-trusted') this.#door.doubt(from);
  }

  /** What a connected peer tells of itself: heard of members only. */
  receivePresence(from: PeerId, said: Presence): void {
    if (this.state.members.has(from)) this.presence.receive(from, said);
    else this.drops.count('not-a-member');
  }

  /** What a leader tells straight: not read when it comes from anybody who has no vote here. */
  receiveNews(from: PeerId, news: Bytes): void {
    if (this.part.votes(from)) this.part.hear(news);
    else this.drops.count('not-a-voter');
  }

  /** A signed command that a peer brings, to be put into the log if this peer leads; see `CommandDesk`. */
  admit(from: PeerId, envelope: Uint8Array): CommandReply {
    return this.#commands.admit(from, envelope);
  }

  /** A `join` or `rejoin` of someone: put into the log if this peer leads, answered once it is applied. */
  admitJoin(from: PeerId, envelope: Uint8Array): Promise<JoinReply> {
    return this.#admission.admit(from, envelope);
  }

  /** The proof that this peer votes here, for a member that does not know of it yet. */
  standingFor(asker: PeerId): StandingReply {
    if (this.#trouble !== undefined) return { kind: 'none' };
    return this.#door.proofFor(asker, this.#ports.identity.peer, this.#replica.replicaId);
  }

  /** Peers of the other voters, as Raft counts them here. */
  #otherVoters(): PeerId[] {
    const { confState, replicaId } = this.status();
    const others = new Set([...confState.voters, ...confState.votersOutgoing]);
    others.delete(replicaId);
    return [...others].map((id) => this.#door.peerOf(id)).filter((peer) => peer !== undefined);
  }

  /** All members' peers but this one. */
  *#otherMembers(): Iterable<PeerId> {
    for (const peer of this.state.members.keys()) if (peer !== this.#ports.identity.peer) yield peer;
    for (const { peer } of this.#door.entries()) {
      if (peer !== this.#ports.identity.peer && !this.state.members.has(peer)) yield peer;
    }
  }

  /** Peers that this queue wants to be connected to. */
  wanted(): Iterable<PeerId> {
    return this.#otherMembers();
  }

  /** A connection came or went: what waits may go now. */
  connectionsChanged(): void {
    this.#outbox.pump();
    this.presence.changed();
    this.part.connectionsChanged();
    this.place.look();
    this.#return.look();
  }

  /** Stops taking part, for good, and stays readable. */
  halt(reason: Refusal): void {
    this.#replica.halt(reason.code, reason.text);
  }

  /** Resolves when `test` holds, looked at after each change. Rejects when the queue stops or the signal aborts. */
  when(test: () => boolean, signal?: AbortSignal): Promise<void> {
    return this.#wakes.when(test, signal);
  }

  async close(): Promise<void> {
    this.#outbox.close();
    this.place.close();
    this.#return.close();
    this.presence.close();
    await this.part.close();
  }

  async #offer(envelope: Bytes): Promise<Offer> {
    if (this.#replica.admits) {
      const reply = this.admit(this.#ports.identity.peer, envelope);
      return reply.kind === 'not-leader' || isOutsiders(reply) ? { kind: 'nobody' } : reply;
    }
    // A leader that died while all rested is missed as soon as somebody wants something of it.
    this.#replica.stir();
    const leader = this.leader;
    if (leader === undefined || leader === this.#ports.identity.peer) return { kind: 'nobody' };
    const offer = await offerTo(this.#ports, leader, this.digest, envelope);
    if (!isOutsiders(offer)) return offer;
    if (this.#door.believes(leader) && !this.part.isCounted) this.#replica.halt('removed', wordTexts.removed);
    return { kind: 'nobody' };
  }

  /** A message of this replica to another as it goes over the wire. */
  frameTo(to: number, message: Bytes, resting = false, handOver?: Bytes): Bytes {
    const { replicaId: replica, disk } = this.#replica;
    return encodeRaftFrame(this.digest, { replica, life: this.#life, disk, resting }, to, message, handOver);
  }

  /** The same, made now for the end of this process: what the disk will hold then is not known. */
  lastWordTo(to: number, message: Bytes): Bytes {
    const { replicaId: replica } = this.#replica;
    return encodeRaftFrame(
      this.digest,
      { replica, life: this.#life, disk: noDisk, resting: false },
      to,
      message,
    );
  }

  #sendRaft(to: number, message: Bytes, resting: boolean, handOver: Bytes | undefined): void {
    const peer = this.#door.peerOf(to);
    if (peer === undefined) return;
    const frame = this.frameTo(to, message, resting, handOver);
    // Raft lives with lost messages; a leader should know soon that nobody is there.
    if (!this.#ports.wire.send(peer, raftProtocol, frame)) {
      queueMicrotask(() => this.#replica.unreachable(to));
    }
  }

  async #askForChunk(replica: number, name: Bytes, chunk: number): Promise<Bytes | undefined> {
    const peer = this.#door.peerOf(replica);
    return peer === undefined ? undefined : askForChunk(this.#ports.wire, peer, this.digest, name, chunk);
  }

  #applied(applied: Applied): void {
    if (applied.changed.some((change) => change.kind === 'member' || change.kind === 'queue')) {
      this.#door.learn(applied.changed);
      this.presence.changed();
    }
    if (this.#indexes?.state === this.#replica.state) this.#indexes.update(applied.changed);
    this.#outbox.applied(applied);
    this.#commands.applied(applied);
    if (applied.session === 0 && applied.author !== undefined) this.#admission.applied(applied);
    this.#ports.onApplied(this, applied);
    this.part.applied();
  }

  #stopped(code: string, text: string): void {
    if (this.#trouble !== undefined) return;
    this.#trouble = { code, text };
    this.#outbox.close();
    this.#changed();
    this.#ports.onStopped(this, code, text);
  }

  #changed(): void {
    if (this.status().leader !== 0) this.#leaderlessSinceMs = undefined;
    else this.#leaderlessSinceMs ??= this.#ports.clock.monotonicMs();
    this.part.look();
    this.place.look();
    this.#outbox.pump();
    this.#wakes.changed();
    this.#ports.onChange(this);
  }
}
