/**
 * The plain data of the consensus core. Every kind of object has one maker, so that all objects of a kind
 * have the same hidden class and the hot paths stay monomorphic. Terms, indices and replica ids are safe
 * integers. Whoever receives an object must not change it: entries and messages are shared.
 */

/** No replica: ids start at 1. */
export const nobody = 0;
/** Target of `StorageAppend` messages: the driver's log writer on this very replica. */
export const appendThread = -1;
/** Target of `StorageApply` messages: the driver's state machine on this very replica. */
export const applyThread = -2;

/** True for the two local targets, which never travel over a network. */
export function isLocalTarget(id: number): boolean {
  return id === appendThread || id === applyThread;
}

export const noBytes: Uint8Array = new Uint8Array(0);

export const EntryType = { Normal: 0, ConfChange: 1, ConfChangeV2: 2 } as const;
export type EntryType = (typeof EntryType)[keyof typeof EntryType];

/** One entry of the replicated log. */
export interface Entry {
  readonly term: number;
  readonly index: number;
  readonly type: EntryType;
  readonly data: Uint8Array;
}

export function newEntry(term: number, index: number, type: EntryType, data: Uint8Array): Entry {
  return { term, index, type, data };
}

export const noEntries: readonly Entry[] = [];

/** Bytes that an entry is taken to need besides its data (term, index, type, length). */
export const entryOverheadBytes = 16;

/** The size that entries have unless the driver hands in another. */
export const entryBytes: EntrySize = (entry) => entry.data.length + entryOverheadBytes;

/** How many bytes an entry counts for, wherever a limit is set on the bytes of entries. */
export type EntrySize = (entry: Entry) => number;

export function entriesBytes(entries: readonly Entry[], entrySize: EntrySize): number {
  let bytes = 0;
  for (const entry of entries) bytes += entrySize(entry);
  return bytes;
}

/** Bytes of the payloads alone: an entry without data weighs nothing, so that it can never be refused. */
export function payloadBytes(entries: readonly Entry[]): number {
  let bytes = 0;
  for (const entry of entries) bytes += entry.data.length;
  return bytes;
}

/** What must be durable before a replica answers: its term and vote. The commit index is a convenience. */
export interface HardState {
  readonly term: number;
  readonly vote: number;
  readonly commit: number;
}

export const emptyHardState: HardState = { term: 0, vote: 0, commit: 0 };

export type Role = 'follower' | 'pre-candidate' | 'candidate' | 'leader';

/** What need not be stored. */
export interface SoftState {
  readonly lead: number;
  readonly role: Role;
}

/** A configuration as snapshots carry it. All lists are sorted. */
export interface ConfState {
  readonly voters: readonly number[];
  readonly learners: readonly number[];
  /** The other half of a joint configuration; empty when it is not joint. */
  readonly votersOutgoing: readonly number[];
  /** Voters of the outgoing half that become learners when the joint configuration is left. */
  readonly learnersNext: readonly number[];
  /** The leader leaves the joint configuration by itself. */
  readonly autoLeave: boolean;
}

export const emptyConfState: ConfState = {
  voters: [],
  learners: [],
  votersOutgoing: [],
  learnersNext: [],
  autoLeave: false,
};

/** State of the application after the entry at `index`, with the configuration of that moment. */
export interface Snapshot {
  readonly index: number;
  readonly term: number;
  readonly confState: ConfState;
  readonly data: Uint8Array;
}

export const emptySnapshot: Snapshot = { index: 0, term: 0, confState: emptyConfState, data: noBytes };

export const MessageType = {
  Hup: 0,
  Beat: 1,
  Prop: 2,
  App: 3,
  AppResp: 4,
  Vote: 5,
  VoteResp: 6,
  Snap: 7,
  Heartbeat: 8,
  HeartbeatResp: 9,
  Unreachable: 10,
  SnapStatus: 11,
  CheckQuorum: 12,
  TransferLeader: 13,
  TimeoutNow: 14,
  ReadIndex: 15,
  ReadIndexResp: 16,
  PreVote: 17,
  PreVoteResp: 18,
  StorageAppend: 19,
  StorageAppendResp: 20,
  StorageApply: 21,
  StorageApplyResp: 22,
  ForgetLeader: 23,
} as const;
export type MessageType = (typeof MessageType)[keyof typeof MessageType];

/** One message between replicas, or between a replica and its own storage. Which fields count depends on the type. */
export interface Message {
  type: MessageType;
  to: number;
  from: number;
  term: number;
  logTerm: number;
  index: number;
  entries: readonly Entry[];
  commit: number;
  vote: number;
  snapshot: Snapshot | undefined;
  reject: boolean;
  rejectHint: number;
  context: Uint8Array;
  responses: readonly Message[];
}

export const noMessages: readonly Message[] = [];

export function newMessage(type: MessageType, to: number, from: number, term: number): Message {
  return {
    type,
    to,
    from,
    term,
    logTerm: 0,
    index: 0,
    entries: noEntries,
    commit: 0,
    vote: 0,
    snapshot: undefined,
    reject: false,
    rejectHint: 0,
    context: noBytes,
    responses: noMessages,
  };
}

/** Messages that only this replica itself, its driver or its storage may produce. */
export function isLocalType(type: MessageType): boolean {
  switch (type) {
    case MessageType.Hup:
    case MessageType.Beat:
    case MessageType.Unreachable:
    case MessageType.SnapStatus:
    case MessageType.CheckQuorum:
    case MessageType.StorageAppend:
    case MessageType.StorageAppendResp:
    case MessageType.StorageApply:
    case MessageType.StorageApplyResp:
      return true;
    default:
      return false;
  }
}

/** Messages that answer one of ours, and so make sense only from a member that we know. */
export function isResponseType(type: MessageType): boolean {
  switch (type) {
    case MessageType.AppResp:
    case MessageType.VoteResp:
    case MessageType.HeartbeatResp:
    case MessageType.Unreachable:
    case MessageType.ReadIndexResp:
    case MessageType.PreVoteResp:
    case MessageType.StorageAppendResp:
    case MessageType.StorageApplyResp:
      return true;
    default:
      return false;
  }
}

/** The answer to a read request: state applied up to `index` is new enough. */
export interface ReadState {
  readonly index: number;
  readonly context: Uint8Array;
}
