import type { RaftStatus } from '../raft/index.ts';

/**
 * A leader sends nothing more to a replica that a snapshot is on its way to, until that is acknowledged or reported as failed. The wire
 * tells of no lost message, so whoever takes too long is given up: the leader then probes, and sends the snapshot again if it must.
 */
export class SnapshotPatience {
  readonly #ticksMax: number;
  readonly #waiting = new Map<number, { readonly index: number; ticks: number }>();

  /** @param ticksMax ticks that a snapshot may take to arrive, be stored and be acknowledged */
  constructor(ticksMax: number) {
    this.#ticksMax = ticksMax;
  }

  /** To be called on every tick of a leader. Gives the replicas whose snapshot must be reported as failed. */
  tick(status: RaftStatus): readonly number[] {
    const overdue: number[] = [];
    for (const [id, peer] of status.progress) {
      if (peer.state !== 'snapshot') {
        this.#waiting.delete(id);
        continue;
      }
      const known = this.#waiting.get(id);
      if (known?.index !== peer.pendingSnapshot) {
        this.#waiting.set(id, { index: peer.pendingSnapshot, ticks: 0 });
      } else if (++known.ticks >= this.#ticksMax) {
        this.#waiting.delete(id);
        overdue.push(id);
      }
    }
    return overdue;
  }

  /** Leadership is over: a later one starts over. */
  forget(): void {
    this.#waiting.clear();
  }
}
