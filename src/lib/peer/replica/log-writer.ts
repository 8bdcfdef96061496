import { RefusalError, messageOf } from '../../base/index.ts';
import type { Applied } from '../../queue/index.ts';
import type { Message, Snapshot } from '../../raft/index.ts';
import type { AppendBatch, ReplicaLog, StoredReplica } from '../../storage/port.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import { Proven } from './proven.ts';
import type { DiskState } from './raft-frame.ts';
import { encodeConfState } from './replica-record.ts';

export interface LogWriterPorts {
  readonly disk: ReplicaLog;
  /** What other replicas were heard to have: it is written along with everything else. */
  readonly acknowledgements: Acknowledgements;
  /** Carries out what waited for a write, in the order of the writes. */
  readonly run: (done: () => void) => void;
  readonly onFailed: (code: string, text: string) => void;
}

/** What the disk holds, or will hold when the writes under way are done. */
type Held = Pick<DiskState, 'term' | 'last' | 'commit'>;

/**
 * The way of a replica to its disk. Writes are grouped: the core hands over what has gathered while the write before was
 * under way as one batch, which becomes one record. What must wait for a write runs when it has completed, in the order of the writes.
 */
export class LogWriter {
  readonly #ports: LogWriterPorts;
  /** Newest vote handed to the disk. */
  #vote: number;
  readonly #proven: Proven;
  /** What was handed over, and what of it is safe from a crash. */
  #handed: Held;
  #safe: Held;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    ports: LogWriterPorts,
    stored: Pick<StoredReplica, 'hardState' | 'provenTo' | 'entries' | 'snapshot'>,
  ) {
    this.#ports = ports;
    const { term, vote, commit } = stored.hardState;
    this.#vote = vote;
    this.#proven = new Proven(stored.provenTo);
    const snapshotIndex = stored.snapshot?.index ?? 0;
    const last = stored.entries.at(-1)?.index ?? snapshotIndex;
    this.#handed = { term, last, commit: Math.max(commit, snapshotIndex) };
    this.#safe = this.#handed;
  }

  /** What this replica surely finds on its disk if its process dies now. */
  get safe(): Held {
    return this.#safe;
  }

  /** An entry was applied; see `Proven`. */
  applied(applied: Pick<Applied, 'index' | 'result'>): void {
    this.#proven.applied(applied);
  }

  /** Writes what the core wants kept (a `StorageAppend`). */
  append(message: Message, done: () => void): void {
    const hardState =
      message.term === 0 ? undefined : { term: message.term, vote: message.vote, commit: message.commit };
    const { snapshot, entries } = message;
    const before = this.#handed;
    // A new commit index alone may wait in the browser's buffer: it is known again from the leader.
    const durable =
      message.responses.length > 0 ||
      entries.length > 0 ||
      snapshot !== undefined ||
      (hardState !== undefined && (hardState.term !== before.term || hardState.vote !== this.#vote));
    if (hardState !== undefined) this.#vote = hardState.vote;
    this.#handed = {
      term: hardState?.term ?? before.term,
      last: entries.at(-1)?.index ?? snapshot?.index ?? before.last,
      commit: Math.max(before.commit, hardState?.commit ?? 0, snapshot?.index ?? 0),
    };
    this.#write(
      {
        ...(hardState === undefined ? {} : { hardState, provenTo: this.#proven.to }),
        ...(entries.length === 0 ? {} : { entries }),
        ...(snapshot === undefined ? {} : { snapshot: storedSnapshot(snapshot) }),
        durable,
      },
      done,
    );
  }

  /** Writes a snapshot of this replica's own state. */
  snapshot(snapshot: Snapshot, done: () => void): void {
    this.#handed = { ...this.#handed, commit: Math.max(this.#handed.commit, snapshot.index) };
    this.#write({ snapshot: storedSnapshot(snapshot), durable: true }, done);
  }

  /** Makes a commit index durable that nobody else may be able to tell again. */
  commit(commit: number): void {
    const { term, commit: handed } = this.#handed;
    const hardState = { term, vote: this.#vote, commit: Math.max(commit, handed) };
    this.#handed = { ...this.#handed, commit: hardState.commit };
    this.#write({ hardState, provenTo: this.#proven.to, durable: true }, () => undefined);
  }

  /** Makes durable what others acknowledged, if no write has taken it along. */
  note(): void {
    if (this.#ports.acknowledgements.hasNews) this.#write({ durable: true }, () => undefined);
  }

  /** Resolves when nothing is on its way to the disk. */
  idle(): Promise<void> {
    return this.#writing;
  }

  /** Writes in order. A failed write stops the replica: what reached the disk is not known until it is loaded again. */
  #write(batch: AppendBatch, done: () => void): void {
    const acknowledged = this.#ports.acknowledgements.take();
    const handed = this.#handed;
    const whole = acknowledged === undefined ? batch : { ...batch, acknowledged };
    const written = this.#ports.disk.append(whole).then(
      () => undefined,
      (error: unknown) => ({
        code: error instanceof RefusalError ? error.code : 'storage-failed',
        text: messageOf(error),
      }),
    );
    this.#writing = this.#writing.then(async () => {
      const failure = await written;
      // A durable write makes all before it durable, too.
      if (failure === undefined && batch.durable) this.#safe = handed;
      if (failure === undefined) this.#ports.run(done);
      else this.#ports.onFailed(failure.code, failure.text);
    });
  }
}

function storedSnapshot(snapshot: Snapshot) {
  return { ...snapshot, confState: encodeConfState(snapshot.confState) };
}
