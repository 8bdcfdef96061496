import type { Clock } from '../../base/index.ts';
import type { Snapshot } from '../../raft/index.ts';
import { snapshotsKeptMax, snapshotsKeptMs } from '../limits.ts';
import { type SnapshotManifest, chunkOf, manifestOf } from './snapshot-manifest.ts';

interface Offered {
  readonly manifest: SnapshotManifest;
  readonly data: Uint8Array;
  usedMs: number;
}

/**
 * The snapshots that this replica has offered and that others pull chunks of. One that is being pulled stays while newer ones
 * are made, so that a pull over a slow line comes to its end; a few at most, and none for long after its last chunk.
 */
export class SnapshotShelf {
  readonly #clock: Clock;
  /** By name, the one used longest ago first. */
  readonly #offered = new Map<string, Offered>();
  /** Name of the last one: manifests are costly (every byte is hashed) and asked for again and again. */
  #last = '';

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Puts a snapshot on offer and gives the message's form of it: the manifest in place of the data. */
  offer(snapshot: Snapshot): Snapshot {
    const last = this.#offered.get(this.#last);
    const manifest = last?.data === snapshot.data ? last.manifest : manifestOf(snapshot.data);
    this.#last = manifest.name;
    this.#keep({ manifest, data: snapshot.data, usedMs: 0 });
    return { ...snapshot, data: manifest.bytes };
  }

  /** A chunk of a snapshot on offer, or undefined when that is gone or there is no such chunk. */
  chunk(name: string, chunk: number): Uint8Array | undefined {
    const offered = this.#offered.get(name);
    if (offered === undefined || chunk >= offered.manifest.chunks) return undefined;
    this.#keep(offered);
    return chunkOf(offered.data, chunk);
  }

  /** True when nothing is on offer. */
  get isEmpty(): boolean {
    return this.#offered.size === 0;
  }

  /** To be called now and then: lets go of what nobody has pulled for a while. */
  sweep(): void {
    const now = this.#clock.monotonicMs();
    for (const [name, offered] of this.#offered) {
      if (now - offered.usedMs > snapshotsKeptMs) this.#offered.delete(name);
    }
  }

  #keep(offered: Offered): void {
    offered.usedMs = this.#clock.monotonicMs();
    this.#offered.delete(offered.manifest.name);
    this.#offered.set(offered.manifest.name, offered);
    for (const oldest of this.#offered.keys()) {
      if (this.#offered.size <= snapshotsKeptMax) break;
      this.#offered.delete(oldest);
    }
  }
}
