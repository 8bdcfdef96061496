import fc from 'fast-check';
import type * as v from 'valibot';
import { hex } from '../bytes.ts';
import { encode, parse } from '../codec.ts';
import { mutated } from './arbitrary.ts';
import { valueOf } from './shapes.ts';

/** Cases for each decoder. `FUZZ_RUNS` sets another number. */
export const fuzzRuns = Number(process.env['FUZZ_RUNS'] ?? 2_000);

/**
 * Tries a decoder: samples are taken and come out as they went in, changed samples and noise are refused by a value or taken, and what was taken
 * encodes again to the very same bytes. Throws what the decoder throws, or `Error` with the bytes at which that does not hold.
 * @param decode undefined for what it refuses
 */
export function fuzzDecoder<Value>(
  samples: fc.Arbitrary<Uint8Array>,
  decode: (bytes: Uint8Array<ArrayBuffer>) => Value | undefined,
  encodeAgain?: (value: Value) => Uint8Array,
  runs = fuzzRuns,
): void {
  const check = (bytes: Uint8Array<ArrayBuffer>, isSample: boolean): void => {
    const before = hex(bytes);
    const value = decode(bytes);
    if (hex(bytes) !== before) throw new Error(`the decoder changed what it read: ${before}`);
    if (value === undefined) {
      if (isSample) throw new Error(`a sample was refused: ${before}`);
      return;
    }
    if (encodeAgain === undefined) return;
    const again = hex(encodeAgain(value));
    if (again !== before) throw new Error(`taken, but it encodes to other bytes: ${before} gave ${again}`);
  };
  fc.assert(
    fc.property(samples, (bytes) => check(new Uint8Array(bytes), true)),
    { numRuns: Math.min(runs, 200) },
  );
  fc.assert(
    fc.property(mutated(samples), (bytes) => check(bytes, false)),
    { numRuns: runs },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => check(new Uint8Array(bytes), false)),
    { numRuns: Math.ceil(runs / 4) },
  );
}

/** Tries all that is parsed by a shape: see `fuzzDecoder`. */
export function fuzzShape(schema: v.GenericSchema, bytesMax: number, runs = fuzzRuns): void {
  fuzzDecoder(
    valueOf(schema).map(encode),
    (bytes) => {
      const parsed = parse(schema, bytes, bytesMax);
      return parsed.ok ? { value: parsed.value } : undefined;
    },
    ({ value }) => encode(value),
    runs,
  );
}

/** What a decoder with an answer of `Result` takes. */
export function taken<Value>(
  result: { readonly ok: true; readonly value: Value } | { readonly ok: false },
): Value | undefined {
  return result.ok ? result.value : undefined;
}
