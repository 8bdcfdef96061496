import { sha256 as digest } from '@noble/hashes/sha2.js';
import type { Bytes } from './bytes.ts';

/** SHA-256, at once and everywhere: `crypto.subtle` is asynchronous and missing on insecure pages. */
export function sha256(bytes: Uint8Array): Bytes {
  return digest(bytes) as Bytes;
}
