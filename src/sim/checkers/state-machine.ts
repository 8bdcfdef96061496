import { equalBytes } from '../../lib/base/index.ts';
import type { Applied } from '../../lib/queue/index.ts';
import type { Entry, Snapshot } from '../../lib/raft/index.ts';
import { type Checker, violated } from './checker.ts';
import type { Scene } from '../ledger.ts';
import type { Site } from '../site.ts';

/**
 * State machine safety: replicas apply the committed entries, in order, each once, with the same results, and their states after the
 * same entry have the same bytes.
 */
export class StateMachine implements Checker {
  readonly name = 'state-machine';
  readonly #scene: Scene;
  readonly #applied = new Map<number, number>();
  readonly #results: string[] = [];
  readonly #states = new Map<number, Uint8Array>();

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  onApplied(site: Site, entry: Entry, applied: Applied): void {
    const before = this.#applied.get(site.id) ?? 0;
    if (entry.index !== before + 1)
      violated(this, `replica ${site.id} applies ${entry.index} after ${before}`);
    this.#applied.set(site.id, entry.index);
    const { ledger } = this.#scene;
    if (entry.index > ledger.length || ledger.term(entry.index) !== entry.term) {
      violated(
        this,
        `replica ${site.id} applies ${entry.term}/${entry.index}, which is not what was committed`,
      );
    }
    const { result, repeated, stampMs } = applied;
    const text = `${result.kind === 'committed' ? (result.value ?? '') : result.refusal.code} ${repeated} ${stampMs}`;
    const known = this.#results[entry.index];
    if (known === undefined) this.#results[entry.index] = text;
    else if (known !== text) {
      violated(this, `entry ${entry.index} gives “${text}” on ${site.id} and gave “${known}” elsewhere`);
    }
  }

  onInstalled(site: Site, snapshot: Snapshot): void {
    const before = this.#applied.get(site.id) ?? 0;
    if (snapshot.index < before)
      violated(this, `replica ${site.id} goes back from ${before} to snapshot ${snapshot.index}`);
    this.#applied.set(site.id, snapshot.index);
    if (this.#scene.ledger.term(snapshot.index) !== snapshot.term) {
      violated(this, `snapshot ${snapshot.term}/${snapshot.index} on ${site.id} is not of a committed entry`);
    }
    // The state must be read back as it was written.
    if (site.replica !== undefined) this.#compare(site, snapshot.index, site.replica.state.snapshot());
  }

  onSnapshot(site: Site, index: number, data: Uint8Array): void {
    this.#compare(site, index, data);
  }

  onFate(site: Site): void {
    this.#applied.set(site.id, site.isUp ? (site.replica?.state.index ?? 0) : 0);
  }

  onEnd(): void {
    for (const site of this.#scene.sites.values()) {
      if (site.isUp && site.replica !== undefined) {
        this.#compare(site, site.replica.state.index, site.replica.state.snapshot());
      }
    }
  }

  #compare(site: Site, index: number, data: Uint8Array): void {
    const known = this.#states.get(index);
    if (known === undefined) this.#states.set(index, data);
    else if (!equalBytes(known, data))
      violated(this, `the state of ${site.id} after ${index} differs from another's`);
  }
}
