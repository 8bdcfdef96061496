import type { Bytes, Clock, Random } from '../base/index.ts';
import { Disk, type DiskHabits } from './disk.ts';
import type { LogRows, LogWrite } from './layout.ts';
import type { ChunkStore, ReplicaLog, StorageEstimate, Store, Table } from './port.ts';
import { storageRefusal } from './refusals.ts';
import { type LogDisk, RowLog } from './row-log.ts';

/** A store in memory that forgets everything with its process: for tests, and for a person who wants no trace. */
export function openMemoryStore(): Store {
  return new DiskStore(new Disk());
}

/**
 * A disk that outlives its process in the simulator: `open` for each life of the process, `crash` between two of them.
 * Promises of a life that ended in a crash never settle, as those of a dead process.
 */
export class FaultyDisk {
  readonly disk: Disk;

  constructor(clock: Clock, random: Random, habits?: DiskHabits) {
    this.disk = new Disk(clock, random, habits);
  }

  open(): Store {
    return new DiskStore(this.disk);
  }

  /** Loses or keeps what no one was told to be safe (see Disk). Stores opened before are dead. */
  crash(): void {
    this.disk.crash();
  }

  /** As if the browser had evicted this origin. */
  wipe(): void {
    this.disk.wipe();
  }
}

/** Space a disk in memory claims to have, for the estimate only: 1 GiB. */
const memoryQuotaBytes = 1024 * 1024 * 1024;

/** Runs a write of the disk as a promise. */
function written(run: (done: (error?: Error) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    run((error) => {
      if (error === undefined) resolve();
      else reject(error);
    });
  });
}

class DiskStore implements Store {
  readonly chunks: ChunkStore;
  readonly #disk: Disk;
  readonly #life: number;
  #closed = false;

  constructor(disk: Disk) {
    this.#disk = disk;
    this.#life = disk.life;
    this.chunks = new DiskChunks(disk, () => this.#check());
  }

  async listLogs(): Promise<readonly string[]> {
    this.#check();
    return this.#disk.listLogs();
  }

  async createLog(key: string, identity: Uint8Array): Promise<void> {
    this.#check();
    await written((done) => this.#disk.createLog(key, identity, done));
  }

  async openLog(key: string): Promise<ReplicaLog> {
    this.#check();
    const fence = await new Promise<number>((resolve, reject) => {
      this.#disk.claim(key, (claimed, error) => {
        if (error === undefined) resolve(claimed);
        else reject(error);
      });
    });
    return new RowLog(new MemoryLogDisk(this.#disk, key, fence));
  }

  async deleteLog(key: string): Promise<void> {
    this.#check();
    await written((done) => this.#disk.deleteLog(key, done));
  }

  async get(table: Table, key: string): Promise<Bytes | undefined> {
    this.#check();
    return this.#disk.table(table).get(key)?.slice();
  }

  async put(table: Table, key: string, value: Uint8Array): Promise<void> {
    this.#check();
    await written((done) => this.#disk.writeTable(table, key, new Uint8Array(value), done));
  }

  async delete(table: Table, key: string): Promise<void> {
    this.#check();
    await written((done) => this.#disk.writeTable(table, key, undefined, done));
  }

  async entries(table: Table): Promise<readonly (readonly [string, Bytes])[]> {
    this.#check();
    const all = [...this.#disk.table(table)].sort((a, b) => (a[0] < b[0] ? -1 : 1));
    return all.map(([key, value]) => [key, value.slice()] as const);
  }

  async estimate(): Promise<StorageEstimate> {
    this.#check();
    let usedBytes = 0;
    for (const chunk of this.#disk.chunks().values()) usedBytes += chunk.length;
    return { usedBytes, quotaBytes: memoryQuotaBytes, persisted: false };
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #check(): void {
    if (this.#closed || this.#life !== this.#disk.life) throw storageRefusal('closed');
  }
}

class MemoryLogDisk implements LogDisk {
  readonly key: string;
  readonly fence: number;
  readonly #disk: Disk;
  readonly #life: number;

  constructor(disk: Disk, key: string, fence: number) {
    this.#disk = disk;
    this.key = key;
    this.fence = fence;
    this.#life = disk.life;
  }

  async read(): Promise<LogRows> {
    if (this.#life !== this.#disk.life) throw storageRefusal('closed');
    return this.#disk.rows(this.key);
  }

  async write(write: LogWrite): Promise<void> {
    if (this.#life !== this.#disk.life) throw storageRefusal('closed');
    await written((done) => this.#disk.writeLog(this.key, write, done));
  }

  async release(): Promise<void> {
    // Nothing is held: the fence alone keeps openers apart.
  }
}

class DiskChunks implements ChunkStore {
  readonly #disk: Disk;
  readonly #check: () => void;

  constructor(disk: Disk, check: () => void) {
    this.#disk = disk;
    this.#check = check;
  }

  async get(hash: string): Promise<Bytes | undefined> {
    this.#check();
    return this.#disk.chunks().get(hash)?.slice();
  }

  async has(hash: string): Promise<boolean> {
    this.#check();
    return this.#disk.chunks().has(hash);
  }

  async present(hashes: readonly string[]): Promise<ReadonlySet<string>> {
    this.#check();
    return new Set(hashes.filter((hash) => this.#disk.chunks().has(hash)));
  }

  async put(hash: string, bytes: Uint8Array): Promise<void> {
    await this.putMany([{ hash, bytes }]);
  }

  async putMany(chunks: readonly { readonly hash: string; readonly bytes: Uint8Array }[]): Promise<void> {
    this.#check();
    const copies = chunks.map(({ hash, bytes }) => [hash, new Uint8Array(bytes)] as const);
    await written((done) => this.#disk.writeChunks(copies, done));
  }

  async delete(hash: string): Promise<void> {
    await this.deleteMany([hash]);
  }

  async deleteMany(hashes: readonly string[]): Promise<void> {
    this.#check();
    await written((done) =>
      this.#disk.writeChunks(
        hashes.map((hash) => [hash, undefined] as const),
        done,
      ),
    );
  }

  async hashes(): Promise<readonly string[]> {
    this.#check();
    return [...this.#disk.chunks().keys()];
  }
}
