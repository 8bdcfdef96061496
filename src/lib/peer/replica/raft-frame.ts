import { type Bytes, concat, equalBytes, signatureBytes } from '../../base/index.ts';

/**
 * What stands before a Raft message on the wire, so that a message for another queue, another incarnation (replica ids
 * are never used twice), another life of the sender or another version is dropped unread: version (1 byte), the queue's digest (32),
 * flags (1), the sender's replica id (4), the receiver's (4), the epoch of the sender's log (4), the number of its life (4), and what the
 * sender has on its disk (`DiskState`, 4 times 6), all big-endian; then the signature of a hand-over (64), if flag 2 is set.
 */
const version = 1;
const restingFlag = 1;
const handOverFlag = 2;
const flagsAt = 33;
const diskAt = 50;
const headBytes = 1 + 32 + 1 + 4 + 4 + 4 + 4 + 4 * 6;

/** One opening of a log. */
export interface Life {
  /** How often the log was opened until then (`ReplicaLog.epoch`). */
  readonly epoch: number;
  /** Drawn at that opening: two copies of one disk have the same epoch. */
  readonly number: number;
}

/** What a replica surely finds on its disk if it dies now. Numbers of Raft, each below 2^48. */
export interface DiskState {
  readonly term: number;
  /** Index of the last entry. */
  readonly last: number;
  /** Index up to which it knows that entries are committed, and the term of that entry; both 0 when it cannot say. */
  readonly commit: number;
  readonly commitTerm: number;
}

/** What is said where nothing of the disk is known. */
export const noDisk: DiskState = { term: 0, last: 0, commit: 0, commitTerm: 0 };

/** What a replica says of itself with each message. */
export interface Sender {
  readonly replica: number;
  readonly life: Life;
  readonly disk: DiskState;
  /** It rests: see `Rest`. */
  readonly resting: boolean;
}

export interface RaftFrame {
  readonly from: number;
  readonly to: number;
  readonly life: Life;
  readonly disk: DiskState;
  readonly message: Uint8Array;
  /** The sender rests: see `Rest`. */
  readonly resting: boolean;
  /** A leader's signature under its handing over; see `hand-over.ts`. */
  readonly handOver: Bytes | undefined;
}

export function encodeRaftFrame(
  queueDigest: Uint8Array,
  from: Sender,
  to: number,
  message: Uint8Array,
  handOver?: Uint8Array,
): Bytes {
  const { replica, life, disk, resting } = from;
  const head = new Uint8Array(headBytes);
  head[0] = version;
  head.set(queueDigest, 1);
  head[flagsAt] = (resting ? restingFlag : 0) | (handOver === undefined ? 0 : handOverFlag);
  const view = new DataView(head.buffer);
  view.setUint32(34, replica);
  view.setUint32(38, to);
  view.setUint32(42, life.epoch);
  view.setUint32(46, life.number);
  [disk.term, disk.last, disk.commit, disk.commitTerm].forEach((number, at) => {
    view.setUint16(diskAt + 6 * at, Math.floor(number / 2 ** 32));
    view.setUint32(diskAt + 6 * at + 2, number % 2 ** 32);
  });
  return concat(head, handOver ?? new Uint8Array(), message);
}

/** The part of a frame behind the name of its queue. */
export function withoutQueue(frame: Uint8Array): Bytes {
  return frame.slice(33) as Bytes;
}

/** The frame whose part behind the name of its queue that is. */
export function withQueue(queueDigest: Uint8Array, rest: Uint8Array): Bytes {
  return concat(Uint8Array.of(version), queueDigest, rest);
}

/** The 32-byte digest of the queue that a frame is for, or undefined when the bytes are no frame of this version. */
export function queueOfRaftFrame(frame: Uint8Array): Uint8Array | undefined {
  const flags = frame[flagsAt] ?? 255;
  if (frame.length <= headBytes || frame[0] !== version || flags > (restingFlag | handOverFlag))
    return undefined;
  return frame.subarray(1, 33);
}

/** Reads a frame for the given queue, or undefined when it is for another or malformed. */
export function parseRaftFrame(queueDigest: Uint8Array, frame: Uint8Array): RaftFrame | undefined {
  const queue = queueOfRaftFrame(frame);
  if (queue === undefined || !equalBytes(queue, queueDigest)) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const number = (at: number) =>
    view.getUint16(diskAt + 6 * at) * 2 ** 32 + view.getUint32(diskAt + 6 * at + 2);
  const flags = frame[flagsAt] ?? 0;
  const messageAt = headBytes + ((flags & handOverFlag) === 0 ? 0 : signatureBytes);
  if (frame.length <= messageAt) return undefined;
  return {
    from: view.getUint32(34),
    to: view.getUint32(38),
    life: { epoch: view.getUint32(42), number: view.getUint32(46) },
    disk: { term: number(0), last: number(1), commit: number(2), commitTerm: number(3) },
    handOver: messageAt === headBytes ? undefined : (frame.slice(headBytes, messageAt) as Bytes),
    message: frame.subarray(messageAt),
    resting: (flags & restingFlag) !== 0,
  };
}
