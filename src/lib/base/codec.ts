import * as dagCbor from '@ipld/dag-cbor';
import * as v from 'valibot';
import type { Bytes } from './bytes.ts';
import { type Result, ok, refuse } from './result.ts';

/** Canonical dag-cbor bytes: the form of everything that is hashed, signed or sent. */
export function encode(value: unknown): Bytes {
  // In Node the encoder hands out a Buffer, whose `slice` shares memory; everyone here counts on plain bytes.
  return new Uint8Array(dagCbor.encode(value));
}

/** Reads trusted dag-cbor (our own storage under a checksum). Throws on malformed input. */
export function decode(bytes: Uint8Array): unknown {
  return dagCbor.decode(bytes);
}

/**
 * Reads bytes from outside: at most `bytesMax` long, well-formed dag-cbor, of the given shape. The decoder is
 * strict about canonical form, so equal values have equal bytes.
 */
export function parse<Schema extends v.GenericSchema>(
  schema: Schema,
  bytes: Uint8Array,
  bytesMax: number,
): Result<v.InferOutput<Schema>> {
  if (bytes.length > bytesMax) {
    return refuse('too-large', `A message of ${bytes.length} bytes is larger than the limit of ${bytesMax}.`);
  }
  let value: unknown;
  try {
    value = dagCbor.decode(bytes);
  } catch {
    return refuse('malformed', 'The bytes are not a message of this protocol.');
  }
  return shape(schema, value);
}

/** Checks a decoded value against a shape. */
export function shape<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
): Result<v.InferOutput<Schema>> {
  const parsed = v.safeParse(schema, value, { abortEarly: true });
  if (parsed.success) return ok(parsed.output);
  const issue = parsed.issues[0];
  const where = v.getDotPath(issue);
  return refuse('malformed', where === null ? issue.message : `${where}: ${issue.message}`);
}
