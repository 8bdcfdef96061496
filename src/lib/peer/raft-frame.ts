import { type Bytes, concat, equalBytes } from '../base/index.ts';

/**
 * What stands before a Raft message on the wire, so that a message for another queue, another incarnation or another version is
 * dropped unread: version (1 byte), the queue's digest (32), the sender's replica id (4), the receiver's (4), big-endian.
 */
const version = 1;
const headBytes = 1 + 32 + 4 + 4;

export interface RaftFrame {
  readonly from: number;
  readonly to: number;
  readonly message: Uint8Array;
}

export function encodeRaftFrame(
  queueDigest: Uint8Array,
  from: number,
  to: number,
  message: Uint8Array,
): Bytes {
  const head = new Uint8Array(headBytes);
  head[0] = version;
  head.set(queueDigest, 1);
  const view = new DataView(head.buffer);
  view.setUint32(33, from);
  view.setUint32(37, to);
  return concat(head, message);
}

/** The 32-byte digest of the queue that a frame is for, or undefined when the bytes are no frame of this version. */
export function queueOfRaftFrame(frame: Uint8Array): Uint8Array | undefined {
  return frame.length > headBytes && frame[0] === version ? frame.subarray(1, 33) : undefined;
}

/** Reads a frame for the given queue, or undefined when it is for another or malformed. */
export function parseRaftFrame(queueDigest: Uint8Array, frame: Uint8Array): RaftFrame | undefined {
  const queue = queueOfRaftFrame(frame);
  if (queue === undefined || !equalBytes(queue, queueDigest)) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset);
  return { from: view.getUint32(33), to: view.getUint32(37), message: frame.subarray(headBytes) };
}
