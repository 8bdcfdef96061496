import { blake3 } from '@noble/hashes/blake3.js';
import { type Bytes, concat, hex, sha256, utf8 } from '../../base/index.ts';

/**
 * Where a leader tells news: a key of its own making, given only to members who ask to listen, and a number, because a room is split into topics of a
 * few dozen. Gossip passes through hands that nobody chose: who has not the key can neither name the topic nor read what is told there.
 */
export interface NewsRoom {
  readonly key: Bytes;
  readonly number: number;
}

export const roomKeyBytes = 32;
const nonceBytes = 24;
const topicLabel = utf8('peerprint/topic/1\n');

/** Name of the room's topic: says nothing of queue or key. */
export function topicOf({ key, number }: NewsRoom): string {
  return `peerprint/listen/1/${hex(sha256(concat(topicLabel, key)).subarray(0, 16))}/${number}`;
}

/**
 * Seals what is told in a room: a nonce, then the words XORed with BLAKE3's keyed output over it (an XOF, which makes a stream cipher). Who made the words
 * is for their signature to say, inside.
 * @param nonce 24 random bytes, never used again with this key
 */
export function seal(key: Uint8Array, nonce: Uint8Array, words: Uint8Array): Bytes {
  return concat(nonce, mixed(key, nonce, words));
}

/** What was sealed; nonsense when it was sealed with another key. Undefined when there is nothing in it. */
export function unseal(key: Uint8Array, sealed: Uint8Array): Bytes | undefined {
  if (sealed.length <= nonceBytes) return undefined;
  return mixed(key, sealed.subarray(0, nonceBytes), sealed.subarray(nonceBytes));
}

/** Bytes of chance that `seal` wants. */
export const sealNonceBytes = nonceBytes;

function mixed(key: Uint8Array, nonce: Uint8Array, words: Uint8Array): Bytes {
  const stream = blake3(nonce, { key, dkLen: words.length });
  const mixed = new Uint8Array(words.length);
  for (let i = 0; i < words.length; i++) mixed[i] = (words[i] ?? 0) ^ (stream[i] ?? 0);
  return mixed;
}
