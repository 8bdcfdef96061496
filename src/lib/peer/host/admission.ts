import {
  type Bytes,
  type Clock,
  type PeerId,
  type Result,
  TokenBucket,
  TokenBuckets,
  equalBytes,
} from '../../base/index.ts';
import {
  type Applied,
  type OpenEnvelope,
  type QueueRefusal,
  type QueueState,
  type Settled,
  type SignedCommand,
  malformed,
  openTrustedEnvelope,
} from '../../queue/index.ts';
import type { Door } from './door.ts';
import {
  authorsWatchedMax,
  comebackRate,
  joinCheckRate,
  joinsWaitingMax,
  requestTimeoutMs,
} from '../limits.ts';
import type { JoinReply } from '../wire-shapes.ts';

export interface AdmissionPorts {
  readonly clock: Clock;
  /** The queue's signed genesis, and its digest. */
  readonly genesis: Bytes;
  readonly queue: Bytes;
  readonly door: Pick<Door, 'entries' | 'peerOf'>;
  readonly view: () => Pick<QueueState, 'members' | 'invitations' | 'judgeEntry'>;
  readonly opener: () => OpenEnvelope;
  readonly leader: () => PeerId | undefined;
  /** Replica ids. */
  readonly voters: () => readonly number[];
  /** The queue's time, where this peer leads and has applied all that came before; undefined elsewhere. */
  readonly nowMs: () => number | undefined;
  /** Puts an envelope into the log; false when this peer does not lead. */
  readonly propose: (envelope: Uint8Array) => boolean;
}

interface Waiter {
  readonly author: PeerId;
  readonly incarnation: Bytes;
  /** Of the invitation; empty for who comes back. */
  readonly invitation: string;
  readonly done: (reply: JoinReply) => void;
}

type Entry = SignedCommand & {
  readonly command: Extract<SignedCommand['command'], { type: 'join' | 'rejoin' }>;
};

/**
 * Those who ask to join a queue, or to come back to it, from their asking until the log has decided. Strangers ask: so nothing is put into the
 * log that by the leader's applied state would be refused, or is under way already, and no more wait at a time than `joinsWaitingMax`.
 */
export class Admission {
  readonly #ports: AdmissionPorts;
  readonly #waiters: Waiter[] = [];
  readonly #checks: TokenBucket;
  readonly #comebacks: TokenBuckets<PeerId>;

  constructor(ports: AdmissionPorts) {
    this.#ports = ports;
    this.#checks = new TokenBucket(ports.clock, joinCheckRate);
    this.#comebacks = new TokenBuckets(ports.clock, comebackRate, authorsWatchedMax);
  }

  async admit(from: PeerId, envelope: Uint8Array): Promise<JoinReply> {
    const read = this.#read(from, envelope);
    if (!read.ok) return { kind: 'refused', refusal: read.refusal };
    const { author, command } = read.value;
    const nowMs = this.#ports.nowMs();
    if (nowMs === undefined) return this.#elsewhere(read.value);
    // Only the owner of a key that is none yet can cost more than a look into a table.
    if (!this.#ports.view().members.has(author) && this.#checks.take() > 0) return later;
    const judged = this.#ports.view().judgeEntry(read.value, nowMs);
    if (judged !== undefined && judged.kind === 'refused') return this.#answer(author, judged);
    const opened = this.#ports.opener()(envelope);
    if (!opened.ok) return { kind: 'refused', refusal: opened.refusal };
    if (judged !== undefined) return this.#answer(author, judged);
    return this.#wait(author, command, envelope);
  }

  /** Answers those whose request this entry was. */
  applied({ author, result }: Applied): void {
    for (const waiter of this.#waiters.filter((each) => each.author === author))
      waiter.done(this.#answer(waiter.author, result));
  }

  /** Reads what a peer asks for itself, without a look at the signature: most of what strangers ask is refused for less. */
  #read(from: PeerId, envelope: Uint8Array): Result<Entry, QueueRefusal> {
    const opened = openTrustedEnvelope(envelope);
    if (!opened.ok) return opened;
    const { author, command, queue, session } = opened.value;
    const isEntry = command.type === 'join' || command.type === 'rejoin';
    if (!isEntry || session !== 0 || author !== from || !equalBytes(queue, this.#ports.queue))
      return { ok: false, refusal: malformed('join') };
    return { ok: true, value: { ...opened.value, command } };
  }

  #wait(author: PeerId, command: Entry['command'], envelope: Uint8Array): JoinReply | Promise<JoinReply> {
    const { incarnation } = command;
    const invitation = command.type === 'join' ? command.invitation : '';
    const same = this.#waiters.find((each) => each.author === author);
    // Another copy of a peer that is just coming in waits for its turn, and so does who would use a link once too often.
    const isOther = same !== undefined && !equalBytes(same.incarnation, incarnation);
    // Each coming back is another replica and a change of Raft's members, for ever.
    const isTooOften = same === undefined && command.type === 'rejoin' && this.#comebacks.take(author) > 0;
    if (isTooOften) return later;
    if (isOther || this.#waiters.length >= joinsWaitingMax || this.#isUsedUp(author, invitation))
      return later;
    return new Promise((resolve) => {
      const cancel = this.#ports.clock.after(requestTimeoutMs, () => finish(later));
      const waiter: Waiter = { author, incarnation, invitation, done: (reply) => finish(reply) };
      const finish = (reply: JoinReply) => {
        cancel();
        const at = this.#waiters.indexOf(waiter);
        if (at >= 0) this.#waiters.splice(at, 1);
        resolve(reply);
      };
      this.#waiters.push(waiter);
      if (same === undefined && !this.#ports.propose(envelope)) finish(later);
    });
  }

  /** Whether those who wait already will have used that invitation as often as it may be. */
  #isUsedUp(author: PeerId, invitation: string): boolean {
    const known = this.#ports.view().invitations.get(invitation);
    if (known === undefined) return false;
    const others = this.#waiters.filter((each) => each.invitation === invitation && each.author !== author);
    return known.uses + new Set(others.map((each) => each.author)).size >= known.usesMax;
  }

  #answer(author: PeerId, result: Settled): JoinReply {
    const known = this.#ports.view().members.get(author)?.replicaId;
    if (result.kind === 'refused') {
      const { refusal } = result;
      const isKnown = refusal.code === 'already-member' || refusal.code === 'stale-rejoin';
      return isKnown && known !== undefined
        ? { kind: 'known', replicaId: known }
        : { kind: 'refused', refusal };
    }
    if (known === undefined || known !== result.value) return later;
    const { genesis, door } = this.#ports;
    return { kind: 'joined', genesis, replicaId: known, book: door.entries() };
  }

  /**
   * Not decided here. Members and those whose link this peer knows to be good are told who votes; others, whose link may be newer than what
   * is here, only who leads.
   */
  #elsewhere(entry: Entry): JoinReply {
    const { door, leader, voters, view } = this.#ports;
    const leading = leader();
    if (!view().members.has(entry.author) && this.#checks.take() > 0) return later;
    const isTrusted = view().members.has(entry.author) || view().judgeEntry(entry, 0) === undefined;
    const peers = isTrusted ? [leading, ...voters().map((id) => door.peerOf(id))] : [leading];
    return {
      kind: 'elsewhere',
      peers: [...new Set(peers.filter((peer) => peer !== undefined))].slice(0, 20),
    };
  }
}

/** To be asked again soon, here or elsewhere. */
const later: JoinReply = { kind: 'elsewhere', peers: [] };
