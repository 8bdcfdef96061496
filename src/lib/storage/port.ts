import type { Bytes } from '../base/index.ts';

/**
 * What a replica keeps on disk. The types repeat Raft's words without importing Raft: storage keeps bytes and
 * numbers, and knows nothing of elections.
 */
export interface StoredHardState {
  readonly term: number;
  /** Replica id voted for in this term, 0 for none. */
  readonly vote: number;
  readonly commit: number;
}

export interface StoredEntry {
  readonly term: number;
  readonly index: number;
  /** Entry type as Raft numbers it. */
  readonly type: number;
  readonly data: Uint8Array;
}

export interface StoredSnapshot {
  readonly term: number;
  readonly index: number;
  /** Raft's membership at that index, encoded by the driver. */
  readonly confState: Uint8Array;
  /** State of the queue at that index. */
  readonly data: Uint8Array;
}

/**
 * What another replica was heard to have on its disk. All numbers only grow while that disk is intact, so that a copy
 * of it that was put back is told by showing less.
 */
export interface StoredAcknowledgement {
  /** Its replica id. */
  readonly replica: number;
  /** How often its log was opened until it was last heard (`ReplicaLog.epoch`). */
  readonly epoch: number;
  /** Number of that opening, drawn at random: two copies of one disk have the same epoch. */
  readonly life: number;
  /** The newest term that it was heard in. */
  readonly term: number;
  /** Index of the last entry that it acknowledged in that term to this replica, which led then; 0 for none. */
  readonly index: number;
  /** The highest index that it acknowledged and that was committed: no leader ever replaces what is there. */
  readonly committed: number;
}

/** Everything a replica needs to go on after its process died. */
export interface StoredReplica {
  /** Written once: group, replica id, incarnation. Encoded by the driver. */
  readonly identity: Uint8Array;
  readonly hardState: StoredHardState;
  /** Committed entries up to this index were found rightly signed by this replica, so that it need not check them again. */
  readonly provenTo: number;
  /** What other replicas were heard to have, one for each. */
  readonly acknowledged: readonly StoredAcknowledgement[];
  readonly snapshot: StoredSnapshot | undefined;
  /** In order of index, without a gap, from the one after the snapshot's (or from 1). */
  readonly entries: readonly StoredEntry[];
}

export interface AppendBatch {
  /** New term, vote or commit. */
  readonly hardState?: StoredHardState;
  /** New value of `StoredReplica.provenTo`. */
  readonly provenTo?: number;
  /** New value of `StoredReplica.acknowledged`. */
  readonly acknowledged?: readonly StoredAcknowledgement[];
  /**
   * Entries that follow on from each other. Those that are stored with the same term stay as they are, and so does what stands
   * behind them; from the first on whose term contradicts, they replace everything that is stored.
   */
  readonly entries?: readonly StoredEntry[];
  /** Replaces the snapshot; entries up to its index are dropped, later ones too unless they follow on from it. */
  readonly snapshot?: StoredSnapshot;
  /** True when the batch must be on disk, not in a buffer, before the promise resolves. */
  readonly durable: boolean;
}

/**
 * The log of one replica. One writer at a time: `open` takes an exclusive lock and a fence that every append checks in
 * its own transaction, so that a second worker of the same origin can never write beside the first.
 *
 * Every promise rejects with a RefusalError whose code says why: `fenced` (another worker has taken over), `storage-full`,
 * `storage-denied`, `cleared` (the data went while they were in use), `storage-failed` (the browser's reason is in the sentence), `corrupt` (a hole, a bad checksum), `unknown-format`,
 * `closed`. After a rejected append the replica must stop and load again: what reached the disk is not known. Appends may be
 * called without waiting for the one before; they reach the disk in that order, and when one fails all behind it fail too.
 */
export interface ReplicaLog {
  /** How often this log was opened, by whomever: a copy of an older state of this disk has a smaller number. */
  readonly epoch: number;
  /** The identity alone, also of a log whose entries are damaged. */
  identity(): Promise<Bytes>;
  /** Reads and checks everything. To be called before the first append, and again after a rejected one. */
  load(): Promise<StoredReplica>;
  append(batch: AppendBatch): Promise<void>;
  close(): Promise<void>;
}

/** All that one browser profile keeps: identity, logs, small records, file chunks. */
export interface Store {
  /** Keys of the logs that exist. */
  listLogs(): Promise<readonly string[]>;
  /** Makes a log. Refused with `exists` when there is one of that key. */
  createLog(key: string, identity: Uint8Array): Promise<void>;
  /** Takes the lock and raises the fence. Refused with `absent`, or with `busy` when another worker keeps the lock. */
  openLog(key: string): Promise<ReplicaLog>;
  deleteLog(key: string): Promise<void>;

  /** Small records (settings, keys, outboxes) in named tables. Durable when the promise resolves. */
  get(table: Table, key: string): Promise<Bytes | undefined>;
  put(table: Table, key: string, value: Uint8Array): Promise<void>;
  delete(table: Table, key: string): Promise<void>;
  entries(table: Table): Promise<readonly (readonly [string, Bytes])[]>;

  /** Chunks of files by hash. Written relaxed: a lost chunk is fetched again, a wrong one can't pass its hash. */
  readonly chunks: ChunkStore;

  /** Bytes used and available as the browser estimates them, and whether it promised to keep them. */
  estimate(): Promise<StorageEstimate>;
  close(): Promise<void>;
}

/** `identity`: the key of this profile · `queues`: what is known of a queue beside its log · `settings` · `prints`: the journal of
 * prints under way · `files`: manifests of files · `outbox`: commands not yet settled · `invitations`: links made here · `printers` ·
 * `pictures`: what was read of files for pages · `fetched`: files that were fetched, for whom, and which are refused. */
export type Table =
  | 'identity'
  | 'queues'
  | 'settings'
  | 'prints'
  | 'files'
  | 'outbox'
  | 'invitations'
  | 'printers'
  | 'pictures'
  | 'fetched';

export const tables: readonly Table[] = [
  'identity',
  'queues',
  'settings',
  'prints',
  'files',
  'outbox',
  'invitations',
  'printers',
  'pictures',
  'fetched',
];

export interface ChunkStore {
  get(hash: string): Promise<Bytes | undefined>;
  has(hash: string): Promise<boolean>;
  /** Those of the given hashes that are here. */
  present(hashes: readonly string[]): Promise<ReadonlySet<string>>;
  put(hash: string, bytes: Uint8Array): Promise<void>;
  putMany(chunks: readonly { readonly hash: string; readonly bytes: Uint8Array }[]): Promise<void>;
  delete(hash: string): Promise<void>;
  deleteMany(hashes: readonly string[]): Promise<void>;
  /** The hash of every chunk that is here, for sweeping out what no file needs any more. */
  hashes(): Promise<readonly string[]>;
}

export interface StorageEstimate {
  readonly usedBytes: number;
  readonly quotaBytes: number;
  readonly persisted: boolean;
}
