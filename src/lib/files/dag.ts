import { type Bytes, type FileId, assert, concat } from '../base/index.ts';
import { binaryCid, fileIdOf } from './cid.ts';
import { hashBytes, sha256Now } from './hash.ts';
import { chunkBytes, treeWidth } from './limits.ts';

/**
 * The tree that gives a file its id, as IPFS builds it (UnixFS over dag-pb, balanced): raw chunks of 256 KiB as leaves, at most
 * 174 children per node. `ipfs add --cid-version=1` with its default chunker gives the same CID.
 */

/** A subtree as its parent links it. */
interface Child {
  readonly kind: 'chunk' | 'node';
  readonly hash: Uint8Array;
  /** Bytes of the file under it. */
  readonly fileBytes: number;
  /** Bytes of all blocks under it, its own included (dag-pb's Tsize). */
  readonly totalBytes: number;
}

/** How many chunks a file of that size has. An empty file is one empty chunk. */
export function chunkCount(size: number): number {
  return Math.max(1, Math.ceil(size / chunkBytes));
}

/** Length in bytes of that chunk of a file of that size. */
export function chunkLength(size: number, index: number): number {
  return Math.min(chunkBytes, size - index * chunkBytes);
}

/** The hash of one chunk in a list of hashes laid end to end. */
export function hashAt(hashes: Uint8Array, index: number): Uint8Array {
  return hashes.subarray(index * hashBytes, (index + 1) * hashBytes);
}

/** The id of a file of `size` bytes whose chunks have these hashes, laid end to end in order. */
export function fileIdFromHashes(size: number, hashes: Uint8Array): FileId {
  const count = chunkCount(size);
  assert(hashes.length === count * hashBytes, `${hashes.length} bytes of hashes for ${count} chunks`);
  let level: Child[] = [];
  for (let i = 0; i < count; i++) {
    const bytes = chunkLength(size, i);
    level.push({ kind: 'chunk', hash: hashAt(hashes, i), fileBytes: bytes, totalBytes: bytes });
  }
  while (level.length > 1) {
    const parents: Child[] = [];
    for (let at = 0; at < level.length; at += treeWidth)
      parents.push(nodeOf(level.slice(at, at + treeWidth)));
    level = parents;
  }
  const root = level[0];
  assert(root !== undefined, 'a tree without a root');
  return fileIdOf(root.kind, root.hash);
}

function nodeOf(children: readonly Child[]): Child {
  const block = encodeNode(children);
  let fileBytes = 0;
  let totalBytes = block.length;
  for (const child of children) {
    fileBytes += child.fileBytes;
    totalBytes += child.totalBytes;
  }
  return { kind: 'node', hash: sha256Now(block), fileBytes, totalBytes };
}

/** Protobuf wire types. */
const asVarint = 0;
const asBytes = 2;

/** UnixFS node types. */
const unixFsFile = 2;

/** A dag-pb node: its links, then its data, in the canonical order of the dag-pb specification. */
function encodeNode(children: readonly Child[]): Bytes {
  const links = children.map((child) => {
    const link = concat(
      bytesField(1, binaryCid(child.kind, child.hash)),
      // Kubo writes the empty name as well.
      bytesField(2, new Uint8Array()),
      numberField(3, child.totalBytes),
    );
    return bytesField(2, link);
  });
  const fileBytes = children.reduce((sum, child) => sum + child.fileBytes, 0);
  const unixFs = concat(
    numberField(1, unixFsFile),
    numberField(3, fileBytes),
    ...children.map((child) => numberField(4, child.fileBytes)),
  );
  return concat(...links, bytesField(1, unixFs));
}

function numberField(field: number, value: number): Bytes {
  return concat(varint(field * 8 + asVarint), varint(value));
}

function bytesField(field: number, value: Uint8Array): Bytes {
  return concat(varint(field * 8 + asBytes), varint(value.length), value);
}

function varint(value: number): Bytes {
  const out: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    out.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  out.push(rest);
  return Uint8Array.from(out);
}
