import { acknowledgementsMax } from '../../storage/limits.ts';
import type { StoredAcknowledgement } from '../../storage/port.ts';
import type { DiskState, Life } from './raft-frame.ts';

/**
 * What every other replica of a queue was heard to have on its disk, kept with the log. A disk that was put back from a backup
 * shows less: it has forgotten votes that it gave and entries that it acknowledged, so what it says must not count.
 *
 * Why less is a proof: a term never falls (Raft paper, figure 2, persistent state). Within a term the log of a replica
 * that acknowledged entries to its leader only grows, because a term has one leader, which only appends (5.2, 5.3). And no leader of a
 * later term replaces what was committed (5.4).
 */
export class Acknowledgements {
  readonly #known = new Map<number, StoredAcknowledgement>();
  /** Lives that showed less, by replica: they are not heard whatever they copy from others afterwards. */
  readonly #lost = new Map<number, number>();
  #changed = false;

  constructor(stored: readonly StoredAcknowledgement[]) {
    for (const each of stored) this.#known.set(each.replica, each);
  }

  /**
   * Whether a replica that speaks in this life still has what it was heard to have. Frames of one life may overtake each other, so
   * that only the first of a life is judged.
   */
  isIntact(replica: number, life: Life, disk: Pick<DiskState, 'term' | 'last'>): boolean {
    if (this.#lost.get(replica) === life.number) return false;
    const known = this.#known.get(replica);
    if (known === undefined || (known.epoch === life.epoch && known.life === life.number)) return true;
    const { term, index, committed } = known;
    if (
      disk.term > term
        ? disk.last >= committed
        : disk.term === term && disk.last >= Math.max(index, committed)
    )
      return true;
    this.#lost.set(replica, life.number);
    return false;
  }

  /** A replica that is intact was heard. */
  heard(replica: number, life: Life, term: number): void {
    const known = this.#known.get(replica) ?? nothing(replica);
    const isOfLife = known.epoch === life.epoch && known.life === life.number;
    if (isOfLife && known.term >= term) return;
    const isLater = term > known.term;
    this.#set({
      ...known,
      epoch: life.epoch,
      life: life.number,
      term: isLater ? term : known.term,
      index: isLater ? 0 : known.index,
    });
  }

  /** A replica acknowledged entries up to `index` to this one, which leads in `term` and has committed up to `commit`. */
  acknowledged(replica: number, term: number, index: number, commit: number): void {
    const known = this.#known.get(replica);
    if (known?.term !== term) return;
    const last = Math.max(known.index, index);
    const committed = Math.max(known.committed, Math.min(last, commit));
    if (last !== known.index || committed !== known.committed)
      this.#set({ ...known, index: last, committed });
  }

  /** This replica, which leads in `term`, has committed up to `commit`: what was acknowledged to it up to there is settled for good. */
  committed(term: number, commit: number): void {
    for (const { replica, index } of this.#known.values()) this.acknowledged(replica, term, index, commit);
  }

  /** How often that replica's log had been opened when it was last heard; 0 for one that was not heard. */
  epochOf(replica: number): number {
    return this.#known.get(replica)?.epoch ?? 0;
  }

  /** Keeps only those that are wanted: ids are never given again. */
  retain(isWanted: (replica: number) => boolean): void {
    for (const replica of [...this.#known.keys()]) {
      if (isWanted(replica)) continue;
      this.#known.delete(replica);
      this.#lost.delete(replica);
      this.#changed = true;
    }
  }

  /** What is to be stored if it has changed since this was last asked. */
  take(): readonly StoredAcknowledgement[] | undefined {
    if (!this.#changed) return undefined;
    this.#changed = false;
    return [...this.#known.values()].slice(-acknowledgementsMax);
  }

  /** Whether something is known that was not handed to the disk yet. */
  get hasNews(): boolean {
    return this.#changed;
  }

  #set(next: StoredAcknowledgement): void {
    this.#known.delete(next.replica);
    this.#known.set(next.replica, next);
    this.#changed = true;
  }
}

function nothing(replica: number): StoredAcknowledgement {
  return { replica, epoch: 0, life: 0, term: 0, index: 0, committed: 0 };
}
