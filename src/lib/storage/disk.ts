import { type Bytes, type Clock, type Random, assert, must } from '../base/index.ts';
import { type LogRows, type LogWrite, mayWrite } from './layout.ts';
import { decodeHead, encodeHead, encodeIdentity, seedOf } from './record.ts';
import { type StorageRefusal, refusalOf, storageRefusal } from './refusals.ts';

/** How a disk in memory behaves. */
export interface DiskHabits {
  /** Shortest and longest time until a write is done, in milliseconds of the handed-in clock. */
  readonly writeMsMin: number;
  readonly writeMsMax: number;
  /** One write in this many fails for want of room, 0 for none. */
  readonly fullOneIn: number;
  /** One crash in this many leaves the first lost append half done, as no real IndexedDB should; 0 for none. */
  readonly tornOneIn: number;
}

/** Stands in the sentence of every failure that was made on purpose. */
export const simulatedDisk = 'the simulated disk';

/** Slow as a laptop's flush, sometimes, and otherwise faultless. */
export const steadyHabits: DiskHabits = { writeMsMin: 1, writeMsMax: 4, fullOneIn: 0, tornOneIn: 0 };

/** What a write changes: logs, chunks of files, or the table of that name. */
export type WritePlace = 'logs' | 'chunks' | (string & {});

/** Says of each write whether it fails, and as what: it then changes nothing. `removes`: it asks for no room. */
export type WriteFailure = (place: WritePlace, removes: boolean) => StorageRefusal | undefined;

interface LogImage {
  identity: Bytes;
  head: Bytes;
  snapshot: Bytes | undefined;
  records: Map<number, Uint8Array>;
}

/** One atomic change of anything on the disk. Made twice: on what a process sees, and later on what a crash leaves. */
type Change = (image: DiskImage) => void;

/** A copy of a disk, to be put back whole. */
export type DiskBackup = object;

class DiskImage {
  logs = new Map<string, LogImage>();
  tables = new Map<string, Map<string, Bytes>>();
  chunks = new Map<string, Bytes>();

  copy(): DiskImage {
    const out = new DiskImage();
    for (const [key, log] of this.logs) out.logs.set(key, { ...log, records: new Map(log.records) });
    for (const [name, table] of this.tables) out.tables.set(name, new Map(table));
    out.chunks = new Map(this.chunks);
    return out;
  }
}

/** A change that is done but not safe from a crash, and what a crash in its middle would leave on a disk that is not atomic. */
interface Unsynced {
  readonly change: Change;
  readonly torn: ((random: Random) => Change) | undefined;
}

/** A write that was handed over and is not done yet. */
interface Pending {
  readonly place: WritePlace;
  readonly removes: boolean;
  readonly make: () => Change;
  readonly torn?: (random: Random) => Change;
  readonly durable: boolean;
  readonly done: (error?: Error) => void;
}

/**
 * A disk in memory, behaving as IndexedDB promises to and no better: writes are atomic and done in order; one that is
 * `durable` is safe, with all before it, when it reports itself done; any other may be undone by a crash, the newest first.
 *
 * Everything happens inside calls and timers of the handed-in clock, so that a run repeats from its seed.
 */
export class Disk {
  readonly #clock: Clock | undefined;
  readonly #random: Random | undefined;
  habits: DiskHabits;
  /** Writes that fail on purpose, beside those that fail by chance. */
  failure: WriteFailure | undefined;
  #seen = new DiskImage();
  #safe = new DiskImage();
  /** Done, but not safe from a crash. */
  #unsynced: Unsynced[] = [];
  #pending: Pending[] = [];
  #lastDueMs = 0;
  #life = 0;

  /** Without a clock, writes are done at once and nothing ever fails. */
  constructor(clock?: Clock, random?: Random, habits: DiskHabits = steadyHabits) {
    this.#clock = clock;
    this.#random = random;
    this.habits = habits;
  }

  /** Counts crashes: what was opened in an earlier life may not touch the disk any more. */
  get life(): number {
    return this.#life;
  }

  /**
   * The process and the machine under it die. Some of the writes that nobody was told to be safe survive, always the older before the
   * newer; callbacks of pending writes are never called.
   */
  crash(): void {
    const random = must(this.#random, 'a disk that crashes needs a Random');
    const inFlight = this.#pending;
    this.#pending = [];
    this.#life += 1;
    const survivors = random.below(this.#unsynced.length + inFlight.length + 1);
    const lost = [...this.#unsynced, ...inFlight][survivors];
    for (const { change } of this.#unsynced.slice(0, survivors)) change(this.#safe);
    this.#seen = this.#safe.copy();
    this.#lastDueMs = 0;
    const flying = inFlight.slice(0, Math.max(0, survivors - this.#unsynced.length));
    for (const pending of flying) {
      // A write planned on one that failed is refused by its sequence: it changes nothing, as on a real disk.
      const change = this.#attempt(pending.make);
      if (change instanceof Error) continue;
      change(this.#safe);
      change(this.#seen);
    }
    this.#unsynced = [];
    if (lost?.torn !== undefined && chance(random, this.habits.tornOneIn)) {
      const half = lost.torn(random);
      half(this.#safe);
      half(this.#seen);
    }
  }

  /** The browser throws everything away, as for an origin it evicts. Open handles fail from now on. */
  wipe(): void {
    this.#life += 1;
    this.#seen = new DiskImage();
    this.#safe = new DiskImage();
    this.#unsynced = [];
    this.#pending = [];
  }

  /** Flips one bit of one row of that log, chosen by chance, both seen and safe. False when there is nothing to flip. */
  rot(key: string): boolean {
    const random = must(this.#random, 'a disk that rots needs a Random');
    const log = this.#seen.logs.get(key);
    if (log === undefined) return false;
    const rows = [
      log.identity,
      log.head,
      ...(log.snapshot === undefined ? [] : [log.snapshot]),
      ...log.records.values(),
    ];
    const row = rows[random.below(rows.length)];
    if (row === undefined) return false;
    const at = random.below(row.length);
    // Rows are shared by both images on purpose: the flip shows in each.
    row[at] = (row[at] ?? 0) ^ (1 << random.below(8));
    return true;
  }

  /** Flips a bit of the newest record of entries of that log. False when it has none. */
  rotRecord(key: string): boolean {
    const row = [...(this.#seen.logs.get(key)?.records.values() ?? [])].at(-1);
    const at = row === undefined ? -1 : row.length >> 1;
    if (row === undefined || at < 0) return false;
    row[at] = (row[at] ?? 0) ^ 1;
    return true;
  }

  /** What a backup of this profile would hold: everything that is safe. */
  backup(): DiskBackup {
    return this.#safe.copy();
  }

  /** The profile is put back from a backup, its process being dead. */
  restore(backup: DiskBackup): void {
    this.#life += 1;
    this.#safe = (backup as DiskImage).copy();
    this.#seen = this.#safe.copy();
    this.#unsynced = [];
    this.#pending = [];
  }

  // The rest is what stores on this disk use.

  listLogs(): readonly string[] {
    return [...this.#seen.logs.keys()].sort();
  }

  /** Makes a log, durably. */
  createLog(key: string, identity: Uint8Array, done: (error?: Error) => void): void {
    const seed = seedOf(key);
    const make = (): Change => {
      if (this.#seen.logs.has(key)) throw storageRefusal('exists', key);
      const row = encodeIdentity(seed, identity);
      const head = encodeHead(seed, {
        fence: 0,
        sequence: 0,
        hardState: { term: 0, vote: 0, commit: 0 },
        provenTo: 0,
        acknowledged: [],
      });
      return (image) =>
        void image.logs.set(key, { identity: row, head, snapshot: undefined, records: new Map() });
    };
    this.#write({ place: 'logs', removes: false, make, durable: true, done });
  }

  deleteLog(key: string, done: (error?: Error) => void): void {
    const make = () => (image: DiskImage) => void image.logs.delete(key);
    this.#write({ place: 'logs', removes: true, make, durable: true, done });
  }

  /** Raises the fence of a log, durably; `done` gets it. */
  claim(key: string, done: (fence: number, error?: Error) => void): void {
    const seed = seedOf(key);
    let fence = 0;
    const make = (): Change => {
      const log = this.#seen.logs.get(key);
      if (log === undefined) throw storageRefusal('absent', key);
      const head = decodeHead(seed, log.head);
      fence = head.fence + 1;
      const row = encodeHead(seed, { ...head, fence });
      return (image) => {
        const found = image.logs.get(key);
        if (found !== undefined) found.head = row;
      };
    };
    const claimed = (error?: Error) => done(fence, error);
    this.#write({ place: 'logs', removes: false, make, durable: true, done: claimed });
  }

  rows(key: string): LogRows {
    const log = this.#seen.logs.get(key);
    if (log === undefined) return { identity: undefined, head: undefined, snapshot: undefined, records: [] };
    const records = [...log.records].sort((a, b) => a[0] - b[0]);
    return { identity: log.identity, head: log.head, snapshot: log.snapshot, records };
  }

  writeLog(key: string, write: LogWrite, done: (error?: Error) => void): void {
    const seed = seedOf(key);
    const make = (): Change => {
      if (!mayWrite(seed, this.#seen.logs.get(key)?.head, write)) throw storageRefusal('fenced');
      return (image) => applyWrite(must(image.logs.get(key), `log ${key} is gone`), write);
    };
    const { record } = write;
    if (record === undefined) {
      this.#write({ place: 'logs', removes: false, make, durable: write.durable, done });
      return;
    }
    const torn = (random: Random): Change => {
      const part = record.row.slice(0, random.below(record.row.length));
      return (image) => void image.logs.get(key)?.records.set(record.first, part);
    };
    this.#write({ place: 'logs', removes: false, make, torn, durable: write.durable, done });
  }

  table(name: string): ReadonlyMap<string, Bytes> {
    return this.#seen.tables.get(name) ?? new Map<string, Bytes>();
  }

  writeTable(name: string, key: string, value: Bytes | undefined, done: (error?: Error) => void): void {
    const change: Change = (image) => {
      const table = image.tables.get(name) ?? new Map<string, Bytes>();
      image.tables.set(name, table);
      if (value === undefined) table.delete(key);
      else table.set(key, value);
    };
    this.#write({ place: name, removes: value === undefined, make: () => change, durable: true, done });
  }

  chunks(): ReadonlyMap<string, Bytes> {
    return this.#seen.chunks;
  }

  writeChunks(
    chunks: readonly (readonly [string, Bytes | undefined])[],
    done: (error?: Error) => void,
  ): void {
    const change: Change = (image) => {
      for (const [hash, bytes] of chunks) {
        if (bytes === undefined) image.chunks.delete(hash);
        else image.chunks.set(hash, bytes);
      }
    };
    const removes = chunks.every(([, bytes]) => bytes === undefined);
    this.#write({ place: 'chunks', removes, make: () => change, durable: false, done });
  }

  #write(pending: Pending): void {
    const clock = this.#clock;
    if (clock === undefined) {
      this.#finish(pending);
      return;
    }
    this.#pending.push(pending);
    const life = this.#life;
    const span = this.habits.writeMsMax - this.habits.writeMsMin;
    const tookMs = this.habits.writeMsMin + (span > 0 ? (this.#random?.below(span + 1) ?? 0) : 0);
    this.#lastDueMs = Math.max(this.#lastDueMs, clock.monotonicMs() + tookMs);
    clock.after(this.#lastDueMs - clock.monotonicMs(), () => {
      if (life !== this.#life) return;
      // Timers of one instant may fire in any order: the oldest write is always the one that gets done.
      const oldest = this.#pending.shift();
      assert(oldest !== undefined, 'a write finished that never began');
      this.#finish(oldest);
    });
  }

  #finish(pending: Pending): void {
    if (this.#random !== undefined && chance(this.#random, this.habits.fullOneIn)) {
      pending.done(storageRefusal('storage-full', simulatedDisk));
      return;
    }
    const failure = this.failure?.(pending.place, pending.removes);
    if (failure !== undefined) {
      pending.done(storageRefusal(failure, simulatedDisk));
      return;
    }
    const change = this.#attempt(pending.make);
    if (change instanceof Error) {
      pending.done(change);
      return;
    }
    change(this.#seen);
    this.#unsynced.push({ change, torn: pending.torn });
    if (pending.durable) {
      for (const unsynced of this.#unsynced) unsynced.change(this.#safe);
      this.#unsynced = [];
    }
    pending.done();
  }

  #attempt(make: () => Change): Change | Error {
    try {
      return make();
    } catch (error) {
      return refusalOf(error);
    }
  }
}

function applyWrite(log: LogImage, write: LogWrite): void {
  log.head = write.head;
  if (write.snapshot !== undefined) log.snapshot = write.snapshot;
  for (const run of write.dropped) for (const first of run) log.records.delete(first);
  if (write.record !== undefined) log.records.set(write.record.first, write.record.row);
}

function chance(random: Random, oneIn: number): boolean {
  return oneIn > 0 && random.below(oneIn) === 0;
}
