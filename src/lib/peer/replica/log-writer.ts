import { RefusalError, messageOf } from '../../base/index.ts';
import type { Applied } from '../../queue/index.ts';
import type { Message, Snapshot } from '../../raft/index.ts';
import type { AppendBatch, ReplicaLog, StoredReplica } from '../../storage/port.ts';
import { Proven } from './proven.ts';
import { encodeConfState } from './replica-record.ts';

export interface LogWriterPorts {
  readonly disk: ReplicaLog;
  /** Carries out what waited for a write, in the order of the writes. */
  readonly run: (done: () => void) => void;
  readonly onFailed: (code: string, text: string) => void;
}

/**
 * The way of a replica to its disk. Writes are grouped: the core hands over what has gathered while the write before was
 * under way as one batch, which becomes one record. What must wait for a write runs when it has completed, in the order of the writes.
 */
export class LogWriter {
  readonly #ports: LogWriterPorts;
  /** Newest term and vote handed to the disk. */
  #term: number;
  #vote: number;
  readonly #proven: Proven;
  #writing: Promise<void> = Promise.resolve();

  constructor(ports: LogWriterPorts, stored: Pick<StoredReplica, 'hardState' | 'provenTo'>) {
    this.#ports = ports;
    this.#term = stored.hardState.term;
    this.#vote = stored.hardState.vote;
    this.#proven = new Proven(stored.provenTo);
  }

  /** An entry was applied; see `Proven`. */
  applied(applied: Pick<Applied, 'index' | 'result'>): void {
    this.#proven.applied(applied);
  }

  /** Writes what the core wants kept (a `StorageAppend`). */
  append(message: Message, done: () => void): void {
    const hardState =
      message.term === 0 ? undefined : { term: message.term, vote: message.vote, commit: message.commit };
    const { snapshot } = message;
    // A new commit index alone may wait in the browser's buffer: it is known again from the leader.
    const durable =
      message.responses.length > 0 ||
      message.entries.length > 0 ||
      snapshot !== undefined ||
      (hardState !== undefined && (hardState.term !== this.#term || hardState.vote !== this.#vote));
    if (hardState !== undefined) {
      this.#term = hardState.term;
      this.#vote = hardState.vote;
    }
    this.#write(
      {
        ...(hardState === undefined ? {} : { hardState, provenTo: this.#proven.to }),
        ...(message.entries.length === 0 ? {} : { entries: message.entries }),
        ...(snapshot === undefined ? {} : { snapshot: storedSnapshot(snapshot) }),
        durable,
      },
      done,
    );
  }

  /** Writes a snapshot of this replica's own state. */
  snapshot(snapshot: Snapshot, done: () => void): void {
    this.#write({ snapshot: storedSnapshot(snapshot), durable: true }, done);
  }

  /** Makes a commit index durable that nobody else may be able to tell again. */
  commit(commit: number): void {
    const hardState = { term: this.#term, vote: this.#vote, commit };
    this.#write({ hardState, provenTo: this.#proven.to, durable: true }, () => undefined);
  }

  /** Resolves when nothing is on its way to the disk. */
  idle(): Promise<void> {
    return this.#writing;
  }

  /** Writes in order. A failed write stops the replica: what reached the disk is not known until it is loaded again. */
  #write(batch: AppendBatch, done: () => void): void {
    const written = this.#ports.disk.append(batch).then(
      () => undefined,
      (error: unknown) => ({
        code: error instanceof RefusalError ? error.code : 'storage-failed',
        text: messageOf(error),
      }),
    );
    this.#writing = this.#writing.then(async () => {
      const failure = await written;
      if (failure === undefined) this.#ports.run(done);
      else this.#ports.onFailed(failure.code, failure.text);
    });
  }
}

function storedSnapshot(snapshot: Snapshot) {
  return { ...snapshot, confState: encodeConfState(snapshot.confState) };
}
