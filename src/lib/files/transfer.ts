import {
  type Clock,
  type FileId,
  type Log,
  type PeerId,
  type Result,
  messageOf,
  refuse,
} from '../base/index.ts';
import type { Wire, WireStream } from '../network/port.ts';
import { filesLimits, filesProtocol } from '../network/protocols.ts';
import { FileFetch, type FetchOptions, type FetchProgress } from './fetch.ts';
import { encodeAnswer } from './frames.ts';
import { servedMax, servedPerPeerMax } from './limits.ts';
import type { FileManifest } from './manifest.ts';
import { serveStream } from './serve.ts';
import type { FileStore } from './store.ts';

export interface TransferOptions {
  readonly files: FileStore;
  readonly wire: Pick<Wire, 'openStream' | 'handleStreams'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether that peer may have that file: asked for every stream. */
  readonly mayServe: (peer: PeerId, id: FileId) => boolean;
}

interface Running {
  readonly sizeBytes: number | undefined;
  readonly result: Promise<Result<FileManifest>>;
  readonly listeners: Set<(progress: FetchProgress) => void>;
  readonly abort: AbortController;
  callers: number;
  last: FetchProgress | undefined;
}

/** Files to and from other peers: answers their streams, and fetches what is missing here. */
export class FileTransfer {
  readonly #options: TransferOptions;
  readonly #running = new Map<FileId, Running>();
  readonly #liars = new Map<FileId, Set<PeerId>>();
  readonly #served = new Map<PeerId, number>();

  /** Answers the files protocol on the wire from now on. */
  constructor(options: TransferOptions) {
    this.#options = options;
    options.wire.handleStreams(filesProtocol, filesLimits, (from, stream) => this.serve(from, stream));
  }

  /** Answers one stream. Resolves when it has ended, however. */
  async serve(from: PeerId, stream: WireStream): Promise<void> {
    const ofPeer = this.#served.get(from) ?? 0;
    const all = [...this.#served.values()].reduce((sum, count) => sum + count, 0);
    this.#served.set(from, ofPeer + 1);
    try {
      if (ofPeer >= servedPerPeerMax || all >= servedMax) {
        await stream.write(encodeAnswer({ kind: 'refused', code: 'busy' }));
        await stream.close();
      } else {
        await serveStream(this.#options, from, stream);
      }
    } catch (error) {
      stream.abort('The stream was broken off.');
      this.#options.log.debug(`serving ${from}: ${messageOf(error)}`);
    } finally {
      const left = (this.#served.get(from) ?? 1) - 1;
      if (left === 0) this.#served.delete(from);
      else this.#served.set(from, left);
    }
  }

  /**
   * Brings the whole file here. Goes on from the chunks that are here already, and looks for holders until none could be reached for half a
   * minute (`no-holder`). Other refusals: `wrong-size`, `aborted`, and storage's (`storage-full`, …). What arrived stays. A second fetch of a file joins the
   * first; the holders are then still those the first one names.
   */
  async fetch(options: FetchOptions): Promise<Result<FileManifest>> {
    const { signal, onProgress } = options;
    // Who was told another size does not share the verdict: one of the two is wrong.
    for (let other; (other = this.#running.get(options.id)) && other.sizeBytes !== options.sizeBytes;)
      await other.result;
    const running = this.#running.get(options.id) ?? this.#start(options);
    running.callers += 1;
    if (onProgress !== undefined) {
      running.listeners.add(onProgress);
      if (running.last !== undefined) onProgress(running.last);
    }
    const { promise: left, resolve } = Promise.withResolvers<Result<FileManifest>>();
    const onAbort = (): void => resolve(refuse('aborted', 'Fetching the file was cancelled.'));
    if (signal?.aborted === true) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([left, running.result]);
    } finally {
      signal?.removeEventListener('abort', onAbort);
      if (onProgress !== undefined) running.listeners.delete(onProgress);
      running.callers -= 1;
      if (running.callers === 0) {
        running.abort.abort();
        // Whoever asks from now on begins anew instead of joining what has just been given up.
        this.#forget(options.id, running);
        // What was received is on disk before the caller hears of the end, so that the next attempt goes on from there.
        await running.result;
      }
    }
  }

  #start(options: FetchOptions): Running {
    const { id, name, sizeBytes, holders } = options;
    const abort = new AbortController();
    const listeners = new Set<(progress: FetchProgress) => void>();
    const onProgress = (progress: FetchProgress): void => {
      running.last = progress;
      for (const listener of listeners) listener(progress);
    };
    const liars = this.#liars.get(id) ?? new Set<PeerId>();
    this.#liars.set(id, liars);
    const fetch = new FileFetch(
      this.#options,
      { id, name, sizeBytes, holders, onProgress, signal: abort.signal },
      liars,
    );
    const result = fetch.run().finally(() => this.#forget(id, running));
    const running: Running = { sizeBytes, result, listeners, abort, callers: 0, last: undefined };
    this.#running.set(id, running);
    return running;
  }

  #forget(id: FileId, running: Running): void {
    if (this.#running.get(id) === running) this.#running.delete(id);
  }
}
