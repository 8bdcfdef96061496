import { twinForgottenMs } from '../limits.ts';
import type { Life } from './raft-frame.ts';

/**
 * Which life of each replica is the newest that was heard of. A replica whose disk is an older copy (a restored or a copied profile) has
 * forgotten what it promised: its vote must not count beside that of the newer one. Kept in memory only: what nobody awake has
 * heard of can't be told from the present (docs/threat-model.md).
 */
export class Lives {
  readonly #newest = new Map<number, { readonly life: Life; heardMs: number }>();

  /** Whether a replica that says this of itself is the newest heard of; remembers it if so. */
  isNewest(replicaId: number, life: Life, nowMs: number): boolean {
    const known = this.#newest.get(replicaId);
    if (known !== undefined && known.life.epoch > life.epoch) return false;
    // Two copies opened equally often: whoever was heard of first is believed, for as long as it is heard of.
    const isTwin = known?.life.epoch === life.epoch && known.life.number !== life.number;
    if (isTwin && nowMs - known.heardMs < twinForgottenMs) return false;
    this.#newest.set(replicaId, { life, heardMs: nowMs });
    return true;
  }

  /** Whether another copy of that replica was heard a while ago that was opened as often. */
  hasTwin(replicaId: number, life: Life, nowMs: number): boolean {
    const known = this.#newest.get(replicaId);
    const isTwin = known?.life.epoch === life.epoch && known.life.number !== life.number;
    return isTwin && nowMs - known.heardMs < twinForgottenMs;
  }

  /** Whether that replica is known to have been opened again since. */
  isOver(replicaId: number, { epoch }: Life): boolean {
    return (this.#newest.get(replicaId)?.life.epoch ?? 0) > epoch;
  }
}
