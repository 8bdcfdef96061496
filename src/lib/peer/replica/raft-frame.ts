import { type Bytes, concat, equalBytes } from '../../base/index.ts';

/**
 * What stands before a Raft message on the wire, so that a message for another queue, another incarnation (replica ids are never used
 * twice), another life of the sender or another version is dropped unread: version (1 byte), the queue's digest (32), flags (1: bit 0 when the sender rests), the sender's replica
 * id (4), the receiver's (4), the epoch of the sender's log (4) and the number of its life (4), big-endian.
 */
const version = 1;
const restingFlag = 1;
const flagsAt = 33;
const headBytes = 1 + 32 + 1 + 4 + 4 + 4 + 4;

/** One opening of a log. */
export interface Life {
  /** How often the log was opened until then (`ReplicaLog.epoch`). */
  readonly epoch: number;
  /** Drawn at that opening: two copies of one disk have the same epoch. */
  readonly number: number;
}

export interface RaftFrame {
  readonly from: number;
  readonly to: number;
  readonly life: Life;
  readonly message: Uint8Array;
  /** The sender rests: see `Rest`. */
  readonly resting: boolean;
}

export function encodeRaftFrame(
  queueDigest: Uint8Array,
  from: number,
  to: number,
  life: Life,
  message: Uint8Array,
  resting: boolean,
): Bytes {
  const head = new Uint8Array(headBytes);
  head[0] = version;
  head.set(queueDigest, 1);
  head[flagsAt] = resting ? restingFlag : 0;
  const view = new DataView(head.buffer);
  view.setUint32(34, from);
  view.setUint32(38, to);
  view.setUint32(42, life.epoch);
  view.setUint32(46, life.number);
  return concat(head, message);
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
  if (frame.length <= headBytes || frame[0] !== version || flags > restingFlag) return undefined;
  return frame.subarray(1, 33);
}

/** Reads a frame for the given queue, or undefined when it is for another or malformed. */
export function parseRaftFrame(queueDigest: Uint8Array, frame: Uint8Array): RaftFrame | undefined {
  const queue = queueOfRaftFrame(frame);
  if (queue === undefined || !equalBytes(queue, queueDigest)) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset);
  return {
    from: view.getUint32(34),
    to: view.getUint32(38),
    life: { epoch: view.getUint32(42), number: view.getUint32(46) },
    message: frame.subarray(headBytes),
    resting: frame[flagsAt] === restingFlag,
  };
}
