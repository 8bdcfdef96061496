import { type Clock, Fault, type Random, RefusalError, must, utf8 } from '../lib/base/index.ts';
import { parseConfState } from '../lib/peer/replica/replica-record.ts';
import {
  type Entry,
  type EntryType,
  type HardState,
  type Snapshot,
  emptyHardState,
} from '../lib/raft/index.ts';
import { Disk, type DiskBackup } from '../lib/storage/disk.ts';
import { LogLayout } from '../lib/storage/layout.ts';
import type { AppendBatch, StoredEntry, StoredReplica, StoredSnapshot } from '../lib/storage/port.ts';
import { decodeHead, seedOf } from '../lib/storage/record.ts';
import type { Agenda } from './agenda.ts';
import { Violation } from './checkers/checker.ts';
import { LogImage } from './log-image.ts';

/** What a replica finds when it starts again. */
export interface Loaded {
  readonly stored: StoredReplica;
  /** How often the log was opened, this time included. */
  readonly epoch: number;
}

/** A copy of a disk at some moment. */
export interface Backup {
  readonly disk: DiskBackup;
  readonly term: number;
  /** Index of the last entry in it. */
  readonly last: number;
}

const key = 'log';
const seed = seedOf(key);
/** One crash in this many that may tear a record does. */
const tornOneIn = 4;

/** A batch that was handed over and is not safe yet, with the entries of it that were new to the layout. */
interface Handed {
  readonly batch: AppendBatch;
  readonly entries: readonly StoredEntry[];
}

/**
 * The disk of one replica: the product's rows, layout and disk in memory, which calls back out of the agenda. Batches are
 * atomic and get done in order; a durable one is safe, with all before it, once it is done. Of the rest a crash keeps some,
 * always the older before the newer, and may tear the first that is lost. What the checkers look at is kept beside it.
 */
export class SimDisk {
  /** What a crash leaves. */
  safe = new LogImage();
  hardState: HardState = emptyHardState;
  snapshot: Snapshot | undefined;
  readonly #clock: DiskClock;
  readonly #disk: Disk;
  #layout: LogLayout | undefined;
  /** Handed over and not safe yet, oldest first: the first `#done` of them are done. */
  #unsafe: Handed[] = [];
  #done = 0;
  #epoch = 0;

  constructor(agenda: Agenda, random: Random, writeMsMax: number) {
    this.#clock = new DiskClock(agenda);
    const habits = { writeMsMin: 0, writeMsMax, fullOneIn: 0, tornOneIn: 0 };
    this.#disk = new Disk(this.#clock, random, habits);
    this.#clock.atOnce(() => this.#disk.createLog(key, utf8('a replica'), mustWork));
  }

  get writeMsMax(): number {
    return this.#disk.habits.writeMsMax;
  }

  /** Longest time that a write takes, in ms. */
  set writeMsMax(writeMsMax: number) {
    this.#disk.habits = { ...this.#disk.habits, writeMsMax };
  }

  /** Plans and writes a batch; calls back when it is done. */
  write(batch: AppendBatch, done: () => void): void {
    const layout = must(this.#layout, 'the log was loaded');
    const write = layout.plan(batch);
    const first = write.record?.first ?? Infinity;
    const entries = (batch.entries ?? []).filter(({ index }) => index >= first);
    this.#unsafe.push({ batch, entries });
    this.#disk.writeLog(key, write, (error) => {
      if (error !== undefined) throw error;
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
    this.#disk.habits = { ...this.#disk.habits, tornOneIn: mayTear ? tornOneIn : 0 };
    this.#disk.crash();
    return !this.#lookAgain();
  }

  /** Opens the log, which counts. */
  load(): Loaded {
    let epoch = 0;
    this.#clock.atOnce(() => {
      this.#disk.claim(key, (fence, error) => {
        mustWork(error);
        epoch = fence;
      });
    });
    this.#epoch = epoch;
    return { stored: this.reload(), epoch };
  }

  /** Reads it again, for who takes over in the same process. Nothing may be on its way to it. */
  reload(): StoredReplica {
    const { layout, replica } = LogLayout.read(seed, this.#disk.rows(key), this.#epoch);
    this.#layout = layout;
    return replica;
  }

  /** What a backup holds that is made now. */
  backup(): Backup {
    return { disk: this.#disk.backup(), term: this.hardState.term, last: this.safe.last };
  }

  /** Takes the place of what is there, its process being dead. */
  restore(backup: Backup): void {
    this.#disk.restore(backup.disk);
    this.#lookAgain();
  }

  /** Everything is gone, as when a browser evicts an origin. */
  wipe(): void {
    this.#disk.wipe();
    this.#forget();
    this.hardState = emptyHardState;
    this.snapshot = undefined;
    this.safe = new LogImage();
  }

  /** Reads what is there now. False when it cannot be read. */
  #lookAgain(): boolean {
    this.#forget();
    const rows = this.#disk.rows(key);
    const head = must(rows.head, 'the log was made');
    try {
      const { hardState, snapshot, entries } = LogLayout.read(
        seed,
        rows,
        decodeHead(seed, head).fence,
      ).replica;
      this.hardState = hardState;
      this.snapshot = snapshot === undefined ? undefined : snapshotOf(snapshot);
      this.safe = new LogImage();
      this.safe.reset(snapshot?.index ?? 0, snapshot?.term ?? 0);
      this.safe.append(entries.map(entryOf));
      return true;
    } catch (error) {
      if (error instanceof RefusalError && error.code === 'corrupt') return false;
      throw error;
    }
  }

  /** A log is cut only where a term contradicts it: what stands behind may have been acknowledged. */
  #append(entries: readonly Entry[]): void {
    const [first] = entries;
    if (first !== undefined && first.index <= this.safe.last && this.safe.term(first.index) === first.term) {
      const { last } = this.safe;
      throw new Violation(
        'log-cut',
        `a log that ends at ${last} is cut at ${first.term}/${first.index}, which it holds`,
      );
    }
    this.safe.append(entries);
  }

  /** Callbacks of writes under way are never called. */
  #forget(): void {
    this.#layout = undefined;
    this.#unsafe = [];
    this.#done = 0;
  }

  #sync(): void {
    for (const { batch, entries } of this.#unsafe.splice(0, this.#done)) {
      if (batch.hardState !== undefined) this.hardState = batch.hardState;
      if (batch.snapshot !== undefined) {
        this.snapshot = snapshotOf(batch.snapshot);
        this.safe.reset(batch.snapshot.index, batch.snapshot.term);
      }
      this.#append(entries.map(entryOf));
    }
    this.#done = 0;
  }
}

/** Time as the disk has it. What is asked for at once does not wait for the agenda. */
class DiskClock implements Clock {
  readonly #agenda: Agenda;
  #isAtOnce = false;

  constructor(agenda: Agenda) {
    this.#agenda = agenda;
  }

  atOnce(run: () => void): void {
    this.#isAtOnce = true;
    run();
    this.#isAtOnce = false;
  }

  monotonicMs(): number {
    return this.#agenda.nowMs;
  }

  wallMs(): number {
    return this.#agenda.nowMs;
  }

  after(delayMs: number, run: () => void): () => void {
    if (this.#isAtOnce) run();
    else this.#agenda.after(delayMs, run);
    return () => undefined;
  }
}

function mustWork(error?: Error): void {
  if (error !== undefined) throw error;
}

export function entryOf(entry: StoredEntry): Entry {
  return { ...entry, type: entry.type as EntryType };
}

export function snapshotOf({ confState, ...rest }: StoredSnapshot): Snapshot {
  const members = parseConfState(confState);
  if (!members.ok) throw new Fault(members.refusal.text);
  return { ...rest, confState: members.value };
}
