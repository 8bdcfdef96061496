import * as v from 'valibot';
import {
  type Bytes,
  type PeerId,
  type Result,
  concat,
  encode,
  keyBytes,
  parse,
  peerIdOf,
  refuse,
  sign,
  signatureBytes,
  utf8,
  verify,
} from '../../base/index.ts';
import type { Identity } from '../identity.ts';

/** Words that go through others' hands, with the name of the peer that signed them. */
export interface Signed<Words> {
  readonly by: PeerId;
  readonly words: Words;
}

const bytes = v.custom<Bytes>((x) => x instanceof Uint8Array, 'must be bytes');
const sized = (length: number) =>
  v.custom<Bytes>((x) => x instanceof Uint8Array && x.length === length, `must be ${length} bytes`);
export const signedWordsShape = v.strictObject({
  v: v.literal(1),
  b: bytes,
  k: sized(keyBytes),
  s: sized(signatureBytes),
});

/** @param label stands before what is signed, so that the signature is good for nothing else */
export function signWords(
  label: string,
  { seed, publicKey }: Pick<Identity, 'seed' | 'publicKey'>,
  words: Parameters<typeof encode>[0],
): Bytes {
  const b = encode(words);
  return encode({ v: 1, b, k: publicKey, s: sign(seed, concat(utf8(label), b)) });
}

/** Reads them and checks the signature. Whether the signer may say so is for the reader to decide. Codes: those of `parse`, `bad-signature`. */
export function openWords<Shape extends v.GenericSchema>(
  label: string,
  shape: Shape,
  wire: Uint8Array,
  bytesMax: number,
): Result<Signed<v.InferOutput<Shape>>> {
  const outer = parse(signedWordsShape, wire, bytesMax);
  if (!outer.ok) return outer;
  const { b, k, s } = outer.value;
  if (!verify(k, concat(utf8(label), b), s))
    return refuse('bad-signature', 'The signature of these words does not fit.');
  const inner = parse(shape, b, bytesMax);
  return inner.ok ? { ok: true, value: { by: peerIdOf(k), words: inner.value } } : inner;
}
