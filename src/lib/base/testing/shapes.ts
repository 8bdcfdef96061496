import fc from 'fast-check';
import * as v from 'valibot';
import { Fault } from '../assert.ts';
import { peerIdOf, publicKeyOf } from '../keys.ts';
import { bytesOf, hostileText, plainValue } from './arbitrary.ts';

/**
 * Values that a shape lets through, made from the shape itself: any (`valueOf`), and the largest and the smallest (`extremeOf`). So a new key or
 * another limit is tried without a word here. Shapes that this does not know fail loudly.
 */

/** Which end of what a shape lets through. `most`: largest numbers, longest texts and lists, every optional key. `least`: the other way. */
export type End = 'least' | 'most';

type Schema = v.GenericSchema;

/** Where a text, a list or bytes have no limit of their own: the message that carries them has one. */
const lengthWithoutLimit = 40;

/** What only a test of its own lets through: bytes of fixed lengths, ids, keys. The first that fits is taken. */
const candidates: readonly unknown[] = [
  new Uint8Array(16).fill(7),
  new Uint8Array(32).fill(9),
  new Uint8Array(64).fill(11),
  new Uint8Array(0),
  'x'.repeat(96),
  peerIdOf(publicKeyOf(new Uint8Array(32).fill(5))),
  'x',
];

/** The parts of a schema that valibot keeps, as far as they are looked at here. */
interface Parts {
  readonly type: string;
  readonly wrapped?: Schema;
  readonly item?: Schema;
  readonly items?: readonly Schema[];
  readonly entries?: Readonly<Record<string, Schema>>;
  readonly options?: readonly unknown[];
  readonly literal?: unknown;
  readonly pipe?: readonly { readonly kind: string; readonly type: string; readonly requirement?: unknown }[];
  readonly key?: Schema;
  readonly value?: Schema;
}

interface Limits {
  readonly least: number | undefined;
  readonly most: number | undefined;
  readonly whole: boolean;
}

function limitsOf({ pipe }: Parts): Limits {
  let least: number | undefined;
  let most: number | undefined;
  let whole = false;
  for (const action of pipe ?? []) {
    const at = typeof action.requirement === 'number' ? action.requirement : undefined;
    if (action.type === 'min_value' || action.type === 'min_length') least = at;
    if (action.type === 'max_value' || action.type === 'max_length') most = at;
    if (action.type === 'safe_integer' || action.type === 'integer') whole = true;
  }
  return { least, most, whole };
}

function fits(schema: Schema, value: unknown): boolean {
  return v.safeParse(schema, value).success;
}

function optionalInner(schema: Schema): Schema | undefined {
  const parts: Parts = schema;
  return parts.type === 'exact_optional' || parts.type === 'optional' ? parts.wrapped : undefined;
}

function mustPart<T>(part: T | undefined, schema: Schema): T {
  if (part === undefined) throw new Fault(`a shape of type ${schema.type} without its parts`);
  return part;
}

/** Any value of that shape. */
export function valueOf(schema: Schema): fc.Arbitrary<unknown> {
  return anyOf(schema).filter((value) => fits(schema, value));
}

function anyOf(schema: Schema): fc.Arbitrary<unknown> {
  const parts: Parts = schema;
  const limits = limitsOf(parts);
  switch (parts.type) {
    case 'string': {
      const length = Math.min(limits.most ?? lengthWithoutLimit, 200);
      const least = limits.least ?? 0;
      return hostileText(length).map((text) => (text.length < least || !fits(schema, text) ? 'x1' : text));
    }
    case 'number':
      return numberOf(limits);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'literal':
      return fc.constant(parts.literal);
    case 'picklist':
      return fc.constantFrom(...mustPart(parts.options, schema));
    case 'nullable':
      return fc.oneof(fc.constant(null), anyOf(mustPart(parts.wrapped, schema)));
    case 'array':
      return fc.array(anyOf(mustPart(parts.item, schema)), {
        minLength: limits.least ?? 0,
        maxLength: Math.min(limits.most ?? 4, Math.max(4, limits.least ?? 0)),
      });
    case 'tuple':
    case 'strict_tuple':
      return fc.tuple(...mustPart(parts.items, schema).map(anyOf));
    case 'strict_object':
    case 'object':
    case 'loose_object':
      return objectOf(mustPart(parts.entries, schema));
    case 'variant':
    case 'union':
      return fc.oneof(...mustPart(parts.options as readonly Schema[] | undefined, schema).map(anyOf));
    case 'record':
      return fc.dictionary(fc.string({ maxLength: 8 }), anyOf(mustPart(parts.value, schema)), { maxKeys: 3 });
    case 'unknown':
    case 'any':
      return plainValue();
    case 'custom':
    case 'instance': {
      const fitting = candidates.filter((value) => fits(schema, value));
      if (fitting.length === 0) throw new Fault('no candidate fits a shape with a test of its own');
      const bytes = fitting.some((value) => value instanceof Uint8Array && value.length === 0);
      return bytes ? fc.oneof(fc.constantFrom(...fitting), bytesOf(60)) : fc.constantFrom(...fitting);
    }
    default:
      throw new Fault(`shapes of type ${parts.type} are not known here`);
  }
}

function numberOf({ least, most, whole }: Limits): fc.Arbitrary<number> {
  const from = least ?? (whole ? -Number.MAX_SAFE_INTEGER : -1e300);
  const to = most ?? (whole ? Number.MAX_SAFE_INTEGER : 1e300);
  const ends = fc.constantFrom(from, to);
  const between = whole
    ? fc.oneof(
        fc.nat(99).map((step) => Math.max(from, -9) + step),
        fc.maxSafeInteger(),
      )
    : fc.double({ min: from, max: to, noNaN: true });
  return fc
    .oneof(ends, between)
    .map((value) => Math.min(Math.max(value, from), to))
    .map((value) => (value === 0 ? 0 : value));
}

function objectOf(entries: Readonly<Record<string, Schema>>): fc.Arbitrary<Record<string, unknown>> {
  const keys = Object.entries(entries).map(([key, schema]) => {
    const inner = optionalInner(schema);
    const there = anyOf(inner ?? schema).map((value): [string, unknown][] => [[key, value]]);
    return inner === undefined ? there : fc.oneof(fc.constant<[string, unknown][]>([]), there);
  });
  return fc.tuple(...keys).map((pairs) => Object.fromEntries(pairs.flat()));
}

/** The largest or smallest values of that shape, one for each choice that it leaves (kinds of a variant, items of a list of words). */
export function extremesOf(schema: Schema, end: End): readonly unknown[] {
  const parts: Parts = schema;
  const { least, most, whole } = limitsOf(parts);
  const at = end === 'most' ? most : least;
  const length = at ?? (end === 'most' ? lengthWithoutLimit : 0);
  switch (parts.type) {
    case 'string':
      // The widest character of one unit, a byte order mark in front; whatever a pattern asks for otherwise.
      return ['\uFEFF'.padEnd(length, '\uFFFD').slice(0, length), 'x'.repeat(length), 'x'].filter((text) =>
        fits(schema, text),
      );
    case 'number': {
      const bound = whole ? Number.MAX_SAFE_INTEGER : Number.MAX_VALUE;
      return [at ?? (end === 'most' ? bound : -bound)];
    }
    case 'boolean':
      return [end === 'most'];
    case 'null':
      return [null];
    case 'literal':
      return [parts.literal];
    case 'picklist':
      return mustPart(parts.options, schema);
    case 'nullable':
      return end === 'most' ? extremesOf(mustPart(parts.wrapped, schema), end) : [null];
    case 'array': {
      const [item] = extremesOf(mustPart(parts.item, schema), end);
      return [Array.from({ length: Math.min(length, most ?? 8) }, () => item)];
    }
    case 'tuple':
    case 'strict_tuple':
      return [mustPart(parts.items, schema).map((item) => extremesOf(item, end)[0])];
    case 'strict_object':
    case 'object':
    case 'loose_object':
      return objectExtremes(mustPart(parts.entries, schema), end);
    case 'variant':
    case 'union':
      return mustPart(parts.options as readonly Schema[] | undefined, schema).flatMap((option) =>
        extremesOf(option, end),
      );
    case 'custom':
    case 'instance': {
      const fitting = candidates.filter((value) => fits(schema, value));
      const [first] = fitting;
      return first === undefined ? [] : [end === 'most' ? first : (fitting.at(-1) ?? first)];
    }
    default:
      throw new Fault(`shapes of type ${parts.type} are not known here`);
  }
}

/** One object per alternative of its keys: as many as its key with most alternatives has, not all combinations. */
function objectExtremes(entries: Readonly<Record<string, Schema>>, end: End): readonly unknown[] {
  const keys = Object.entries(entries).flatMap(([key, schema]) => {
    const inner = optionalInner(schema);
    if (inner !== undefined && end === 'least') return [];
    return [{ key, values: extremesOf(inner ?? schema, end) }];
  });
  const rows = Math.max(1, ...keys.map(({ values }) => values.length));
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(keys.map(({ key, values }) => [key, values[row % values.length]])),
  );
}
