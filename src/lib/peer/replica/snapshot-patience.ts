import type { RaftStatus } from '../../raft/index.ts';

/**
 * A leader sends nothing more to a replica that was offered a snapshot, until that is acknowledged or reported as failed. The wire
 * tells of no lost message, so whoever pulls nothing for too long is given up: the leader then probes, and offers a snapshot again if it must.
 */
export class SnapshotPatience {
  readonly #ticksMax: number;
  readonly #waiting = new Map<number, { readonly index: number; ticks: number }>();

  /** @param ticksMax ticks that may pass from the offer, or from the last chunk pulled, to the next one or the acknowledgement */
  constructor(ticksMax: number) {
    this.#ticksMax = ticksMax;
  }

  /** That replica has pulled a chunk: its time begins anew. */
  pulled(id: number): void {
    const known = this.#waiting.get(id);
    if (known !== undefined) known.ticks = 0;
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
      // It has what it was offered, but our log was folded beyond that meanwhile: a newer one is due.
      const outrun = peer.match >= peer.pendingSnapshot;
      if (known?.index !== peer.pendingSnapshot && !outrun) {
        this.#waiting.set(id, { index: peer.pendingSnapshot, ticks: 0 });
      } else if (known === undefined || outrun || ++known.ticks >= this.#ticksMax) {
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

/** True while a leader waits for a replica to take a snapshot. */
export function sendsSnapshot(status: RaftStatus): boolean {
  for (const peer of status.progress.values()) if (peer.state === 'snapshot') return true;
  return false;
}
