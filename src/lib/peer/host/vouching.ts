import { type Bytes, type Clock, type Log, type PeerId, messageOf, parse } from '../../base/index.ts';
import { standingLimits } from '../../network/protocols.ts';
import type { QueueState } from '../../queue/index.ts';
import { proofAgainMaxMs, proofAgainMinMs, proofsAskedMax } from '../limits.ts';
import { standingReply } from '../wire-shapes.ts';

export interface VouchingPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly state: () => QueueState;
  /** The peer that a replica id belongs to, as far as this peer knows. */
  readonly peerOf: (replicaId: number) => PeerId | undefined;
  /** Asks that peer itself for the proof of its standing. Rejects when it does not answer. */
  readonly ask: (peer: PeerId) => Promise<Bytes>;
  /** A peer has proved that it votes and speaks for that replica. */
  readonly onProved: (peer: PeerId, replicaId: number) => void;
  /** What was proved holds no longer: the log, which has caught up, says otherwise. */
  readonly onOver: (peer: PeerId, replicaId: number) => void;
}

interface Doubt {
  asking: boolean;
  againAtMs: number;
  pauseMs: number;
}

/**
 * Whom this replica believes to be a voter though its own log does not say so (yet). It was away, and the others may have come to trust someone
 * meanwhile; if they are most of the queue now, nothing would ever go on if it waited for its log to tell. So it asks for the signed commands
 * that made that peer a voter, checks them against what it knows, and believes nothing else.
 */
export class Vouching {
  readonly #ports: VouchingPorts;
  readonly #doubts = new Map<PeerId, Doubt>();
  readonly #proved = new Map<PeerId, { readonly replicaId: number; readonly envelopes: readonly Bytes[] }>();

  constructor(ports: VouchingPorts) {
    this.#ports = ports;
  }

  /** Whether the peer has proved that it votes. */
  trusts(peer: PeerId): boolean {
    return this.#proved.has(peer);
  }

  /** Peers that speak as voters, were asked more than once why, and have not proved it. */
  doubted(): PeerId[] {
    return [...this.#doubts].filter(([, { pauseMs }]) => pauseMs > 2 * proofAgainMinMs).map(([peer]) => peer);
  }

  /** A peer said what only a voter may say, and we know of no vote. */
  doubt(peer: PeerId): void {
    const now = this.#ports.clock.monotonicMs();
    const doubt = this.#doubts.get(peer) ?? { asking: false, againAtMs: now, pauseMs: proofAgainMinMs };
    if (doubt.asking || now < doubt.againAtMs) return;
    // Strangers may send what they like: they cost one small question a minute, and a place among few.
    this.#doubts.delete(peer);
    this.#doubts.set(peer, doubt);
    for (const oldest of this.#doubts.keys()) {
      if (this.#doubts.size <= proofsAskedMax) break;
      this.#doubts.delete(oldest);
    }
    doubt.asking = true;
    doubt.againAtMs = now + doubt.pauseMs;
    doubt.pauseMs = Math.min(doubt.pauseMs * 2, proofAgainMaxMs);
    this.#ports
      .ask(peer)
      .then((answer) => this.#answered(peer, answer))
      .catch((error: unknown) => this.#ports.log.debug(`${peer} proves nothing: ${messageOf(error)}`))
      .finally(() => (doubt.asking = false));
  }

  /** The log went on: what it tells now decides. */
  recheck(): void {
    const state = this.#ports.state();
    for (const [peer, { replicaId, envelopes }] of this.#proved) {
      const member = state.members.get(peer);
      const known = member?.replicaId === replicaId;
      if (known && member.voter) {
        this.#proved.delete(peer);
        continue;
      }
      if ((known || replicaId >= state.nextReplicaId) && state.provesVote(peer, envelopes)) continue;
      this.#proved.delete(peer);
      this.#ports.onOver(peer, replicaId);
    }
  }

  #answered(peer: PeerId, answer: Bytes): void {
    const reply = parse(standingReply, answer, standingLimits.frameBytesMax);
    if (!reply.ok || reply.value.kind === 'none') return;
    const { replicaId, envelopes } = reply.value;
    const state = this.#ports.state();
    const owner = this.#ports.peerOf(replicaId);
    // The id of another, or of somebody who was removed: ids are never given again.
    const foreign = owner === undefined ? replicaId < state.nextReplicaId : owner !== peer;
    if (foreign || !state.provesVote(peer, envelopes)) {
      this.#ports.log.warn(`${peer} could not prove that it votes as replica ${replicaId}`);
      return;
    }
    this.#ports.log.info(`${peer} proved that it votes as replica ${replicaId}`);
    this.#proved.set(peer, { replicaId, envelopes });
    this.#doubts.delete(peer);
    this.#ports.onProved(peer, replicaId);
  }
}
