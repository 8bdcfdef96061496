import {
  type Bytes,
  type FileId,
  type Log,
  RefusalError,
  type Refusal,
  type Result,
  concat,
  encode,
  equalBytes,
  messageOf,
  hex,
  ok,
} from '../base/index.ts';
import type { Store } from '../storage/port.ts';
import { parseFileId } from './cid.ts';
import { writerInto } from './chunk-writer.ts';
import { chunkCount, chunkLength, fileIdFromHashes, hashAt } from './dag.ts';
import { sha256 } from './hash.ts';
import { chunkBytes, fileBytesMax, hashesPerLook } from './limits.ts';
import {
  type FileManifest,
  chunkKey,
  chunkKeys,
  cleanName,
  parseStoredFile,
  storedForm,
} from './manifest.ts';
import { rechunk } from './rechunk.ts';

/** How much of a file is here. */
export interface FileProgress {
  readonly chunksHere: number;
  readonly chunksTotal: number;
  readonly bytesHere: number;
  readonly size: number;
}

export interface FileInfo extends FileProgress {
  readonly id: FileId;
  readonly name: string;
  /** True when every chunk is here: then the file can be printed and served. */
  readonly whole: boolean;
}

/** A whole file, read piece by piece. */
export interface OpenFile {
  readonly id: FileId;
  readonly name: string;
  readonly size: number;
  /**
   * The bytes from `fromByte` on, in pieces of at most 256 KiB, each checked against its hash. Throws a RefusalError (`damaged-file`)
   * when a piece is missing or wrong; the file is then no longer whole and can be fetched again.
   */
  chunks(fromByte?: number): AsyncIterable<Bytes>;
}

interface Entry {
  readonly manifest: FileManifest;
  whole: boolean;
  /** Which chunks are here; undefined until somebody asked. A whole file needs none. */
  here: Set<number> | undefined;
}

/**
 * The files of this browser profile, by content. Their manifests lie in the table `files`, their chunks in the chunk store, where files that share
 * content share chunks. What is there is found out by looking, not by bookkeeping: a chunk that a power cut took is simply fetched again.
 */
export class FileStore {
  readonly #store: Store;
  readonly #log: Log;
  readonly #entries = new Map<FileId, Entry>();
  readonly #listeners = new Set<() => void>();
  /** Chunks that an `add` under way has written, before any manifest names them. */
  readonly #adding = new Set<Set<string>>();

  private constructor(store: Store, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  /** Reads the manifests and throws away chunks that no file needs, such as those of an `add` that was cut off. */
  static async open(store: Store, log: Log): Promise<FileStore> {
    const files = new FileStore(store, log);
    for (const [key, bytes] of await store.entries('files')) {
      const id = parseFileId(key);
      const stored = id.ok ? parseStoredFile(id.value, bytes) : id;
      if (id.ok && stored.ok) {
        files.#entries.set(id.value, { ...stored.value, here: undefined });
      } else {
        log.warn(`dropping the record of file ${key}: it is damaged`);
        await store.delete('files', key);
      }
    }
    await files.#sweep();
    for (const entry of files.#entries.values()) await files.#look(entry);
    return files;
  }

  list(): readonly FileInfo[] {
    return [...this.#entries.values()].map((entry) => infoOf(entry));
  }

  /** What is known of one file here, or undefined. */
  info(id: FileId): FileInfo | undefined {
    const entry = this.#entries.get(id);
    return entry === undefined ? undefined : infoOf(entry);
  }

  /** True when the whole file is here. */
  has(id: FileId): boolean {
    return this.#entries.get(id)?.whole === true;
  }

  manifest(id: FileId): FileManifest | undefined {
    return this.#entries.get(id)?.manifest;
  }

  /** How much of the file is here, or undefined when nothing is known of it. Looks into storage the first time. */
  async progress(id: FileId): Promise<FileProgress | undefined> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    await this.#look(entry);
    return infoOf(entry);
  }

  /** Called after files or their progress changed. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Takes a file in, one chunk at a time. Refused with `empty-file`, `too-large`, `file-changed` (another size than said), `file-unreadable`,
   * `aborted`, `storage-full` or another of storage's codes; then nothing of it is kept.
   */
  async add(
    name: string,
    stream: ReadableStream<Uint8Array>,
    size: number,
    onProgress?: (bytesDone: number) => void,
    signal?: AbortSignal,
  ): Promise<Result<FileManifest>> {
    const refusal = await this.#refusalOf(name, size);
    if (refusal !== undefined) {
      // Not waited for: Firefox never settles the cancelling of a large blob's stream.
      stream.cancel(refusal.text).catch((error: unknown) => {
        this.#log.debug(`a refused file's stream did not close: ${messageOf(error)}`);
      });
      return { ok: false, refusal };
    }
    const written = new Set<string>();
    this.#adding.add(written);
    try {
      const manifest = await this.#takeIn(cleanName(name), stream, size, written, onProgress, signal);
      return ok(manifest);
    } catch (error) {
      return { ok: false, refusal: refusalFrom(error) };
    } finally {
      this.#adding.delete(written);
      await this.#dropUnneeded([...written]);
    }
  }

  async #refusalOf(name: string, size: number): Promise<Refusal | undefined> {
    if (size === 0)
      return { code: 'empty-file', text: `“${cleanName(name)}” is empty: there is nothing in it to print.` };
    if (size > fileBytesMax) {
      const text = `“${cleanName(name)}” has ${gigabytes(size)} GB; PeerPrint takes files of up to ${gigabytes(fileBytesMax)} GB.`;
      return { code: 'too-large', text };
    }
    const { usedBytes, quotaBytes } = await this.#store.estimate();
    if (size > quotaBytes - usedBytes) {
      const text = `This browser has ${gigabytes(Math.max(0, quotaBytes - usedBytes))} GB of room left, and “${cleanName(name)}” has ${gigabytes(size)} GB. Delete files that are no longer needed.`;
      return { code: 'storage-full', text };
    }
    return undefined;
  }

  async #takeIn(
    name: string,
    stream: ReadableStream<Uint8Array>,
    size: number,
    written: Set<string>,
    onProgress: ((bytesDone: number) => void) | undefined,
    signal: AbortSignal | undefined,
  ): Promise<FileManifest> {
    const hashes: Bytes[] = [];
    let bytesDone = 0;
    const writer = writerInto(this.#store.chunks, (chunks) => {
      for (const { bytes } of chunks) bytesDone += bytes.length;
      onProgress?.(bytesDone);
    });
    let bytesRead = 0;
    try {
      for await (const chunk of rechunk(stream, chunkBytes, signal)) {
        bytesRead += chunk.length;
        if (bytesRead > size) break;
        const hash = await sha256(chunk);
        hashes.push(hash);
        const key = hex(hash);
        if (written.has(key)) continue;
        written.add(key);
        await writer.add({ hash: key, bytes: chunk });
      }
    } finally {
      await writer.finish();
    }
    if (bytesRead !== size) {
      throw new RefusalError({
        code: 'file-changed',
        text: `“${name}” changed while it was read. Drop it once more.`,
      });
    }
    const joined = concat(...hashes);
    const manifest = { id: fileIdFromHashes(size, joined), name, size, hashes: joined };
    await this.#keep({ manifest, whole: true, here: undefined });
    return manifest;
  }

  /** Begins a file that will come from other peers, or gives back what is known of it. The manifest must be verified. */
  async begin(manifest: FileManifest): Promise<void> {
    if (this.#entries.has(manifest.id)) return;
    const entry: Entry = { manifest, whole: false, here: undefined };
    await this.#look(entry);
    await this.#keep(entry);
  }

  /** Indexes of the chunks that are not here, in order. */
  async missing(id: FileId): Promise<readonly number[]> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return [];
    await this.#look(entry);
    const total = chunkCount(entry.manifest.size);
    const here = entry.here;
    if (entry.whole || here === undefined) return [];
    return Array.from({ length: total }, (_, index) => index).filter((index) => !here.has(index));
  }

  /** Keeps chunks that were checked against the manifest. Rejects with storage's refusals, or `aborted` when the file was deleted. */
  async keepChunks(
    id: FileId,
    chunks: readonly { readonly index: number; readonly bytes: Bytes }[],
  ): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new RefusalError(deletedMeanwhile);
    await this.#store.chunks.putMany(
      chunks.map(({ index, bytes }) => ({ hash: chunkKey(entry.manifest, index), bytes })),
    );
    if (this.#entries.get(id) !== entry || entry.here === undefined) return;
    for (const { index } of chunks) entry.here.add(index);
    this.#changed();
  }

  /** Marks the file whole if every chunk is in storage: looks afresh. Resolves to whether it is. */
  async settle(id: FileId): Promise<boolean> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return false;
    if (entry.whole) return true;
    entry.here = undefined;
    await this.#look(entry);
    if ((entry.here as Set<number> | undefined)?.size !== chunkCount(entry.manifest.size)) return false;
    entry.whole = true;
    entry.here = undefined;
    await this.#keep(entry);
    return true;
  }

  /** One chunk, checked against its hash, or undefined when it is not here. A wrong one is thrown away. */
  async readChunk(id: FileId, index: number): Promise<Bytes | undefined> {
    const entry = this.#entries.get(id);
    if (entry === undefined || index < 0 || index >= chunkCount(entry.manifest.size)) return undefined;
    const key = chunkKey(entry.manifest, index);
    const bytes = await this.#store.chunks.get(key);
    if (bytes !== undefined && equalBytes(await sha256(bytes), hashAt(entry.manifest.hashes, index)))
      return bytes;
    if (bytes !== undefined) {
      this.#log.warn(`chunk ${index} of file ${id} is damaged; thrown away`);
      await this.#store.chunks.delete(key);
    }
    await this.#lost(entry, index);
    return undefined;
  }

  /** The file for reading, or undefined unless the whole of it is here. */
  open(id: FileId): OpenFile | undefined {
    const entry = this.#entries.get(id);
    if (entry?.whole !== true) return undefined;
    const { name, size } = entry.manifest;
    return { id, name, size, chunks: (fromByte = 0) => this.#read(id, size, fromByte) };
  }

  async *#read(id: FileId, size: number, fromByte: number): AsyncGenerator<Bytes> {
    const first = Math.floor(fromByte / chunkBytes);
    // One chunk is read ahead: the disk works while the reader does.
    let next = this.readChunk(id, first);
    for (let index = first; index * chunkBytes < size; index++) {
      const bytes = await next;
      if (bytes === undefined || bytes.length !== chunkLength(size, index)) {
        const text =
          'A stored piece of this file is damaged or missing. It is fetched again from other peers; add the file anew if none has it.';
        throw new RefusalError({ code: 'damaged-file', text });
      }
      if ((index + 1) * chunkBytes < size) next = this.readChunk(id, index + 1);
      const skip = fromByte - index * chunkBytes;
      yield skip > 0 ? bytes.slice(skip) : bytes;
    }
  }

  async rename(id: FileId, name: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    await this.#keep({ ...entry, manifest: { ...entry.manifest, name: cleanName(name) } });
  }

  /** Deletes a file and those of its chunks that no other file has. */
  async delete(id: FileId): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    await this.#store.delete('files', id);
    await this.#dropUnneeded(chunkKeys(entry.manifest));
    this.#changed();
  }

  async #keep(entry: Entry): Promise<void> {
    await this.#store.put('files', entry.manifest.id, encode(storedForm(entry)));
    this.#entries.set(entry.manifest.id, entry);
    this.#changed();
  }

  async #lost(entry: Entry, index: number): Promise<void> {
    if (entry.whole) {
      entry.whole = false;
      entry.here = undefined;
      await this.#keep(entry);
    } else {
      entry.here?.delete(index);
    }
  }

  /** Finds out which chunks of an incomplete file are here. */
  async #look(entry: Entry): Promise<void> {
    if (entry.whole || entry.here !== undefined) return;
    const keys = chunkKeys(entry.manifest);
    const here = new Set<number>();
    for (let at = 0; at < keys.length; at += hashesPerLook) {
      const part = keys.slice(at, at + hashesPerLook);
      const present = await this.#store.chunks.present(part);
      part.forEach((key, i) => {
        if (present.has(key)) here.add(at + i);
      });
    }
    entry.here ??= here;
  }

  async #sweep(): Promise<void> {
    await this.#dropUnneeded(await this.#store.chunks.hashes());
  }

  async #dropUnneeded(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    const needed = new Set<string>();
    for (const { manifest } of this.#entries.values()) for (const key of chunkKeys(manifest)) needed.add(key);
    for (const adding of this.#adding) for (const key of adding) needed.add(key);
    const gone = keys.filter((key) => !needed.has(key));
    try {
      if (gone.length > 0) await this.#store.chunks.deleteMany(gone);
    } catch (error) {
      // They take room until the next start sweeps them out.
      this.#log.warn(`${gone.length} chunks that no file needs were not deleted: ${messageOf(error)}`);
    }
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

const deletedMeanwhile = { code: 'aborted', text: 'The file was deleted here while it was fetched.' };

function infoOf({ manifest, whole, here }: Entry): FileInfo {
  const { id, name, size } = manifest;
  const chunksTotal = chunkCount(size);
  if (whole) return { id, name, size, whole, chunksTotal, chunksHere: chunksTotal, bytesHere: size };
  let bytesHere = 0;
  for (const index of here ?? []) bytesHere += chunkLength(size, index);
  return { id, name, size, whole, chunksTotal, chunksHere: here?.size ?? 0, bytesHere };
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(bytes < 1e8 ? 3 : 1);
}

function refusalFrom(error: unknown): Refusal {
  if (error instanceof RefusalError) return { code: error.code, text: error.message };
  throw error;
}
