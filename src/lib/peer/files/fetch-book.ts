import * as v from 'valibot';
import { type FileId, type Log, type PeerId, encode, parse } from '../../base/index.ts';
import type { Store } from '../../storage/port.ts';
import { fetchRefusalsMax } from '../limits.ts';

/** Bytes of a record: an id and two numbers with their names, with room to spare. */
const recordBytesMax = 1024;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** In the table `fetched`, under the file's id: for whom it was fetched, and how much. `order` counts up. */
const schema = v.strictObject({
  v: v.literal(1),
  by: v.custom<PeerId>((x) => typeof x === 'string' && x.length <= 200),
  size: count,
  order: count,
});
type Note = v.InferOutput<typeof schema>;

/** In the same table, under `refused/`, the id, `/` and the size that a queue gave: a file that has another. */
const refusedPrefix = 'refused/';
const refusedSchema = v.strictObject({ v: v.literal(1), order: count });

/** How much of one author, or of all, was fetched. */
export interface Held {
  readonly files: number;
  /** As the queue says, which is what they have: others are refused. */
  readonly bytes: number;
}

/**
 * What this browser fetched because members added it to a queue, on disk: for whom, how much, and what it refuses to fetch. Files that a person
 * added here are not in it. Invariant: a fetch is noted before its first byte arrives, so that a restart forgets none.
 */
export class FetchBook {
  readonly #store: Store;
  readonly #log: Log;
  readonly #notes = new Map<FileId, Note>();
  readonly #byAuthor = new Map<PeerId, Held>();
  readonly #refused = new Map<string, number>();
  #all: Held = nothing;
  #next = 1;

  constructor(store: Store, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  /** What an earlier life noted. A note that cannot be read is none. Rejects when storage does. */
  async load(): Promise<void> {
    const read: [FileId, Note][] = [];
    const refused: [string, number][] = [];
    for (const [key, bytes] of await this.#store.entries('fetched')) {
      const isRefusal = key.startsWith(refusedPrefix);
      const note = parse(isRefusal ? refusedSchema : schema, bytes, recordBytesMax);
      if (!note.ok) this.#log.warn(`a note of what was fetched could not be read: ${note.refusal.text}`);
      else if ('size' in note.value) read.push([key as FileId, note.value]);
      else refused.push([key, note.value.order]);
    }
    for (const [file, note] of read.sort(([, a], [, b]) => a.order - b.order)) this.#put(file, note);
    for (const [key, order] of refused.sort(([, a], [, b]) => a - b))
      this.#refused.set(key, this.#counted(order));
  }

  has(file: FileId): boolean {
    return this.#notes.has(file);
  }

  of(author: PeerId): Held {
    return this.#byAuthor.get(author) ?? nothing;
  }

  get all(): Held {
    return this.#all;
  }

  /** Files fetched for an author, or for anybody, oldest first. */
  *oldest(author: PeerId | undefined): Iterable<{ readonly file: FileId; readonly size: number }> {
    for (const [file, { by, size }] of this.#notes)
      if (author === undefined || by === author) yield { file, size };
  }

  /** Whether a file was refused that a queue gave this size. With another size it may be what it says. */
  refuses(file: FileId, size: number): boolean {
    return this.#refused.has(refusedKey(file, size));
  }

  /** To be waited for before the fetch begins. Rejects when storage does: then nothing may be fetched unasked. */
  async fetching(file: FileId, by: PeerId, size: number): Promise<void> {
    if (this.#notes.has(file)) return;
    const note: Note = { v: 1, by, size, order: this.#counted(this.#next) };
    this.#put(file, note);
    await this.#store.put('fetched', file, encode(note));
  }

  /** Refuses a file of that size in this life, and in later ones once it is on disk. Rejects when storage does. */
  async refuse(file: FileId, size: number): Promise<void> {
    const key = refusedKey(file, size);
    const order = this.#counted(this.#next);
    this.#refused.set(key, order);
    const oldest = this.#refused.size > fetchRefusalsMax ? this.#refused.keys().next() : undefined;
    if (oldest?.done === false) {
      this.#refused.delete(oldest.value);
      await this.#store.delete('fetched', oldest.value);
    }
    await this.#store.put('fetched', key, encode({ v: 1, order }));
  }

  /** It went from here, or a person here added it: it counts for nobody any more. Rejects when storage does. */
  async forget(file: FileId): Promise<void> {
    const note = this.#notes.get(file);
    if (note === undefined) return;
    this.#notes.delete(file);
    this.#count(note.by, -1, -note.size);
    await this.#store.delete('fetched', file);
  }

  #put(file: FileId, note: Note): void {
    this.#notes.set(file, note);
    this.#counted(note.order);
    this.#count(note.by, 1, note.size);
  }

  /** The same number; the next one is higher. */
  #counted(order: number): number {
    this.#next = Math.max(this.#next, order + 1);
    return order;
  }

  #count(by: PeerId, files: number, bytes: number): void {
    this.#all = { files: this.#all.files + files, bytes: this.#all.bytes + bytes };
    const of = this.of(by);
    const now = { files: of.files + files, bytes: of.bytes + bytes };
    if (now.files === 0) this.#byAuthor.delete(by);
    else this.#byAuthor.set(by, now);
  }
}

const nothing: Held = { files: 0, bytes: 0 };

function refusedKey(file: FileId, size: number): string {
  return `${refusedPrefix}${file}/${size}`;
}
