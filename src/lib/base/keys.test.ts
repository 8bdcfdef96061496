import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { expect, test } from 'vitest';
import {
  fromHex,
  hex,
  must,
  peerIdOf,
  publicKeyFromPeerId,
  publicKeyOf,
  sign,
  utf8,
  verify,
} from './index.ts';

const seed = new Uint8Array(32).fill(7);

test('a PeerId is the one that libp2p gives the same key', async () => {
  const theirs = peerIdFromPrivateKey(await generateKeyPairFromSeed('Ed25519', seed)).toString();
  expect(peerIdOf(publicKeyOf(seed))).toBe(theirs);
  expect(publicKeyFromPeerId(theirs)).toEqual(publicKeyOf(seed));
});

test('texts that are no PeerId of an Ed25519 key are undefined, not an exception', () => {
  for (const text of ['', 'x', '0OIl', 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG', 'a'.repeat(500)]) {
    expect(publicKeyFromPeerId(text)).toBeUndefined();
  }
});

test('the first vector of RFC 8032 holds', () => {
  const secret = must(fromHex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'), 'vector');
  expect(hex(publicKeyOf(secret))).toBe('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a');
  expect(hex(sign(secret, new Uint8Array())).startsWith('e5564300c360ac729086e2cc806e828a')).toBe(true);
});

test('a signature holds for its own bytes and key only', () => {
  const signature = sign(seed, utf8('print two'));
  expect(verify(publicKeyOf(seed), utf8('print two'), signature)).toBe(true);
  expect(verify(publicKeyOf(seed), utf8('print ten'), signature)).toBe(false);
  expect(verify(publicKeyOf(new Uint8Array(32)), utf8('print two'), signature)).toBe(false);
  expect(verify(new Uint8Array(3), utf8('print two'), signature)).toBe(false);
  expect(verify(publicKeyOf(seed), utf8('print two'), new Uint8Array(64).fill(255))).toBe(false);
});
