import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import type { Bytes } from '../base/index.ts';

/** Bytes of a SHA-256 hash. */
export const hashBytes = 32;

/** SHA-256 at once, for the few and small inner nodes of a file's tree. */
export function sha256Now(bytes: Uint8Array): Bytes {
  return nobleSha256(bytes) as Bytes;
}

// Insecure pages have no `crypto.subtle`.
const subtle = (globalThis.crypto as Crypto | undefined)?.subtle as SubtleCrypto | undefined;

/** SHA-256 off this thread where the platform can. */
export async function sha256(bytes: Bytes): Promise<Bytes> {
  if (subtle === undefined) return sha256Now(bytes);
  return new Uint8Array(await subtle.digest('SHA-256', bytes));
}
