import { type Bytes, assert } from '../base/index.ts';
import { LogLayout, type LogRows, type LogWrite } from './layout.ts';
import type { AppendBatch, ReplicaLog, StoredReplica } from './port.ts';
import { decodeIdentity, seedOf } from './record.ts';
import { refusalOf, storageRefusal } from './refusals.ts';

/** What a log needs of a disk. Both calls reject with a RefusalError. */
export interface LogDisk {
  readonly key: string;
  /** Our number at the door: the head on disk carries it for as long as nobody else opened the log. */
  readonly fence: number;
  read(): Promise<LogRows>;
  /** Atomic, in the order of the calls. Must refuse with `fenced` when `mayWrite` says no. */
  write(write: LogWrite): Promise<void>;
  /** Lets others open the log. */
  release(): Promise<void>;
}

/** The log of a replica over any disk that keeps rows: encoding, layout and fail-stop in one place for all of them. */
export class RowLog implements ReplicaLog {
  readonly #disk: LogDisk;
  readonly #seed: number;
  #layout: LogLayout | undefined;
  #state: 'open' | 'failed' | 'closed' = 'open';
  #writing = new Set<Promise<void>>();

  constructor(disk: LogDisk) {
    this.#disk = disk;
    this.#seed = seedOf(disk.key);
  }

  get epoch(): number {
    return this.#disk.fence;
  }

  async identity(): Promise<Bytes> {
    if (this.#state === 'closed') throw storageRefusal('closed');
    const { identity } = await this.#disk.read();
    if (identity === undefined) throw storageRefusal('corrupt', 'a row is missing');
    return new Uint8Array(decodeIdentity(this.#seed, identity));
  }

  async load(): Promise<StoredReplica> {
    if (this.#state === 'closed') throw storageRefusal('closed');
    await Promise.allSettled(this.#writing);
    const { layout, replica } = LogLayout.read(this.#seed, await this.#disk.read(), this.#disk.fence);
    this.#layout = layout;
    this.#state = 'open';
    return replica;
  }

  async append(batch: AppendBatch): Promise<void> {
    if (this.#state === 'closed') throw storageRefusal('closed');
    if (this.#state === 'failed') throw storageRefusal('storage-failed', 'an earlier append failed');
    assert(this.#layout !== undefined, 'append before load');
    const writing = this.#disk.write(this.#layout.plan(batch));
    this.#writing.add(writing);
    try {
      await writing;
    } catch (error) {
      // What reached the disk is not known: nothing more is written before it was read again.
      throw this.#failed(error);
    } finally {
      this.#writing.delete(writing);
    }
  }

  /** Only the first failure tells its reason: those behind it failed because of it. */
  #failed(error: unknown): Error {
    if (this.#state === 'failed') return storageRefusal('storage-failed', 'an earlier append failed');
    if (this.#state === 'open') this.#state = 'failed';
    return refusalOf(error);
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    await Promise.allSettled(this.#writing);
    await this.#disk.release();
  }
}
