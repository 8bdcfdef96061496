import type { Bytes, Clock, Random } from '../lib/base/index.ts';
import type { VoteTold } from '../lib/peer/replica/leader-claims.ts';
import type { DiskState, Life } from '../lib/peer/replica/raft-frame.ts';
import type { Word } from '../lib/peer/wire-shapes.ts';
import type { Applied, OpenEnvelope } from '../lib/queue/index.ts';
import type { Entry, Message, RaftConfig, Snapshot } from '../lib/raft/index.ts';
import type { AppendBatch } from '../lib/storage/port.ts';

/** What differs from run to run in how replicas are set up. */
export interface ReplicaSettings {
  readonly tickMs: number;
  readonly frozenAfterMs: number;
  readonly snapshotPatienceTicks: number;
  readonly snapshotEveryEntries: number;
  readonly entriesKeptBehind: number;
  readonly entriesHeldBehind: number;
  /** How long a replica that comes back waits for the others to say what it acknowledged, in ms. */
  readonly returnWaitMs: number;
  /** What others acknowledged is written at the latest so long after it was heard, in ms. */
  readonly noteMs: number;
  /** How often a replica that nobody leads asks the others, in ms. */
  readonly askMs: number;
  /** Without a leader for so long, who does not vote listens, in ms. */
  readonly aloneMs: number;
  readonly raft: Omit<RaftConfig, 'id' | 'random' | 'applied' | 'asyncStorageWrites'>;
}

/** Who looks on. Called in the middle of the replica's work: whatever it throws goes to the world, not to the replica. */
export interface Onlooker {
  /** Entries, a snapshot, or nothing new was handed to the disk: the replica's log is this from now on. */
  readonly onLog: (entries: readonly Entry[], snapshot: Snapshot | undefined) => void;
  /** Role, term or commit may have moved. The members are still those of before. */
  readonly onProgress: () => void;
  readonly onConfChange: (entry: Entry) => void;
  readonly onApplied: (entry: Entry, applied: Applied) => void;
  readonly onInstalled: (snapshot: Snapshot) => void;
  /** A snapshot of its own state was made. */
  readonly onSnapshot: (index: number, data: Bytes) => void;
  /** The disk has done a write. */
  readonly onWritten: () => void;
  readonly onSend: (message: Message) => void;
  readonly onReadState: (index: number, context: number) => void;
  /** The state is new enough for this read. */
  readonly onReadReady: (context: number) => void;
  /** It may take part in deciding from now on. */
  readonly onTakesPart: () => void;
  /** It was told, or has found out, that it must not take part any more. */
  readonly onHalted: (code: string) => void;
}

/** What a replica says of itself when it asks whether it is heard. */
export interface Question {
  readonly from: number;
  readonly life: Life;
  readonly disk: DiskState;
}

/** The answer: why it is not heard, or what is known to be committed. */
export type Reply =
  { readonly word: Word } | { readonly commit: number; readonly commitTerm: number; readonly vote: VoteTold };

export interface ReplicaPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: { write(batch: AppendBatch, done: () => void): void };
  readonly life: Life;
  readonly opener: OpenEnvelope;
  readonly send: (to: number, frame: Uint8Array) => void;
  /** Asks another replica; it may be away and never answer. */
  readonly ask: (to: number, question: Question, answered: (reply: Reply) => void) => void;
  readonly isConnected: (id: number) => boolean;
  /** Runs that later, if this process still lives then. */
  readonly after: (delayMs: number, run: () => void) => void;
  readonly onlooker: Onlooker;
}
