import type { Clock } from '../../base/index.ts';
import {
  type ConfState,
  type Message,
  MessageType,
  type RaftStatus,
  type RawNode,
} from '../../raft/index.ts';

export interface RestLimits {
  /** Ticks of calm after which a replica rests. */
  readonly restAfterTicks: number;
  /** Ticks without a leader and without a quorum after which a replica rests. */
  readonly restInVainTicks: number;
  /** A resting leader shows life this often, in milliseconds, and looks whether the others do. */
  readonly restBeatMs: number;
  /** A resting follower that has not heard of its leader for this long wakes, in milliseconds: more than two beats. */
  readonly restMissedMs: number;
}

export interface RestPorts {
  readonly clock: Clock;
  readonly node: RawNode;
  readonly confState: () => ConfState;
  /** Whether the wire holds a connection to that replica's peer now. */
  readonly isConnected: (replica: number) => boolean;
  /** Something is under way besides Raft's messages. */
  readonly isBusy: () => boolean;
  /** Milliseconds until the leader must say something by itself; undefined when it need not. */
  readonly dueInMs: () => number | undefined;
  /** A leader is to send a heartbeat: to say that it rests, to show life, or to wake the others. */
  readonly beat: () => void;
  /** It begins to rest: no ticks from now on. For a leader: until then at the latest something is looked at. */
  readonly onRest: (forMs: number) => void;
  /** It is awake: ticks again. With `tellLeader`, a follower shows its leader that it is. */
  readonly onWake: (tellLeader: boolean) => void;
}

/** A rest that would be shorter is not worth its messages, in milliseconds. */
const restMsMin = 2_000;
/**
 * For this long after it said that it rests, a leader waits for the others' answers, in milliseconds: those to its last heartbeats from before are
 * still on their way then. Shorter than an election timeout.
 */
const settleMs = 1_500;

/**
 * An idle replica rests: no ticks, no heartbeats but a rare one. A leader whose log is committed everywhere says in a heartbeat that it
 * rests; a follower that has all of it rests too and says so in its answer. Whatever else is said, proposed or due, a
 * connection that comes or goes, a beat or an answer that is missing: each wakes. A replica that hears of no leader and cannot reach a
 * quorum rests until it can.
 *
 * Nothing that Raft's safety rests on is touched: without ticks nobody is elected and nobody steps down, and what a resting leader
 * admits is committed by a quorum as ever. Whoever is woken by another than its leader tells the leader, so that nobody stands for
 * election against a leader that merely rests.
 */
export class Rest {
  readonly #ports: RestPorts;
  readonly #limits: RestLimits;
  #resting = false;
  #calmTicks = 0;
  #lastIndex = -1;
  /** Of a resting leader: who was connected, and who of them has answered since the last beat. */
  #connected: readonly number[] = [];
  readonly #answered = new Set<number>();
  /** A leader has said that it rests, and the others have not all had the time to answer. */
  #settling = false;
  #cancel: (() => void) | undefined;

  constructor(ports: RestPorts, limits: RestLimits) {
    this.#ports = ports;
    this.#limits = limits;
  }

  /** While true nothing ticks, and heartbeats and answers say so. */
  get isResting(): boolean {
    return this.#resting;
  }

  /** After each tick of a replica that is awake. */
  ticked(): void {
    const { node } = this.#ports;
    const status = node.status();
    const isCalm = node.role === 'leader' ? this.#leaderIsCalm(status) : this.#waitsInVain(status);
    this.#calmTicks = isCalm && status.lastIndex === this.#lastIndex ? this.#calmTicks + 1 : 0;
    this.#lastIndex = status.lastIndex;
    const isLeader = node.role === 'leader';
    const { restAfterTicks, restInVainTicks } = this.#limits;
    if (this.#calmTicks < (isLeader ? restAfterTicks : restInVainTicks)) return;
    if (!isLeader) {
      this.#begin(Infinity);
      return;
    }
    const forMs = this.#beatInMs();
    // Everybody who is here has answered a heartbeat lately.
    const allHeard = this.#connectedMembers(status).every((id) => status.progress.get(id)?.recentActive);
    if (forMs < restMsMin || !allHeard) return;
    this.#begin(forMs);
    this.#connected = this.#connectedMembers(status);
    this.#answered.clear();
    this.#settling = true;
    this.#ports.beat();
    this.#cancel = this.#ports.clock.after(settleMs, () => {
      this.#settling = false;
      if (this.#haveAllAnswered()) this.#beatLater(forMs - settleMs);
      else this.wake();
    });
  }

  /** A message was taken from another replica, which rests or does not. */
  heard(message: Message, senderRests: boolean): void {
    const { node } = this.#ports;
    if (senderRests && message.type === MessageType.Heartbeat && this.#mayFollowToRest(message)) {
      this.#begin(Infinity);
      this.#cancel = this.#ports.clock.after(this.#limits.restMissedMs, () => this.wake());
      return;
    }
    if (message.type === MessageType.HeartbeatResp && node.role === 'leader') {
      if (senderRests) this.#answered.add(message.from);
      else this.#answered.delete(message.from);
      if (senderRests || this.#settling) return;
    }
    this.wake(message.from);
  }

  /** The connections of this peer have changed. */
  connectionsChanged(): void {
    if (!this.#resting) return;
    const { node, isConnected } = this.#ports;
    if (node.role === 'leader') {
      const now = this.#connectedMembers(node.status());
      if (now.length !== this.#connected.length || now.some((id, i) => id !== this.#connected[i]))
        this.wake();
    } else if (!isConnected(node.lead)) {
      this.wake();
    }
  }

  /**
   * The rest is over, if there was one.
   * @param by the replica whose message woke us: if it is not the leader, the leader is told
   */
  wake(by = 0): void {
    if (!this.#resting) return;
    this.#resting = false;
    this.#settling = false;
    this.#calmTicks = 0;
    this.#cancel?.();
    this.#cancel = undefined;
    const { node } = this.#ports;
    this.#ports.onWake(node.lead !== 0 && node.lead !== node.id && by !== node.lead);
    if (node.role === 'leader') this.#ports.beat();
  }

  /** For good: the replica stops. */
  close(): void {
    this.#resting = false;
    this.#cancel?.();
  }

  #begin(forMs: number): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#resting = true;
    this.#ports.onRest(forMs);
  }

  #haveAllAnswered(): boolean {
    return this.#connected.every((id) => this.#answered.has(id));
  }

  #beatInMs(): number {
    return Math.min(this.#limits.restBeatMs, this.#ports.dueInMs() ?? Infinity);
  }

  #beatLater(afterMs: number): void {
    this.#cancel = this.#ports.clock.after(afterMs, () => {
      const forMs = this.#beatInMs();
      if (forMs < restMsMin || !this.#haveAllAnswered() || !this.#leaderIsCalm(this.#ports.node.status())) {
        this.wake();
        return;
      }
      this.#answered.clear();
      this.#ports.onRest(forMs);
      this.#ports.beat();
      this.#beatLater(forMs);
    });
  }

  /** Everything is committed, everybody who is here has all of it, and nothing is under way. */
  #leaderIsCalm(status: RaftStatus): boolean {
    const { role, transferee, commit, applied, lastIndex, progress, config } = status;
    if (role !== 'leader' || transferee !== 0 || config.outgoing.length > 0) return false;
    if (commit !== lastIndex || applied !== commit || this.#ports.isBusy()) return false;
    for (const [id, peer] of progress) {
      if (id === status.id ? peer.match !== lastIndex : this.#ports.isConnected(id)) {
        if (peer.match !== lastIndex || peer.state !== 'replicate') return false;
      }
    }
    return this.#reachesQuorum();
  }

  /** No leader is known and too few voters are connected for an election: it can only wait for connections. */
  #waitsInVain(status: RaftStatus): boolean {
    return status.lead === 0 && !this.#ports.isBusy() && !this.#reachesQuorum();
  }

  #mayFollowToRest(message: Message): boolean {
    const { node, isConnected } = this.#ports;
    if (node.role !== 'follower' || node.lead !== message.from || node.term !== message.term) return false;
    if (this.#ports.isBusy()) return false;
    const last = node.lastIndex();
    return message.commit === last && node.commit === last && node.applied === last && isConnected(node.lead);
  }

  #reachesQuorum(): boolean {
    const { voters, votersOutgoing } = this.#ports.confState();
    const { node, isConnected } = this.#ports;
    return [voters, votersOutgoing].every((half) => {
      const here = half.filter((id) => id === node.id || isConnected(id)).length;
      return half.length === 0 || here > half.length / 2;
    });
  }

  #connectedMembers(status: RaftStatus): readonly number[] {
    return [...status.progress.keys()].filter((id) => id !== status.id && this.#ports.isConnected(id));
  }
}
