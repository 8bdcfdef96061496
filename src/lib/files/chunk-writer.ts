import type { Bytes } from '../base/index.ts';
import type { ChunkStore } from '../storage/port.ts';
import { chunksPerWrite, writesAtOnce } from './limits.ts';

export interface WritableChunk {
  readonly hash: string;
  readonly bytes: Bytes;
}

/**
 * Writes chunks in batches, a few batches under way at a time, so that the disk and whoever makes the chunks work side by side. `add` waits while
 * the disk is behind. The first failure is what every later call rejects with.
 */
export class ChunkWriter<Chunk extends { readonly bytes: Bytes } = WritableChunk> {
  readonly #write: (chunks: readonly Chunk[]) => Promise<void>;
  readonly #running = new Set<Promise<void>>();
  #batch: Chunk[] = [];
  #failure: { readonly error: unknown } | undefined;

  constructor(write: (chunks: readonly Chunk[]) => Promise<void>) {
    this.#write = write;
  }

  async add(chunk: Chunk): Promise<void> {
    this.#check();
    this.#batch.push(chunk);
    if (this.#batch.length >= chunksPerWrite) this.#start();
    while (this.#running.size >= writesAtOnce) await Promise.race(this.#running);
    this.#check();
  }

  /** Writes what is left and waits until everything is done. */
  async finish(): Promise<void> {
    if (this.#failure === undefined && this.#batch.length > 0) this.#start();
    while (this.#running.size > 0) await Promise.race(this.#running);
    this.#check();
  }

  #start(): void {
    const batch = this.#batch;
    this.#batch = [];
    const running = this.#write(batch).then(
      () => void this.#running.delete(running),
      (error: unknown) => {
        this.#failure ??= { error };
        this.#running.delete(running);
      },
    );
    this.#running.add(running);
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}

/** A writer of chunks by hash into the chunk store, telling of each batch that is done. */
export function writerInto(
  store: ChunkStore,
  onWritten: (chunks: readonly WritableChunk[]) => void,
): ChunkWriter {
  return new ChunkWriter(async (chunks) => {
    await store.putMany(chunks);
    onWritten(chunks);
  });
}
