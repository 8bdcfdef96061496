import {
  type Bytes,
  type PeerId,
  concat,
  publicKeyFromPeerId,
  sign,
  utf8,
  verify,
} from '../../base/index.ts';

/** Signed in front of a hand-over, so that the signature is good for nothing else. */
const label = utf8('peerprint/hand-over/1\n');

/** A leader's word that another may stand for election although the leader is heard (Raft paper, 3.10 of the thesis). */
export interface HandOver {
  /** Term of the leader that hands over; the candidacy is of the next one. */
  readonly term: number;
  /** Replica id of who may stand. */
  readonly candidate: number;
}

/** The leader's signature under its handing over. */
export function signHandOver(seed: Uint8Array, queue: Uint8Array, handOver: HandOver): Bytes {
  return sign(seed, signedBytes(queue, handOver));
}

/** Whether that peer signed this handing over of this queue. */
export function isHandedOver(
  leader: PeerId,
  queue: Uint8Array,
  handOver: HandOver,
  signature: Uint8Array,
): boolean {
  const key = publicKeyFromPeerId(leader);
  return key !== undefined && verify(key, signedBytes(queue, handOver), signature);
}

function signedBytes(queue: Uint8Array, { term, candidate }: HandOver): Bytes {
  const numbers = new Uint8Array(12);
  const view = new DataView(numbers.buffer);
  view.setUint32(0, Math.floor(term / 2 ** 32));
  view.setUint32(4, term % 2 ** 32);
  view.setUint32(8, candidate);
  return concat(label, queue, numbers);
}
