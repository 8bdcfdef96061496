import type { Random } from '../lib/base/index.ts';
import { type Entry, type HardState, type Snapshot, emptyHardState } from '../lib/raft/index.ts';
import type { Agenda } from './agenda.ts';
import { LogImage } from './log-image.ts';

/** What is written in one go, as `AppendBatch` of the storage room. */
export interface Batch {
  readonly hardState: HardState | undefined;
  readonly entries: readonly Entry[];
  readonly snapshot: Snapshot | undefined;
  readonly durable: boolean;
}

/** What a replica finds when it starts again. */
export interface Loaded {
  readonly hardState: HardState;
  readonly snapshot: Snapshot | undefined;
  readonly entries: readonly Entry[];
}

/**
 * The disk of one replica: batches are atomic and get done in order; a durable one is safe, with all before it, once it is done.
 * Of the rest a crash keeps some, always the older before the newer, and may tear the first that is lost.
 */
export class SimDisk {
  /** What a crash leaves. */
  readonly safe = new LogImage();
  hardState: HardState = emptyHardState;
  snapshot: Snapshot | undefined;
  /** Handed over and not safe yet, oldest first: the first `#done` of them are done. */
  #unsafe: Batch[] = [];
  #done = 0;
  #life = 0;
  #lastDueMs = 0;
  readonly #agenda: Agenda;
  readonly #random: Random;
  /** Longest time that a write takes, in ms. */
  writeMsMax: number;

  constructor(agenda: Agenda, random: Random, writeMsMax: number) {
    this.#agenda = agenda;
    this.#random = random;
    this.writeMsMax = writeMsMax;
  }

  write(batch: Batch, done: () => void): void {
    this.#unsafe.push(batch);
    const life = this.#life;
    const tookMs = this.#random.below(this.writeMsMax + 1);
    this.#lastDueMs = Math.max(this.#lastDueMs, this.#agenda.nowMs + tookMs);
    this.#agenda.after(this.#lastDueMs - this.#agenda.nowMs, () => {
      if (life !== this.#life) return;
      this.#done++;
      if (batch.durable) this.#sync();
      done();
    });
  }

  /**
   * The machine dies. With `mayTear` the first lost batch may be found half written: then the checksum fails at the next start,
   * and this gives true.
   */
  crash(mayTear: boolean): boolean {
    const random = this.#random;
    const survivors = random.below(this.#unsafe.length + 1);
    const tears = survivors < this.#unsafe.length && mayTear && random.below(4) === 0;
    for (const batch of this.#unsafe.slice(0, survivors)) this.#make(batch);
    this.#forget();
    return tears;
  }

  load(): Loaded {
    return { hardState: this.hardState, snapshot: this.snapshot, entries: this.safe.entries.slice() };
  }

  /** Everything is gone, as when a browser evicts an origin. */
  wipe(): void {
    this.#forget();
    this.hardState = emptyHardState;
    this.snapshot = undefined;
    this.safe.baseIndex = 0;
    this.safe.baseTerm = 0;
    this.safe.entries = [];
  }

  /** Callbacks of writes under way are never called. */
  #forget(): void {
    this.#life++;
    this.#unsafe = [];
    this.#done = 0;
    this.#lastDueMs = 0;
  }

  #sync(): void {
    for (let i = 0; i < this.#done; i++) {
      const batch = this.#unsafe[i];
      if (batch !== undefined) this.#make(batch);
    }
    this.#unsafe.splice(0, this.#done);
    this.#done = 0;
  }

  #make({ hardState, entries, snapshot }: Batch): void {
    if (hardState !== undefined) this.hardState = hardState;
    if (snapshot !== undefined) {
      this.snapshot = snapshot;
      this.safe.reset(snapshot.index, snapshot.term);
    }
    this.safe.append(entries);
  }
}
