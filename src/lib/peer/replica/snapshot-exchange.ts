import { type Bytes, type PeerId, encode, hex, parse } from '../../base/index.ts';
import type { Wire } from '../../network/port.ts';
import { snapshotLimits, snapshotProtocol } from '../../network/protocols.ts';
import { snapshotChunkTimeoutMs } from '../limits.ts';
import { type SnapshotReply, type SnapshotRequest, snapshotReply } from '../wire-shapes.ts';

/**
 * Asks a peer for one chunk of a snapshot of a queue. Undefined when it has that snapshot no more, or does not count us a
 * member; rejects when it cannot be reached or speaks nonsense.
 */
export async function askForChunk(
  wire: Wire,
  peer: PeerId,
  queue: Bytes,
  snapshot: Bytes,
  chunk: number,
): Promise<Bytes | undefined> {
  const question = encode({ v: 1, q: queue, s: snapshot, i: chunk });
  const answer = await wire.request(peer, snapshotProtocol, question, snapshotChunkTimeoutMs);
  const reply = parse(snapshotReply, answer, snapshotLimits.frameBytesMax);
  if (!reply.ok) throw new Error(reply.refusal.text);
  return reply.value.kind === 'chunk' ? reply.value.bytes : undefined;
}

/** Whoever may have chunks to give: `denied` for peers that are no members, no bytes for what is not on offer. */
interface Holder {
  snapshotChunk(
    from: PeerId,
    name: string,
    chunk: number,
  ): { readonly bytes: Uint8Array | undefined } | 'denied';
}

/** What is said to that: only members get chunks, and only of snapshots that were offered. */
export function answerChunk(holder: Holder, from: PeerId, request: SnapshotRequest): SnapshotReply {
  const found = holder.snapshotChunk(from, hex(request.s), request.i);
  if (found === 'denied') return { kind: 'denied' };
  return found.bytes === undefined ? { kind: 'gone' } : { kind: 'chunk', bytes: new Uint8Array(found.bytes) };
}
