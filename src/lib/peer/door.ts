import { type Bytes, type Clock, type Log, type PeerId, encode } from '../base/index.ts';
import { wordProtocol } from '../network/protocols.ts';
import type { Wire } from '../network/port.ts';
import type { Change, QueueView } from '../queue/index.ts';
import { wordPauseMs } from './limits.ts';
import { Lives } from './lives.ts';
import type { RaftFrame } from './raft-frame.ts';
import type { Word } from './wire-shapes.ts';

export interface DoorPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly wire: Wire;
  /** Digest of the queue. */
  readonly queue: Bytes;
  readonly view: () => QueueView;
  /** True while this replica leads and has applied all that was committed: only then it knows who does not belong. */
  readonly leads: () => boolean;
}

/**
 * Who speaks for which replica of a queue: as the log tells it, and before the log has come, as the leader named them at joining. Whoever
 * speaks for a replica that they are not, or are no more, is not heard, and told so where that is sure.
 */
export class Door {
  readonly #ports: DoorPorts;
  readonly #book = new Map<number, PeerId>();
  readonly #lives = new Lives();
  readonly #told = new Map<PeerId, number>();

  constructor(ports: DoorPorts, known: readonly { readonly replicaId: number; readonly peer: PeerId }[]) {
    this.#ports = ports;
    for (const { replicaId, peer } of known) this.#book.set(replicaId, peer);
  }

  peerOf(replicaId: number): PeerId | undefined {
    return this.#book.get(replicaId);
  }

  entries(): { readonly replicaId: number; readonly peer: PeerId }[] {
    return [...this.#book].map(([replicaId, peer]) => ({ replicaId, peer }));
  }

  /** Follows the queue's members. @param changed of an applied entry */
  learn(changed: readonly Change[] = []): void {
    const { members } = this.#ports.view();
    // Those who were removed, and replicas that gave way to another incarnation, speak for nobody any more.
    const touched = new Set(changed.filter((change) => change.kind === 'member').map((change) => change.id));
    for (const [replicaId, peer] of this.#book) {
      if (touched.has(peer) && members.get(peer)?.replicaId !== replicaId) this.#book.delete(replicaId);
    }
    for (const member of members.values()) this.#book.set(member.replicaId, member.peer);
  }

  /** Whether what this peer sends speaks for the replica that it names. */
  lets(from: PeerId, frame: RaftFrame): boolean {
    // The key of the connection must be the one that the queue knows for that replica: a replica id alone proves nothing.
    if (this.#book.get(frame.from) !== from) {
      this.#ports.log.debug(`dropped a message: ${from} does not speak for replica ${frame.from}`);
      if (this.#ports.leads()) {
        const isMember = this.#ports.view().members.has(from);
        this.#tell(from, frame, isMember ? 'superseded' : 'removed');
      }
      return false;
    }
    if (this.#lives.isNewest(frame.from, frame.life)) return true;
    this.#ports.log.warn(`dropped a message of an older copy of replica ${frame.from}`);
    this.#tell(from, frame, 'superseded');
    return false;
  }

  /** Whether what another peer says about this replica is believed: its own copy of the queue must trust that peer with a vote. */
  believes(from: PeerId): boolean {
    return this.#ports.view().members.get(from)?.voter === true;
  }

  #tell(to: PeerId, { from: replica, life }: RaftFrame, word: Word): void {
    const { clock, wire, queue } = this.#ports;
    const now = clock.monotonicMs();
    if (now - (this.#told.get(to) ?? -Infinity) < wordPauseMs) return;
    if (this.#told.size >= toldMax) this.#told.clear();
    this.#told.set(to, now);
    wire.send(
      to,
      wordProtocol,
      encode({ v: 1, q: queue, replica, epoch: life.epoch, life: life.number, word }),
    );
  }
}

/** Peers that were told lately: strangers may not fill the memory. */
const toldMax = 1_000;
