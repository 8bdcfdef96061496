import * as v from 'valibot';
import {
  type Bytes,
  type PeerId,
  type Result,
  encode,
  parse,
  publicKeyFromPeerId,
} from '../../base/index.ts';
import { queueLimits } from '../../queue/index.ts';
import { type ConfState } from '../../raft/index.ts';

/**
 * Who a replica is, written once beside its log: which queue (by the signed genesis), which replica id, for which incarnation of
 * this profile's storage, and which replicas it was told of when it joined.
 */
export interface ReplicaRecord {
  readonly genesis: Bytes;
  readonly replicaId: number;
  readonly incarnation: Bytes;
  /** Replica ids and peers as the leader named them at joining: who may speak to us before the log has told. */
  readonly book: readonly { readonly replicaId: number; readonly peer: PeerId }[];
}

const recordBytesMax = 64 * 1024;
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(queueLimits.replicaIdMax));
const bytes = v.custom<Bytes>((x) => x instanceof Uint8Array, 'must be bytes');
const peer = v.custom<PeerId>(
  (x) => typeof x === 'string' && publicKeyFromPeerId(x) !== undefined,
  'must be a PeerId',
);

export const replicaRecordSchema = v.strictObject({
  v: v.literal(1),
  genesis: bytes,
  replicaId: count,
  incarnation: bytes,
  book: v.array(v.strictObject({ replicaId: count, peer })),
});

export function encodeReplicaRecord(record: ReplicaRecord): Bytes {
  return encode({ v: 1, ...record });
}

export function parseReplicaRecord(stored: Uint8Array): Result<ReplicaRecord> {
  return parse(replicaRecordSchema, stored, recordBytesMax);
}

const ids = v.array(count);
export const confStateSchema = v.strictObject({
  voters: ids,
  learners: ids,
  votersOutgoing: ids,
  learnersNext: ids,
  autoLeave: v.boolean(),
});

export function encodeConfState(confState: ConfState): Bytes {
  return encode({ ...confState });
}

export function parseConfState(stored: Uint8Array): Result<ConfState> {
  return parse(confStateSchema, stored, recordBytesMax);
}
