import * as v from 'valibot';
import { type Bytes, type FileId, type Result, hex, ok, parse, refuse, utf8 } from '../base/index.ts';
import { chunkCount, fileIdFromHashes, hashAt } from './dag.ts';
import { hashBytes } from './hash.ts';
import { chunksMax, fileBytesMax, nameBytesMax } from './limits.ts';

/** Everything needed to check each chunk of a file as it comes. Made only by `verifyManifest` and by hashing the file itself. */
export interface FileManifest {
  readonly id: FileId;
  /** As the person who added the file named it. Not covered by the id. */
  readonly name: string;
  /** Bytes of the file. */
  readonly size: number;
  /** SHA-256 of each chunk, laid end to end in order. */
  readonly hashes: Bytes;
}

/** A manifest's name, size and hashes are at most this many bytes when stored. */
const manifestBytesMax = chunksMax * hashBytes + 2 * nameBytesMax + 1024;

export const storedFileSchema = v.strictObject({
  v: v.literal(1),
  name: v.string(),
  size: v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(fileBytesMax)),
  hashes: v.instance(Uint8Array),
  whole: v.boolean(),
});

/** The key a chunk is stored under. */
export function chunkKey(manifest: FileManifest, index: number): string {
  return hex(hashAt(manifest.hashes, index));
}

export function chunkKeys(manifest: FileManifest): string[] {
  return Array.from({ length: chunkCount(manifest.size) }, (_, index) => chunkKey(manifest, index));
}

/**
 * Rebuilds the file's tree from what somebody says of it. Refused with `wrong-manifest` unless its root is the id asked for: then the
 * size and every hash in it are those of the file.
 */
export function verifyManifest(
  id: FileId,
  name: string,
  size: number,
  hashes: Uint8Array,
): Result<FileManifest> {
  if (!Number.isSafeInteger(size) || size < 0 || size > fileBytesMax) {
    return refuse('wrong-manifest', `A file of ${size} bytes is not one that PeerPrint keeps.`);
  }
  if (hashes.length !== chunkCount(size) * hashBytes || fileIdFromHashes(size, hashes) !== id) {
    return refuse('wrong-manifest', 'The list of pieces does not belong to this file.');
  }
  return ok({ id, name: cleanName(name), size, hashes: new Uint8Array(hashes) });
}

/** A name that is safe to show and to save under: no control characters, no path, not too long, not empty. */
export function cleanName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  const plain = last.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '').trim();
  let short = '';
  let length = 0;
  for (const letter of plain) {
    length += utf8(letter).length;
    if (length > nameBytesMax) break;
    short += letter;
  }
  return short === '' ? 'unnamed.gcode' : short;
}

/** What the table of files keeps: dag-cbor of { v, name, size, hashes, whole }. */
export interface StoredFile {
  readonly manifest: FileManifest;
  /** True once every chunk was seen in storage. */
  readonly whole: boolean;
}

/** Fields of a stored file for `encode`. */
export function storedForm({ manifest, whole }: StoredFile): v.InferOutput<typeof storedFileSchema> {
  return { v: 1, name: manifest.name, size: manifest.size, hashes: manifest.hashes, whole };
}

export function parseStoredFile(id: FileId, bytes: Uint8Array): Result<StoredFile> {
  const parsed = parse(storedFileSchema, bytes, manifestBytesMax);
  if (!parsed.ok) return parsed;
  const { name, size, hashes, whole } = parsed.value;
  const manifest = verifyManifest(id, name, size, hashes);
  return manifest.ok ? ok({ manifest: manifest.value, whole }) : manifest;
}
