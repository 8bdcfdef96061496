import * as v from 'valibot';
import type { FileId } from '../base/ids.ts';

/** What a person had filled in before adding a job, kept over a reload. The files are in the store already. */
export interface Draft {
  readonly name: string;
  readonly copies: number;
  readonly notes: string;
  readonly draft: boolean;
  readonly files: readonly {
    readonly file: FileId;
    readonly name: string;
    readonly sizeBytes: number;
    readonly count: number;
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
  files: v.array(
    v.object({
      file: v.pipe(
        v.string(),
        v.transform((text) => text as FileId),
      ),
      name: v.string(),
      sizeBytes: v.number(),
      count: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(copiesMax)),
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
