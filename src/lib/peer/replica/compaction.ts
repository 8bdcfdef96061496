import type { Bytes } from '../../base/index.ts';
import type { ConfState, Snapshot } from '../../raft/index.ts';
import type { ReplicaStorage } from './replica-storage.ts';

export interface CompactionLimits {
  /** Applied entries after which the log is folded into a snapshot. */
  readonly snapshotEveryEntries: number;
  /** Entries kept in memory behind a snapshot, so that a peer that blinked needs no snapshot. */
  readonly entriesKeptBehind: number;
  /** The same while a snapshot is on its way to someone, so that the log can take over behind it. */
  readonly entriesHeldBehind: number;
}

/** What is folded: the state at its index, and the members then. */
export interface Foldable {
  readonly index: number;
  readonly confState: ConfState;
  readonly data: () => Bytes;
  /** A snapshot is on its way to another replica. */
  readonly isSending: () => boolean;
}

/** A snapshot of this replica's own state. */
export type OwnSnapshot = Snapshot & { readonly data: Bytes };

/**
 * Folds the log of a replica into a snapshot when it has grown enough. One snapshot is written at a time, and an older one never
 * follows a newer one to the disk, whether it is our own or the leader's.
 */
export class Compaction {
  readonly #storage: ReplicaStorage;
  readonly #limits: CompactionLimits;
  readonly #write: (snapshot: OwnSnapshot, done: () => void) => void;
  /** Index of the newest snapshot that is on the disk. */
  #index: number;
  /** Newest snapshot handed to the disk: an older one must never follow it. */
  #handed: number;
  #underWay = false;

  /** @param write hands a snapshot to the disk and calls back when it is there */
  constructor(
    storage: ReplicaStorage,
    limits: CompactionLimits,
    snapshotIndex: number,
    write: (snapshot: OwnSnapshot, done: () => void) => void,
  ) {
    this.#storage = storage;
    this.#limits = limits;
    this.#index = snapshotIndex;
    this.#handed = snapshotIndex;
    this.#write = write;
  }

  /** A snapshot of the leader is on its way to the disk. */
  handed(index: number): void {
    this.#handed = index;
  }

  /** A snapshot of the leader is on the disk. */
  installed(index: number): void {
    this.#index = index;
  }

  /** To be called after each entry that the state has taken; `now` gives it as it is then. */
  fold(now: () => Foldable): void {
    const { index, confState, data, isSending } = now();
    const every = this.#limits.snapshotEveryEntries;
    // At multiples of a number, so that all replicas make the same snapshots and a pull can go on after a change of leader.
    const isDue = Math.floor(index / every) > Math.floor(this.#index / every) || this.#storage.lacksMembers();
    if (this.#underWay || !isDue || index <= this.#handed) return;
    this.#underWay = true;
    this.#handed = index;
    const snapshot = { index, term: this.#storage.term(index), confState, data: data() };
    this.#write(snapshot, () => {
      this.#underWay = false;
      if (index <= this.#index) return;
      this.#index = index;
      this.#storage.createSnapshot(index, confState, snapshot.data);
      const { entriesKeptBehind, entriesHeldBehind } = this.#limits;
      const kept = index - (isSending() ? entriesHeldBehind : entriesKeptBehind);
      if (kept >= this.#storage.firstIndex()) this.#storage.compact(kept);
      // The members may have changed while it was written.
      this.fold(now);
    });
  }
}
