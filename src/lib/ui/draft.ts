import * as v from 'valibot';
import type { FileId } from '../base/ids.ts';
import type { Requirements } from '../peer/api.ts';

/** What a person had filled in before adding a job, kept over a reload. The files are in the store already. */
export interface Draft {
  readonly name: string;
  readonly copies: number;
  readonly notes: string;
  readonly draft: boolean;
  readonly keepTogether?: boolean | undefined;
  readonly dueWallMs?: number | undefined;
  readonly files: readonly {
    readonly file: FileId;
    readonly name: string;
    readonly sizeBytes: number;
    readonly count: number;
    readonly requirements?: Requirements | undefined;
  }[];
}

/** More copies of one job than anyone prints; a slip of the keyboard ends here. */
export const copiesMax = 999;
/** Characters of a job's name. */
export const jobNameMax = 120;

const schema = v.object({
  name: v.string(),
  copies: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(copiesMax)),
  notes: v.string(),
  draft: v.boolean(),
  keepTogether: v.optional(v.boolean()),
  dueWallMs: v.optional(v.number()),
  files: v.array(
    v.object({
      file: v.pipe(
        v.string(),
        v.transform((text) => text as FileId),
      ),
      name: v.string(),
      sizeBytes: v.number(),
      count: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(copiesMax)),
      requirements: v.optional(
        v.pipe(
          v.record(v.string(), v.unknown()),
          // The queue checks what is asked of it; here only a form is filled in again.
          v.transform((value) => value as Requirements),
        ),
      ),
    }),
  ),
});

export function writeDraft(draft: Draft): string {
  return JSON.stringify(draft);
}

/** The draft, or undefined for anything that is none: an older build may have written it. */
export function readDraft(text: string | undefined): Draft | undefined {
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const parsed = v.safeParse(schema, value);
  return parsed.success && parsed.output.files.length > 0 ? parsed.output : undefined;
}

/** A count that was typed: a whole number from 1 to `copiesMax`, whatever was there. */
export function countOf(value: number): number {
  return Number.isFinite(value) ? Math.min(copiesMax, Math.max(1, Math.round(value))) : 1;
}
