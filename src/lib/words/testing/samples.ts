import type * as v from 'valibot';

/** A schema as far as samples look into it. */
interface Looked {
  readonly type: string;
  readonly literal?: unknown;
  readonly options?: readonly unknown[];
  readonly entries?: Readonly<Record<string, unknown>>;
  readonly wrapped?: unknown;
}

/**
 * Values of a shape, for tests that must meet every code: each choice of a picklist, each variant, each optional field present and
 * absent, at least once. Texts and numbers are samples.
 */
export function samplesOf<Schema extends v.GenericSchema>(schema: Schema): readonly v.InferOutput<Schema>[] {
  return look(schema) as readonly v.InferOutput<Schema>[];
}

function look(schema: unknown): readonly unknown[] {
  const { type, literal, options = [], entries = {}, wrapped } = schema as Looked;
  switch (type) {
    case 'literal':
      return [literal];
    case 'picklist':
      return options;
    case 'variant':
      return options.flatMap(look);
    case 'exact_optional':
      return [undefined, ...look(wrapped)];
    case 'strict_object':
      return together(Object.entries(entries).map(([key, entry]) => [key, look(entry)] as const));
    case 'boolean':
      return [false, true];
    case 'number':
      return [2];
    case 'string':
    case 'custom':
      return ['Ünit 7'];
    default:
      throw new Error(`samples know no ${type}`);
  }
}

/** As many objects as the field with most choices has; what is undefined is left out. */
function together(fields: readonly (readonly [string, readonly unknown[]])[]): readonly unknown[] {
  const most = Math.max(1, ...fields.map(([, choices]) => choices.length));
  return Array.from({ length: most }, (_, at) =>
    Object.fromEntries(
      fields
        .map(([key, choices]) => [key, choices[at % choices.length]] as const)
        .filter(([, value]) => value !== undefined),
    ),
  );
}
