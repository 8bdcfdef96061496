import { type Bytes, type FileId, type Result, fromUtf8, ok, refuse, utf8 } from '../base/index.ts';
import { parseFileId } from './cid.ts';
import { hashBytes } from './hash.ts';
import { chunkBytes, chunksMax, fileBytesMax, nameBytesMax, requestsMax } from './limits.ts';

/**
 * Frames of `/peerprint/files/1.0.0`, one stream per file and holder. The first byte is the kind, numbers are little-endian.
 * They are laid out by hand rather than in dag-cbor, because chunks pass through at the full rate of the network.
 *
 *     asking side                                    answering side
 *     1 open      flags u8 (1: send the manifest) · file id, UTF-8
 *                                                    16 manifest  size f64 · name length u16 · name, UTF-8 · hashes 32 bytes each
 *                                                    17 ready     (manifest was not asked for)
 *                                                    18 refused   code, UTF-8; the stream ends
 *     2 want      index u32, one or more
 *                                                    19 chunk     index u32 · bytes
 *                                                    20 lacking   index u32
 */
export type Asking =
  | { readonly kind: 'open'; readonly id: FileId; readonly needManifest: boolean }
  | { readonly kind: 'want'; readonly indexes: readonly number[] };

export type RefusalCode = 'absent' | 'denied' | 'busy';

export type Answer =
  | { readonly kind: 'manifest'; readonly name: string; readonly size: number; readonly hashes: Bytes }
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly code: RefusalCode }
  | { readonly kind: 'chunk'; readonly index: number; readonly bytes: Bytes }
  | { readonly kind: 'lacking'; readonly index: number };

const kinds = { open: 1, want: 2, manifest: 16, ready: 17, refused: 18, chunk: 19, lacking: 20 } as const;
const refusalCodes: readonly RefusalCode[] = ['absent', 'denied', 'busy'];

const manifestHead = 1 + 8 + 2;
const chunkHead = 1 + 4;

export function encodeAsking(asking: Asking): Bytes {
  if (asking.kind === 'open') {
    const id = utf8(asking.id);
    const out = new Uint8Array(2 + id.length);
    out[0] = kinds.open;
    out[1] = asking.needManifest ? 1 : 0;
    out.set(id, 2);
    return out;
  }
  const out = new Uint8Array(1 + 4 * asking.indexes.length);
  out[0] = kinds.want;
  const view = new DataView(out.buffer);
  asking.indexes.forEach((index, at) => view.setUint32(1 + 4 * at, index, true));
  return out;
}

export function encodeAnswer(answer: Answer): Bytes {
  switch (answer.kind) {
    case 'manifest': {
      const name = utf8(answer.name);
      const out = new Uint8Array(manifestHead + name.length + answer.hashes.length);
      const view = new DataView(out.buffer);
      out[0] = kinds.manifest;
      view.setFloat64(1, answer.size, true);
      view.setUint16(9, name.length, true);
      out.set(name, manifestHead);
      out.set(answer.hashes, manifestHead + name.length);
      return out;
    }
    case 'ready':
      return Uint8Array.of(kinds.ready);
    case 'refused': {
      const code = utf8(answer.code);
      const out = new Uint8Array(1 + code.length);
      out[0] = kinds.refused;
      out.set(code, 1);
      return out;
    }
    case 'chunk': {
      const out = new Uint8Array(chunkHead + answer.bytes.length);
      out[0] = kinds.chunk;
      new DataView(out.buffer).setUint32(1, answer.index, true);
      out.set(answer.bytes, chunkHead);
      return out;
    }
    case 'lacking': {
      const out = new Uint8Array(chunkHead);
      out[0] = kinds.lacking;
      new DataView(out.buffer).setUint32(1, answer.index, true);
      return out;
    }
  }
}

/** Reads a frame of the asking side. Refused with `malformed`. */
export function parseAsking(frame: Bytes): Result<Asking> {
  const view = viewOf(frame);
  const [kind, flags = 0] = frame;
  if (kind === kinds.open && frame.length > 2 && flags <= 1) {
    const text = textOf(frame.subarray(2));
    const id = text === undefined ? malformed() : parseFileId(text);
    if (!id.ok) return id;
    return ok({ kind: 'open', id: id.value, needManifest: flags === 1 });
  }
  const count = (frame.length - 1) / 4;
  if (kind !== kinds.want || !Number.isInteger(count) || count < 1 || count > requestsMax) return malformed();
  const indexes = Array.from({ length: count }, (_, at) => view.getUint32(1 + 4 * at, true));
  return indexes.every((index) => index < chunksMax) ? ok({ kind: 'want', indexes }) : malformed();
}

/** Reads a frame of the answering side. Refused with `malformed`. What it says of the file is still to be verified. */
export function parseAnswer(frame: Bytes): Result<Answer> {
  const view = viewOf(frame);
  switch (frame[0]) {
    case kinds.manifest:
      return parseManifest(frame, view);
    case kinds.ready:
      return frame.length === 1 ? ok({ kind: 'ready' }) : malformed();
    case kinds.refused: {
      const text = textOf(frame.subarray(1));
      const code = refusalCodes.find((known) => known === text);
      return code === undefined ? malformed() : ok({ kind: 'refused', code });
    }
    case kinds.chunk: {
      if (frame.length < chunkHead || frame.length > chunkHead + chunkBytes) return malformed();
      return ok({ kind: 'chunk', index: view.getUint32(1, true), bytes: frame.slice(chunkHead) });
    }
    case kinds.lacking:
      return frame.length === chunkHead
        ? ok({ kind: 'lacking', index: view.getUint32(1, true) })
        : malformed();
    default:
      return malformed();
  }
}

function parseManifest(frame: Bytes, view: DataView): Result<Answer> {
  if (frame.length < manifestHead) return malformed();
  const size = view.getFloat64(1, true);
  const nameEnd = manifestHead + view.getUint16(9, true);
  if (nameEnd - manifestHead > nameBytesMax || nameEnd > frame.length) return malformed();
  const name = textOf(frame.subarray(manifestHead, nameEnd));
  const hashes = frame.slice(nameEnd);
  const fits =
    Number.isSafeInteger(size) &&
    !Object.is(size, -0) &&
    size >= 0 &&
    size <= fileBytesMax &&
    hashes.length % hashBytes === 0;
  if (name === undefined || !fits) return malformed();
  return ok({ kind: 'manifest', name, size, hashes });
}

function malformed(): ReturnType<typeof refuse> {
  return refuse('malformed', 'The bytes are no frame of the files protocol.');
}

function viewOf(frame: Bytes): DataView {
  return new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return fromUtf8(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
