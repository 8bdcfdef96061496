import type { Bytes, Clock, Log, Random } from '../base/index.ts';
import type { Applied } from '../queue/index.ts';
import type { ConfState } from '../raft/index.ts';
import type { ReplicaLog } from '../storage/port.ts';

/** What a replica is handed by its host. */
export interface ReplicaPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly disk: ReplicaLog;
  /** Hands a message to the wire for another replica; lost messages are Raft's daily bread. */
  readonly send: (to: number, message: Bytes) => void;
  /** Asks a replica for a chunk of a snapshot that it offered; see `PullPorts.ask`. */
  readonly askForChunk: (replica: number, digest: Bytes, chunk: number) => Promise<Bytes | undefined>;
  /** After each applied entry. */
  readonly onApplied: (applied: Applied) => void;
  /** Role, term, commit or leader may have changed. */
  readonly onChange: () => void;
  /** The replica has stopped for good: a fault, a failed write, an unknown rules version. */
  readonly onStopped: (code: string, text: string) => void;
}

export interface ReplicaStatus {
  readonly replicaId: number;
  readonly role: string;
  /** It leads, and has applied all that came before it, so that it knows the queue's time. */
  readonly admits: boolean;
  /** Replica id of the leader, 0 when none is known. */
  readonly leader: number;
  readonly term: number;
  readonly commit: number;
  readonly applied: number;
  readonly confState: ConfState;
  /** On a leader: how far each other replica is. */
  readonly progress: readonly { readonly id: number; readonly match: number; readonly active: boolean }[];
}
