import {
  type Clock,
  type FileId,
  type Log,
  type PeerId,
  type Result,
  messageOf,
  ok,
  refuse,
} from '../../base/index.ts';
import type { FileStore, FileTransfer } from '../../files/index.ts';
import type { QueueFile } from '../../queue/index.ts';
import type { Store } from '../../storage/port.ts';
import {
  fetchAgainMs,
  fetchAgainMsMax,
  fetchFailuresMax,
  fetchRoomAgainMs,
  fetchUnaskedAllBytesMax,
  fetchUnaskedAllFilesMax,
  fetchUnaskedAuthorBytesMax,
  fetchUnaskedAuthorFilesMax,
  fetchUnaskedBytesMax,
  fetchUnaskedRoomShare,
  fetchesMax,
  fetchesPerAuthorMax,
} from '../limits.ts';
import { FetchBook, type Held } from './fetch-book.ts';

export interface KeeperPorts {
  readonly files: FileStore;
  readonly records: Store;
  readonly transfer: FileTransfer;
  readonly clock: Clock;
  readonly log: Log;
  /** Connected peers that say they hold the whole file. */
  readonly holders: (file: FileId) => readonly PeerId[];
  /** Tells of many files whether any connected peer says that it holds them, as of now. */
  readonly reach: () => (file: FileId) => boolean;
  /** The files that a job which is not done names, or a print which has not ended. */
  readonly needed: () => ReadonlySet<FileId>;
  /** Takes a file off this browser. Rejects when storage does. */
  readonly drop: (file: FileId) => Promise<void>;
  /** Bytes or files here have changed. */
  readonly onChange: () => void;
}

/** A file as its queue tells of it. */
export interface Wanted {
  readonly file: FileId;
  readonly name: string;
  /** What its author says. A file of another size is refused. */
  readonly sizeBytes: number;
  /** Who added it. */
  readonly by: PeerId;
}

/** A file as the keeper is told of it. */
export function wantedOf({ id, name, size, by }: QueueFile): Wanted {
  return { file: id, name, sizeBytes: size, by };
}

interface Running {
  bytesHere: number;
  readonly abort: AbortController;
  readonly by: PeerId;
}

/** How often fetching a file failed, and when last, on the monotonic clock. */
interface Failure {
  readonly times: number;
  readonly atMs: number;
}

/**
 * Brings the files here that this peer needs: those it is about to print at once, those of the queue's open jobs in the
 * background, so that they survive the loss of the browser they were dropped in. What nobody here asked for stays within limits: of each file,
 * of all that one author adds, and of all together. What no open job needs gives way, oldest first.
 */
export class FileKeeper {
  readonly #ports: KeeperPorts;
  readonly #book: FetchBook;
  readonly #running = new Map<FileId, Running>();
  /** Files whose last fetch failed: they are not fetched unasked again at once. */
  readonly #failures = new Map<FileId, Failure>();
  #makingRoom = false;
  /** When room was last looked for, of an author or of all: members that have filled what is theirs. */
  readonly #roomTriedAtMs = new Map<PeerId | undefined, number>();
  #closed = false;

  constructor(ports: KeeperPorts) {
    this.#ports = ports;
    this.#book = new FetchBook(ports.records, ports.log);
  }

  /** Reads what was noted in earlier lives; before that nothing is to be kept. Rejects when storage does. */
  load(): Promise<void> {
    return this.#book.load();
  }

  whole(file: FileId): boolean {
    return this.#ports.files.has(file);
  }

  /** Bytes of the file that are here, verified. */
  hereBytes(file: FileId): number {
    const running = this.#running.get(file);
    if (running !== undefined) return running.bytesHere;
    return this.#ports.files.info(file)?.bytesHere ?? 0;
  }

  fetching(): readonly (readonly [FileId, number])[] {
    return [...this.#running].map(([file, { bytesHere }]) => [file, bytesHere]);
  }

  /** Whether a file is here or somebody who is here has it, as far as was told. */
  withinReach(file: FileId): boolean {
    return this.whole(file) || this.#ports.holders(file).length > 0;
  }

  /** Fetches a file now. Resolves once it is whole here, or with the reason why not; `wrong-size` when it is not what the queue says. */
  async ensure(wanted: Wanted, signal?: AbortSignal): Promise<Result<undefined>> {
    if (this.whole(wanted.file)) return ok(undefined);
    if (this.#book.refuses(wanted.file, wanted.sizeBytes))
      return refuse(
        'wrong-size',
        `“${wanted.name}” has another size than the queue says, so it is not fetched. Add the file anew.`,
      );
    try {
      await this.#book.fetching(wanted.file, wanted.by, wanted.sizeBytes);
    } catch (error) {
      // Somebody waits for it: it counts for its author in this life alone. A full disk refuses the file itself.
      this.#ports.log.warn(`what is fetched could not be noted: ${messageOf(error)}`);
    }
    return this.#fetch(wanted, signal);
  }

  /** Fetches in the background what is missing of these, as far as limits allow and somebody here holds it. */
  keep(wanted: Iterable<Wanted>): void {
    if (this.#closed) return;
    // A queue may name thousands of files: what costs more than a look is done once for all of them.
    const round = new Round(this.#ports);
    for (const file of wanted) {
      if (this.#running.size >= fetchesMax) return;
      if (round.isSeen(file.file) || this.whole(file.file) || this.#running.has(file.file)) continue;
      if (file.sizeBytes > fetchUnaskedBytesMax) continue;
      if (this.#book.refuses(file.file, file.sizeBytes) || !this.#isDue(file.file)) continue;
      if (this.#runningOf(file.by) >= fetchesPerAuthorMax) continue;
      if (!round.reach(file.file) || !this.#hasRoom(file, round)) continue;
      this.#fetchUnasked(file).then(
        (result) => {
          if (!result.ok) this.#ports.log.info(`${file.name} is not here yet: ${result.refusal.text}`);
        },
        (error: unknown) => {
          this.#failed(file.file);
          this.#ports.log.warn(`fetching ${file.name} broke: ${messageOf(error)}`);
        },
      );
    }
  }

  /** A person here added the file: it is this browser's own. */
  own(file: FileId): void {
    this.forget(file).catch((error: unknown) => {
      this.#ports.log.warn(`what was fetched counts on for its author: ${messageOf(error)}`);
    });
  }

  /** The file went from here. Rejects when storage does. */
  async forget(file: FileId): Promise<void> {
    await this.#book.forget(file);
  }

  close(): void {
    this.#closed = true;
    for (const { abort } of this.#running.values()) abort.abort();
  }

  /** Whether a file fits into what may be fetched unasked; if it does not, room is made for the next time. */
  #hasRoom({ file, sizeBytes, by }: Wanted, round: Round): boolean {
    // What was begun counts already.
    if (this.#book.has(file)) return true;
    const ofAuthor = overOf(
      this.#book.of(by),
      sizeBytes,
      fetchUnaskedAuthorFilesMax,
      fetchUnaskedAuthorBytesMax,
    );
    const ofAll = overOf(this.#book.all, sizeBytes, fetchUnaskedAllFilesMax, fetchUnaskedAllBytesMax);
    if (ofAuthor === undefined && ofAll === undefined) return true;
    if (ofAuthor !== undefined) this.#makeRoom(by, ofAuthor, round);
    else if (ofAll !== undefined) this.#makeRoom(undefined, ofAll, round);
    return false;
  }

  /** Drops what no open job needs, oldest first, if that makes enough room: else nothing. */
  #makeRoom(author: PeerId | undefined, over: Held, round: Round): void {
    const nowMs = this.#ports.clock.monotonicMs();
    const triedAtMs = this.#roomTriedAtMs.get(author) ?? -Infinity;
    if (this.#makingRoom || nowMs - triedAtMs < fetchRoomAgainMs) return;
    this.#roomTriedAtMs.set(author, nowMs);
    const gone: FileId[] = [];
    const { needed } = round;
    let [files, bytes] = [0, 0];
    for (const each of this.#book.oldest(author)) {
      if (files >= over.files && bytes >= over.bytes) break;
      if (this.#running.has(each.file) || needed.has(each.file)) continue;
      gone.push(each.file);
      files += 1;
      bytes += each.size;
    }
    if (files < over.files || bytes < over.bytes) return;
    this.#makingRoom = true;
    this.#drop(gone).then(
      () => {
        this.#makingRoom = false;
        this.#roomTriedAtMs.delete(author);
        this.#ports.onChange();
      },
      (error: unknown) => {
        this.#makingRoom = false;
        this.#ports.log.warn(`no room could be made for files: ${messageOf(error)}`);
      },
    );
  }

  async #drop(files: readonly FileId[]): Promise<void> {
    for (const file of files) {
      // A job may have come meanwhile.
      if (!this.#ports.needed().has(file)) await this.#ports.drop(file);
    }
  }

  async #fetchUnasked(wanted: Wanted): Promise<Result<undefined>> {
    // From here on it counts as running, so that it is not begun twice.
    const abort = new AbortController();
    this.#running.set(wanted.file, { bytesHere: 0, abort, by: wanted.by });
    let hasRoom = false;
    try {
      const { usedBytes, quotaBytes } = await this.#ports.records.estimate();
      hasRoom = usedBytes + wanted.sizeBytes <= quotaBytes * fetchUnaskedRoomShare;
      if (hasRoom) await this.#book.fetching(wanted.file, wanted.by, wanted.sizeBytes);
    } finally {
      this.#running.delete(wanted.file);
    }
    if (!hasRoom) {
      this.#failed(wanted.file);
      return refuse('no-room', 'This browser keeps the rest of its room for what is asked for here.');
    }
    return this.#fetch(wanted, abort.signal);
  }

  async #fetch(wanted: Wanted, signal: AbortSignal | undefined): Promise<Result<undefined>> {
    const running = this.#running.get(wanted.file) ?? {
      bytesHere: 0,
      abort: new AbortController(),
      by: wanted.by,
    };
    this.#running.set(wanted.file, running);
    try {
      const fetched = await this.#ports.transfer.fetch({
        id: wanted.file,
        name: wanted.name,
        sizeBytes: wanted.sizeBytes,
        holders: () => this.#ports.holders(wanted.file),
        onProgress: (progress) => {
          running.bytesHere = progress.bytesHere;
          this.#ports.onChange();
        },
        signal: signal === undefined ? running.abort.signal : AbortSignal.any([signal, running.abort.signal]),
      });
      if (fetched.ok) {
        this.#failures.delete(wanted.file);
        return ok(undefined);
      }
      this.#failed(wanted.file);
      if (fetched.refusal.code === 'wrong-size') await this.#refuse(wanted);
      return refuse(fetched.refusal.code, fetched.refusal.text);
    } finally {
      this.#running.delete(wanted.file);
      this.#ports.onChange();
    }
  }

  async #refuse({ file, sizeBytes, name, by }: Wanted): Promise<void> {
    this.#ports.log.warn(`${name} of ${by} has another size than the queue says; it is not fetched any more`);
    try {
      await this.#book.refuse(file, sizeBytes);
      // Another queue may tell its size rightly, and have part of it here.
      if (this.#ports.files.manifest(file) === undefined) await this.#book.forget(file);
    } catch (error) {
      this.#ports.log.warn(`it will be tried once more after a restart: ${messageOf(error)}`);
    }
  }

  #runningOf(author: PeerId): number {
    let running = 0;
    for (const { by } of this.#running.values()) if (by === author) running += 1;
    return running;
  }

  #isDue(file: FileId): boolean {
    const failure = this.#failures.get(file);
    if (failure === undefined) return true;
    const pauseMs = Math.min(fetchAgainMsMax, fetchAgainMs * 2 ** (failure.times - 1));
    return this.#ports.clock.monotonicMs() - failure.atMs >= pauseMs;
  }

  #failed(file: FileId): void {
    const times = (this.#failures.get(file)?.times ?? 0) + 1;
    this.#failures.delete(file);
    this.#failures.set(file, { times, atMs: this.#ports.clock.monotonicMs() });
    const oldest = this.#failures.size > fetchFailuresMax ? this.#failures.keys().next() : undefined;
    if (oldest?.done === false) this.#failures.delete(oldest.value);
  }
}

/** One look at all files that are to be kept: what is asked of the whole queue is asked once, and only if need be. */
class Round {
  readonly #ports: Pick<KeeperPorts, 'reach' | 'needed'>;
  readonly #seen = new Set<FileId>();
  #reach: ((file: FileId) => boolean) | undefined;
  #needed: ReadonlySet<FileId> | undefined;

  constructor(ports: Pick<KeeperPorts, 'reach' | 'needed'>) {
    this.#ports = ports;
  }

  /** Whether this file came up in this round before: many sets may name one. */
  isSeen(file: FileId): boolean {
    if (this.#seen.has(file)) return true;
    this.#seen.add(file);
    return false;
  }

  reach(file: FileId): boolean {
    this.#reach ??= this.#ports.reach();
    return this.#reach(file);
  }

  get needed(): ReadonlySet<FileId> {
    this.#needed ??= this.#ports.needed();
    return this.#needed;
  }
}

/** How much is too much if a file of that size comes to what is held; undefined when it fits. */
function overOf(held: Held, sizeBytes: number, filesMax: number, bytesMax: number): Held | undefined {
  const files = Math.max(0, held.files + 1 - filesMax);
  const bytes = Math.max(0, held.bytes + sizeBytes - bytesMax);
  return files === 0 && bytes === 0 ? undefined : { files, bytes };
}
