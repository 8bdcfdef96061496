import { type Bytes, type Result, hex, ok, refuse, sha256 } from '../../base/index.ts';
import { snapshotBytesMax, snapshotChunkBytes } from '../limits.ts';

/**
 * What a Raft snapshot message carries in place of the data: its size and the hash of each chunk. Whoever is sent it pulls the chunks by
 * themselves (`/peerprint/snapshot/1.0.0`) and checks each one. Bytes: version (1 byte, now 1), size of the data (4 bytes,
 * big-endian), then the SHA-256 of each chunk in order; all chunks but the last are of `snapshotChunkBytes`.
 */
export interface SnapshotManifest {
  readonly bytes: Bytes;
  /** SHA-256 of `bytes`: the same for all replicas that made this snapshot, as snapshots are deterministic. */
  readonly digest: Bytes;
  /** `digest` in hexadecimal, for keys. */
  readonly name: string;
  readonly size: number;
  readonly chunks: number;
}

const version = 1;
const headBytes = 1 + 4;
const hashBytes = 32;
export const snapshotManifestBytesMax =
  headBytes + hashBytes * Math.ceil(snapshotBytesMax / snapshotChunkBytes);

export function manifestOf(data: Uint8Array): SnapshotManifest {
  const chunks = Math.ceil(data.length / snapshotChunkBytes);
  const bytes = new Uint8Array(headBytes + hashBytes * chunks);
  bytes[0] = version;
  new DataView(bytes.buffer).setUint32(1, data.length);
  for (let i = 0; i < chunks; i++) bytes.set(sha256(chunkOf(data, i)), headBytes + hashBytes * i);
  return named(bytes, data.length, chunks);
}

/** Reads a manifest. Refused: another version, no data, more than `snapshotBytesMax`, too few or too many hashes. */
export function parseManifest(bytes: Uint8Array): Result<SnapshotManifest> {
  if (bytes.length < headBytes || bytes[0] !== version) return malformed;
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  if (size === 0 || size > snapshotBytesMax) return malformed;
  const chunks = Math.ceil(size / snapshotChunkBytes);
  if (bytes.length !== headBytes + hashBytes * chunks) return malformed;
  return ok(named(bytes.slice() as Bytes, size, chunks));
}

/** The chunk of that number, as a view. */
export function chunkOf(data: Uint8Array, chunk: number): Uint8Array {
  return data.subarray(chunk * snapshotChunkBytes, (chunk + 1) * snapshotChunkBytes);
}

/** What the chunk of that number must hash to. */
export function chunkHash(manifest: SnapshotManifest, chunk: number): Uint8Array {
  return manifest.bytes.subarray(headBytes + hashBytes * chunk, headBytes + hashBytes * (chunk + 1));
}

function named(bytes: Bytes, size: number, chunks: number): SnapshotManifest {
  const digest = sha256(bytes);
  return { bytes, digest, name: hex(digest), size, chunks };
}

const malformed = refuse('malformed', 'This names no snapshot that could be fetched.');
