import * as dagCbor from '@ipld/dag-cbor';
import * as v from 'valibot';
import { NotCanonical, readCanonical } from './cbor.ts';
import type { Bytes } from './bytes.ts';
import { type Result, type UnfitRefusal, ok } from './result.ts';

/**
 * Canonical dag-cbor bytes: the form of everything that is hashed, signed or sent. A text is written as its well-formed
 * characters: half of a surrogate pair becomes U+FFFD, as everywhere in UTF-8. −0 becomes 0. Throws on values that have no such form
 * (undefined, NaN, infinite numbers).
 */
export function encode(value: unknown): Bytes {
  // In Node the encoder hands out a Buffer, whose `slice` shares memory; everyone here counts on plain bytes.
  return new Uint8Array(dagCbor.encode(value));
}

/** Reads canonical dag-cbor without a shape. Throws `NotCanonical` on everything that does not encode to the very same bytes. */
export function decode(bytes: Uint8Array): unknown {
  return readCanonical(bytes);
}

/**
 * Reads bytes from outside: at most `bytesMax` long, canonical dag-cbor (see `readCanonical`), of the given
 * shape. Equal values have equal bytes, so what was read can be hashed, compared and sent on as it came.
 * Codes: `too-large`, `malformed`.
 */
export function parse<Schema extends v.GenericSchema>(
  schema: Schema,
  bytes: Uint8Array,
  bytesMax: number,
): Result<v.InferOutput<Schema>, UnfitRefusal> {
  if (bytes.length > bytesMax) {
    const text = `A message of ${bytes.length} bytes is larger than the limit of ${bytesMax}.`;
    return { ok: false, refusal: { code: 'too-large', text, bytes: bytes.length, bytesMax } };
  }
  let value: unknown;
  try {
    value = readCanonical(bytes);
  } catch (error) {
    if (!(error instanceof NotCanonical)) throw error;
    return malformed('The bytes are not a message of this protocol.', undefined);
  }
  return shape(schema, value);
}

/** Checks a decoded value against a shape. */
export function shape<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
): Result<v.InferOutput<Schema>, UnfitRefusal> {
  const parsed = v.safeParse(schema, value, { abortEarly: true });
  if (parsed.success) return ok(parsed.output);
  const issue = parsed.issues[0];
  const where = v.getDotPath(issue);
  return malformed(where === null ? issue.message : `${where}: ${issue.message}`, where ?? '');
}

function malformed(text: string, field: string | undefined): Result<never, UnfitRefusal> {
  return { ok: false, refusal: { code: 'malformed', text, field } };
}
