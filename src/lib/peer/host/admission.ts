import { type Bytes, type Clock, type PeerId, equalBytes } from '../../base/index.ts';
import type { Applied, QueueView, SignedCommand } from '../../queue/index.ts';
import type { Door } from './door.ts';
import { requestTimeoutMs } from '../limits.ts';
import type { JoinReply } from '../wire-shapes.ts';

export interface AdmissionPorts {
  readonly clock: Clock;
  /** The queue's signed genesis, and its digest. */
  readonly genesis: Bytes;
  readonly queue: Bytes;
  readonly door: Door;
  readonly view: () => QueueView;
  readonly leader: () => PeerId | undefined;
  /** Replica ids. */
  readonly voters: () => readonly number[];
  /** Puts an envelope into the log; false when this peer does not lead. */
  readonly propose: (envelope: Uint8Array) => boolean;
}

interface Waiter {
  readonly author: PeerId;
  readonly done: (reply: JoinReply) => void;
}

/** Those who ask to join a queue, or to come back to it, from their asking until the log has decided. */
export class Admission {
  readonly #ports: AdmissionPorts;
  readonly #waiters: Waiter[] = [];

  constructor(ports: AdmissionPorts) {
    this.#ports = ports;
  }

  /** @param opened the envelope's content, its signature checked */
  async admit(from: PeerId, envelope: Uint8Array, opened: SignedCommand): Promise<JoinReply> {
    const { author, command, queue } = opened;
    const isJoin = command.type === 'join' || command.type === 'rejoin';
    if (!isJoin || author !== from || !equalBytes(queue, this.#ports.queue)) {
      return {
        kind: 'refused',
        refusal: { code: 'malformed', text: 'This is no request to join this queue.' },
      };
    }
    return new Promise((resolve) => {
      const cancel = this.#ports.clock.after(requestTimeoutMs, () => finish(this.#elsewhere()));
      const waiter: Waiter = { author, done: (reply) => finish(reply) };
      const finish = (reply: JoinReply) => {
        cancel();
        const at = this.#waiters.indexOf(waiter);
        if (at >= 0) this.#waiters.splice(at, 1);
        resolve(reply);
      };
      this.#waiters.push(waiter);
      if (!this.#ports.propose(envelope)) finish(this.#elsewhere());
    });
  }

  /** Answers those whose request this entry was. */
  applied({ author, result }: Applied): void {
    for (const waiter of this.#waiters.filter((each) => each.author === author)) {
      const known = this.#ports.view().members.get(waiter.author)?.replicaId;
      if (result.kind === 'refused') {
        const { refusal } = result;
        const isKnown = refusal.code === 'already-member' || refusal.code === 'stale-rejoin';
        waiter.done(
          isKnown && known !== undefined ? { kind: 'known', replicaId: known } : { kind: 'refused', refusal },
        );
      } else if (known !== undefined && known === result.value) {
        const { genesis, door } = this.#ports;
        waiter.done({ kind: 'joined', genesis, replicaId: known, book: door.entries() });
      }
    }
  }

  #elsewhere(): JoinReply {
    const { door, leader, voters } = this.#ports;
    const peers = [leader(), ...voters().map((id) => door.peerOf(id))];
    return {
      kind: 'elsewhere',
      peers: [...new Set(peers.filter((peer) => peer !== undefined))].slice(0, 20),
    };
  }
}
