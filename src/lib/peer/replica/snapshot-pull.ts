import { type Bytes, type Clock, type Log, equalBytes, hex, messageOf, sha256 } from '../../base/index.ts';
import type { Message } from '../../raft/index.ts';
import { snapshotChunkBytes, snapshotPullsMax, snapshotRetryMs } from '../limits.ts';
import { type SnapshotManifest, chunkHash, chunkOf, parseManifest } from './snapshot-manifest.ts';

export interface PullPorts {
  readonly clock: Clock;
  readonly log: Log;
  /** Asks a replica for a chunk: undefined when it no longer has that snapshot. Rejects when it cannot be reached. */
  readonly ask: (replica: number, digest: Bytes, chunk: number) => Promise<Bytes | undefined>;
  /** Everything has arrived and is what the manifest names: the message with its data. */
  readonly onWhole: (message: Message) => void;
  /** The share that is here has changed. */
  readonly onProgress: () => void;
}

interface Pull {
  /** The newest offer of this snapshot; its sender is asked. */
  message: Message;
  readonly manifest: SnapshotManifest;
  readonly data: Bytes;
  /** By chunk: whether it is here and was checked. */
  readonly here: boolean[];
  readonly asked: Set<number>;
  missing: number;
}

/**
 * Brings the data of an offered snapshot here, chunk by chunk, each checked against the manifest. Lost chunks are asked for again; after a
 * change of leader, or when the offer comes again, the pull goes on where it was if the same snapshot is offered. One at a time.
 */
export class SnapshotPull {
  readonly #ports: PullPorts;
  #pull: Pull | undefined;
  #cancelRetry: (() => void) | undefined;

  constructor(ports: PullPorts) {
    this.#ports = ports;
  }

  /** What is being pulled, and how many of its bytes are here. */
  get progress(): { readonly index: number; readonly bytesHere: number; readonly size: number } | undefined {
    if (this.#pull === undefined) return undefined;
    const { message, manifest, missing } = this.#pull;
    const bytesHere = Math.min(manifest.size, (manifest.chunks - missing) * snapshotChunkBytes);
    return { index: message.snapshot?.index ?? 0, bytesHere, size: manifest.size };
  }

  /** A leader offers a snapshot that is needed here: `data` is its manifest. The newest offer counts. */
  offered(message: Message): void {
    const parsed = parseManifest(message.snapshot?.data ?? new Uint8Array());
    if (!parsed.ok) {
      this.#ports.log.warn(`dropped a snapshot of replica ${message.from}: ${parsed.refusal.text}`);
      return;
    }
    const manifest = parsed.value;
    if (this.#pull?.manifest.name === manifest.name) {
      this.#pull.message = message;
    } else {
      const before = this.#pull;
      const { size, chunks } = manifest;
      this.#pull = {
        message,
        manifest,
        data: new Uint8Array(size),
        here: new Array<boolean>(chunks).fill(false),
        asked: new Set(),
        missing: chunks,
      };
      if (before !== undefined) keepShared(before, this.#pull);
    }
    this.#pump();
  }

  /** It is not needed any more. */
  drop(): void {
    this.#pull = undefined;
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
  }

  #pump(): void {
    const pull = this.#pull;
    if (pull === undefined) return;
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    if (pull.missing === 0) {
      const { message, data } = pull;
      if (message.snapshot !== undefined) {
        this.#ports.onWhole({ ...message, snapshot: { ...message.snapshot, data } });
      }
      return;
    }
    for (let chunk = 0; chunk < pull.here.length && pull.asked.size < snapshotPullsMax; chunk++) {
      if (pull.here[chunk] === false && !pull.asked.has(chunk)) this.#ask(pull, chunk);
    }
  }

  #ask(pull: Pull, chunk: number): void {
    pull.asked.add(chunk);
    const { from } = pull.message;
    this.#ports.ask(from, pull.manifest.digest, chunk).then(
      (bytes) => {
        pull.asked.delete(chunk);
        if (bytes === undefined) {
          // The next offer, of this one or a newer one, takes it up again.
          this.#ports.log.info(`replica ${from} no longer has the snapshot that it offered`);
          return;
        }
        this.#take(pull, chunk, bytes, from);
      },
      (error: unknown) => {
        pull.asked.delete(chunk);
        this.#ports.log.debug(`chunk ${chunk} of a snapshot did not come: ${messageOf(error)}`);
        this.#retrySoon();
      },
    );
  }

  #take(pull: Pull, chunk: number, bytes: Uint8Array, from: number): void {
    if (pull !== this.#pull || pull.here[chunk] === true) return;
    if (!equalBytes(sha256(bytes), chunkHash(pull.manifest, chunk))) {
      this.#ports.log.warn(`replica ${from} sent wrong bytes for chunk ${chunk} of a snapshot: thrown away`);
      this.#retrySoon();
      return;
    }
    pull.data.set(bytes, chunk * snapshotChunkBytes);
    pull.here[chunk] = true;
    pull.missing--;
    this.#ports.onProgress();
    // After a failure all questions pause: a line that loses chunks is not flooded.
    if (this.#cancelRetry === undefined) this.#pump();
  }

  #retrySoon(): void {
    this.#cancelRetry ??= this.#ports.clock.after(snapshotRetryMs, () => this.#pump());
  }
}

/** Chunks that the snapshot before has, too, need not come again. */
function keepShared(before: Pull, pull: Pull): void {
  const had = new Map<string, number>();
  before.here.forEach((here, chunk) => {
    if (here) had.set(hex(chunkHash(before.manifest, chunk)), chunk);
  });
  if (had.size === 0) return;
  for (let chunk = 0; chunk < pull.here.length; chunk++) {
    const same = had.get(hex(chunkHash(pull.manifest, chunk)));
    if (same === undefined) continue;
    pull.data.set(chunkOf(before.data, same), chunk * snapshotChunkBytes);
    pull.here[chunk] = true;
    pull.missing--;
  }
}
