import type { Life } from './raft-frame.ts';

/**
 * Which life of each replica is the newest that was heard of. A replica whose disk is an older copy (a restored or a copied profile) has
 * forgotten what it promised: its vote must not count beside that of the newer one. Kept in memory only: what nobody awake has
 * heard of can't be told from the present (docs/threat-model.md).
 */
export class Lives {
  readonly #newest = new Map<number, Life>();

  /** Whether a replica that says this of itself is the newest heard of; remembers it if so. */
  isNewest(replicaId: number, life: Life): boolean {
    const known = this.#newest.get(replicaId);
    if (known !== undefined && known.epoch > life.epoch) return false;
    // Two copies opened equally often: whoever was heard of first is believed.
    if (known !== undefined && known.epoch === life.epoch) return known.number === life.number;
    this.#newest.set(replicaId, life);
    return true;
  }
}
