import { ed25519 } from '@noble/curves/ed25519.js';
import { base58btc } from 'multiformats/bases/base58';
import type { Bytes } from './bytes.ts';
import type { PeerId } from './ids.ts';

/** Bytes of a private seed and of a public key. */
export const keyBytes = 32;
export const signatureBytes = 64;

/**
 * What stands before the key in a PeerId of an Ed25519 key: identity multihash (0x00) of 36 bytes, holding the
 * protobuf {1: key type Ed25519, 2: 32 bytes} (libp2p peer-ids specification).
 */
const peerIdHead = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20);

/** Signs with the private seed (RFC 8032). Equal input gives equal signatures. */
export function sign(seed: Uint8Array, bytes: Uint8Array): Bytes {
  return ed25519.sign(bytes, seed) as Bytes;
}

/**
 * Whether the signature is the key's. Strict RFC 8032 (no ZIP-215 leniency), so that every replica of every
 * build gives the same verdict. Malformed keys and signatures are simply false.
 */
export function verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== keyBytes || signature.length !== signatureBytes) return false;
  return ed25519.verify(signature, bytes, publicKey, { zip215: false });
}

export function publicKeyOf(seed: Uint8Array): Bytes {
  return ed25519.getPublicKey(seed) as Bytes;
}

export function peerIdOf(publicKey: Uint8Array): PeerId {
  const bytes = new Uint8Array(peerIdHead.length + keyBytes);
  bytes.set(peerIdHead);
  bytes.set(publicKey, peerIdHead.length);
  return base58btc.baseEncode(bytes) as PeerId;
}

/** The key that a PeerId names, or undefined when the text is no PeerId of an Ed25519 key. */
export function publicKeyFromPeerId(peer: string): Bytes | undefined {
  // 38 bytes are at most 52 digits of base 58; longer texts are not worth decoding.
  if (peer.length > 64) return undefined;
  let bytes: Uint8Array;
  try {
    bytes = base58btc.baseDecode(peer);
  } catch {
    return undefined;
  }
  if (bytes.length !== peerIdHead.length + keyBytes) return undefined;
  if (peerIdHead.some((byte, i) => bytes[i] !== byte)) return undefined;
  return bytes.slice(peerIdHead.length) as Bytes;
}
