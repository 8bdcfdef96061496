import { CID } from 'multiformats/cid';
import { create as createDigest } from 'multiformats/hashes/digest';
import * as v from 'valibot';
import type { Bytes, PeerId, QueueId, Result } from '../base/index.ts';
import {
  concat,
  encode,
  equalBytes,
  keyBytes,
  ok,
  parse,
  peerIdOf,
  publicKeyOf,
  sha256,
  sign,
  signatureBytes,
  utf8,
  verify,
} from '../base/index.ts';
import {
  counterMax,
  genesisBytesMax,
  nameCharsMax,
  rulesNumberMax,
  rulesVersionMax,
  wallMsMax,
} from './limits.ts';
import type { QueueRefusal } from './refusals.ts';
import { unfit } from './refusals.ts';
import { settingsChangeSchema } from './settings.ts';

/** Stands before the genesis bytes when they are signed, so that no other signature can be taken for one. */
const domain = utf8('peerprint/genesis/1\n');

const dagCborCode = 0x71;
const sha256Code = 0x12;

function bytesSchema(length: number) {
  return v.custom<Bytes>((x) => x instanceof Uint8Array && x.length === length);
}

const nameSchema = v.pipe(v.string(), v.maxLength(nameCharsMax), v.regex(/\S/));

export const genesisSchema = v.strictObject({
  v: v.literal(1),
  /** Rules version that the queue begins with. */
  rules: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(rulesNumberMax)),
  name: nameSchema,
  owner: bytesSchema(keyBytes),
  ownerName: nameSchema,
  /** Wall-clock time of the owner: for display only. */
  createdMs: v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(wallMsMax)),
  nonce: bytesSchema(16),
  /** Where its peers look for each other until somebody is removed; not to be guessed from the id. */
  rendezvous: bytesSchema(16),
  lan: v.boolean(),
  /** Of the owner's first replica, whose replica id is 1. */
  incarnation: bytesSchema(16),
  settings: v.exactOptional(settingsChangeSchema),
  /** The queue that this one goes on from, whose peers were lost, and the log index of the copy. */
  continues: v.exactOptional(
    v.strictObject({
      queue: bytesSchema(32),
      index: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(counterMax)),
    }),
  ),
});
export type Genesis = v.InferOutput<typeof genesisSchema>;

export const signedGenesisSchema = v.strictTuple([
  v.custom<Bytes>((x) => x instanceof Uint8Array),
  bytesSchema(signatureBytes),
]);

export interface OpenedGenesis {
  readonly genesis: Genesis;
  readonly owner: PeerId;
  readonly id: QueueId;
  /** The queue that this one goes on from. */
  readonly continues: QueueId | undefined;
  /** SHA-256 of the signed genesis: what commands name as their queue. */
  readonly digest: Bytes;
  readonly bytes: Bytes;
}

/** Makes the signed genesis of a queue whose owner's key is `seed`. */
export function signGenesis(seed: Uint8Array, genesis: Omit<Genesis, 'v' | 'rules' | 'owner'>): Bytes {
  const bytes = encode({ ...genesis, v: 1, rules: rulesVersionMax, owner: publicKeyOf(seed) });
  // Copied: in Node the encoder may hand out a Buffer, whose `slice` shares its memory.
  return new Uint8Array(encode([bytes, sign(seed, concat(domain, bytes))]));
}

/** The genesis opened last: every snapshot of a queue brings it along again, and checking it is the slowest part of reading one. */
let lastOpened: OpenedGenesis | undefined;

/** Reads and checks a signed genesis. Codes: `too-large`, `malformed`, `bad-signature`, `rules-version`. */
export function openGenesis(signed: Uint8Array): Result<OpenedGenesis, QueueRefusal> {
  if (lastOpened !== undefined && equalBytes(lastOpened.bytes, signed)) return ok(lastOpened);
  const opened = checkGenesis(signed);
  if (opened.ok) lastOpened = opened.value;
  return opened;
}

function checkGenesis(signed: Uint8Array): Result<OpenedGenesis, QueueRefusal> {
  const outer = parse(signedGenesisSchema, signed, genesisBytesMax);
  if (!outer.ok) return { ok: false, refusal: unfit(outer.refusal) };
  const [bytes, signature] = outer.value;
  const inner = parse(genesisSchema, bytes, genesisBytesMax);
  if (!inner.ok) return { ok: false, refusal: unfit(inner.refusal) };
  const genesis = inner.value;
  if (genesis.rules > rulesVersionMax) {
    return { ok: false, refusal: { code: 'rules-version', of: 'queue' } };
  }
  if (!verify(genesis.owner, concat(domain, bytes), signature)) {
    return { ok: false, refusal: { code: 'bad-signature', of: 'genesis' } };
  }
  const digest = sha256(signed);
  return ok({
    genesis,
    owner: peerIdOf(genesis.owner),
    id: queueIdOfDigest(digest),
    continues: genesis.continues === undefined ? undefined : queueIdOfDigest(genesis.continues.queue),
    digest,
    bytes: new Uint8Array(signed),
  });
}

/** The queue's id: CIDv1, dag-cbor, sha2-256, of the signed genesis bytes. */
export function queueIdOf(signedGenesis: Uint8Array): QueueId {
  return queueIdOfDigest(sha256(signedGenesis));
}

export function queueIdOfDigest(digest: Uint8Array): QueueId {
  return CID.createV1(dagCborCode, createDigest(sha256Code, digest)).toString() as unknown as QueueId;
}

/** The digest that a queue's id names, or undefined when the text is no queue id. */
export function digestOfQueueId(id: string): Bytes | undefined {
  if (id.length > 80) return undefined;
  let cid: CID;
  try {
    cid = CID.parse(id);
  } catch {
    return undefined;
  }
  if (cid.version !== 1 || cid.code !== dagCborCode || cid.multihash.code !== sha256Code) return undefined;
  if (cid.multihash.digest.length !== 32 || cid.toString() !== id) return undefined;
  return new Uint8Array(cid.multihash.digest);
}
