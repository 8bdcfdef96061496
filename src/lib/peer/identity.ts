import * as v from 'valibot';
import {
  type Bytes,
  type Clock,
  type PeerId,
  type Random,
  RefusalError,
  concat,
  encode,
  keyBytes,
  parse,
  peerIdOf,
  publicKeyOf,
} from '../base/index.ts';
import type { Store } from '../storage/port.ts';

/** Who this browser profile is. Made once, kept in the same database as the logs, so that they vanish together. */
export interface Identity {
  readonly peer: PeerId;
  readonly seed: Bytes;
  readonly publicKey: Bytes;
  readonly name: string;
}

const recordKey = 'self';
const recordBytesMax = 1024;
export const peerNameCharsMax = 60;

export const identitySchema = v.strictObject({
  v: v.literal(1),
  seed: v.pipe(
    v.instance(Uint8Array),
    v.check((bytes) => bytes.length === keyBytes, 'must be a key'),
  ),
  name: v.pipe(v.string(), v.maxLength(peerNameCharsMax)),
  createdWallMs: v.number(),
});

/** Reads the identity, or makes one. The caller holds the profile's lock, so that it is never made twice. */
export async function openIdentity(
  store: Store,
  random: Random,
  clock: Clock,
  defaultName: string,
): Promise<Identity> {
  const stored = await store.get('identity', recordKey);
  if (stored !== undefined) {
    const parsed = parse(identitySchema, stored, recordBytesMax);
    if (!parsed.ok) {
      throw new RefusalError({
        code: 'identity-damaged',
        text: 'The key of this browser cannot be read. Clear this site’s data and join your queues again as a new peer.',
      });
    }
    return identityOf(parsed.value.seed as Bytes, parsed.value.name);
  }
  const identity = identityOf(random.bytes(keyBytes), defaultName.slice(0, peerNameCharsMax));
  await saveIdentity(store, identity, clock.wallMs());
  return identity;
}

/** Writes the identity with its present name. */
export async function saveIdentity(store: Store, identity: Identity, wallMs: number): Promise<void> {
  const record = { v: 1, seed: identity.seed, name: identity.name, createdWallMs: Math.floor(wallMs) };
  await store.put('identity', recordKey, encode(record));
}

/** The key in libp2p's form: protobuf {1: Ed25519, 2: seed and public key}. */
export function libp2pPrivateKey(identity: Identity): Bytes {
  return concat(Uint8Array.of(0x08, 0x01, 0x12, 0x40), identity.seed, identity.publicKey);
}

function identityOf(seed: Bytes, name: string): Identity {
  const publicKey = publicKeyOf(seed);
  return { peer: peerIdOf(publicKey), seed, publicKey, name };
}
