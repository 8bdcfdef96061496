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
import { fetchAgainMs, fetchUnaskedBytesMax, fetchesMax } from '../limits.ts';

export interface KeeperPorts {
  readonly files: FileStore;
  readonly transfer: FileTransfer;
  readonly clock: Clock;
  readonly log: Log;
  /** Connected peers that say they hold the whole file. */
  readonly holders: (file: FileId) => readonly PeerId[];
  /** Bytes or files here have changed. */
  readonly onChange: () => void;
}

interface Wanted {
  readonly file: FileId;
  readonly name: string;
  readonly sizeBytes: number;
}

/**
 * Brings the files here that this peer needs: those it is about to print at once, those of the queue's open jobs in the
 * background, so that they survive the loss of the browser they were dropped in.
 */
export class FileKeeper {
  readonly #ports: KeeperPorts;
  readonly #running = new Map<FileId, { bytesHere: number; readonly abort: AbortController }>();
  /** Files whose last fetch failed, and when: they are not fetched unasked again at once. */
  readonly #failedAtMs = new Map<FileId, number>();
  #closed = false;

  constructor(ports: KeeperPorts) {
    this.#ports = ports;
  }

  whole(file: FileId): boolean {
    return this.#ports.files.has(file);
  }

  /** Bytes of the file that are here, verified. */
  hereBytes(file: FileId): number {
    const running = this.#running.get(file);
    if (running !== undefined) return running.bytesHere;
    return this.#ports.files.list().find((info) => info.id === file)?.bytesHere ?? 0;
  }

  fetching(): readonly (readonly [FileId, number])[] {
    return [...this.#running].map(([file, { bytesHere }]) => [file, bytesHere]);
  }

  /** Whether a file is here or somebody who is here has it, as far as was told. */
  withinReach(file: FileId): boolean {
    return this.whole(file) || this.#ports.holders(file).length > 0;
  }

  /** Fetches a file now. Resolves once it is whole here, or with the reason why not. */
  async ensure(wanted: Wanted, signal?: AbortSignal): Promise<Result<undefined>> {
    if (this.whole(wanted.file)) return ok(undefined);
    return this.#fetch(wanted, signal);
  }

  /** Fetches in the background what is missing of these, as far as limits allow and somebody here holds it. */
  keep(wanted: Iterable<Wanted>): void {
    if (this.#closed) return;
    for (const file of wanted) {
      if (this.#running.size >= fetchesMax) return;
      if (this.whole(file.file) || this.#running.has(file.file) || file.sizeBytes > fetchUnaskedBytesMax)
        continue;
      if (this.#ports.holders(file.file).length === 0) continue;
      const failedAtMs = this.#failedAtMs.get(file.file) ?? -Infinity;
      if (this.#ports.clock.monotonicMs() - failedAtMs < fetchAgainMs) continue;
      this.#fetch(file, undefined).then(
        (result) => {
          if (!result.ok) this.#ports.log.info(`${file.name} is not here yet: ${result.refusal.text}`);
        },
        (error: unknown) => this.#ports.log.warn(`fetching ${file.name} broke: ${messageOf(error)}`),
      );
    }
  }

  close(): void {
    this.#closed = true;
    for (const { abort } of this.#running.values()) abort.abort();
  }

  async #fetch(wanted: Wanted, signal: AbortSignal | undefined): Promise<Result<undefined>> {
    const abort = this.#running.get(wanted.file)?.abort ?? new AbortController();
    const running = this.#running.get(wanted.file) ?? { bytesHere: 0, abort };
    this.#running.set(wanted.file, running);
    try {
      const fetched = await this.#ports.transfer.fetch({
        id: wanted.file,
        name: wanted.name,
        holders: () => this.#ports.holders(wanted.file),
        onProgress: (progress) => {
          running.bytesHere = progress.bytesHere;
          this.#ports.onChange();
        },
        signal: signal === undefined ? abort.signal : AbortSignal.any([signal, abort.signal]),
      });
      if (fetched.ok) this.#failedAtMs.delete(wanted.file);
      else this.#failedAtMs.set(wanted.file, this.#ports.clock.monotonicMs());
      return fetched.ok ? ok(undefined) : refuse(fetched.refusal.code, fetched.refusal.text);
    } finally {
      this.#running.delete(wanted.file);
      this.#ports.onChange();
    }
  }
}
