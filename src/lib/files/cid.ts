import { CID } from 'multiformats/cid';
import * as digest from 'multiformats/hashes/digest';
import { type FileId, type Result, messageOf, ok, refuse } from '../base/index.ts';
import { hashBytes } from './hash.ts';

/** Multicodec of a chunk as it is. */
const rawCodec = 0x55;
/** Multicodec of a node that links chunks or further nodes. */
const dagPbCodec = 0x70;
const sha256Code = 0x12;

/** Bytes of a binary CIDv1 of this profile: version, codec, hash function, hash length, hash. */
export const cidBytes = 4 + hashBytes;

/** The text form of an id is at most this long: 59 characters in base32, with room for none else. */
const fileIdChars = 59;

/** Binary CID of a chunk or of an inner node, by its hash. */
export function binaryCid(kind: 'chunk' | 'node', hash: Uint8Array): Uint8Array {
  const out = new Uint8Array(cidBytes);
  out.set([1, kind === 'chunk' ? rawCodec : dagPbCodec, sha256Code, hashBytes]);
  out.set(hash, 4);
  return out;
}

/** The id of the file whose root has that hash: CIDv1 in base32 (`bafkrei…` for one chunk, `bafybei…` for more). */
export function fileIdOf(kind: 'chunk' | 'node', hash: Uint8Array): FileId {
  const codec = kind === 'chunk' ? rawCodec : dagPbCodec;
  return CID.createV1(codec, digest.create(sha256Code, hash)).toString() as FileId;
}

/** Reads a file's id. Refused with `bad-file-id` when the text is no CID of this profile in its usual form. */
export function parseFileId(text: string): Result<FileId> {
  const refusal = refuse('bad-file-id', 'This is not the id of a PeerPrint file.');
  if (text.length !== fileIdChars) return refusal;
  let cid: CID;
  try {
    cid = CID.parse(text);
  } catch (error) {
    return refuse('bad-file-id', `This is not the id of a PeerPrint file: ${messageOf(error)}`);
  }
  const fits =
    cid.version === 1 &&
    (cid.code === rawCodec || cid.code === dagPbCodec) &&
    cid.multihash.code === sha256Code &&
    cid.multihash.size === hashBytes &&
    cid.toString() === text;
  return fits ? ok(text as FileId) : refusal;
}
