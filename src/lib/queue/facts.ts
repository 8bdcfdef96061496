import * as v from 'valibot';
import { nameCharsMax, reasonCharsMax } from './limits.ts';

/**
 * What the replicated state says of failures and ends: codes and data that every replica computes alike. No sentence is
 * among them, because a reworded sentence would be another state; the room `words` makes them where a person reads.
 */

const nameOf = v.pipe(v.string(), v.maxLength(nameCharsMax));
/** What somebody wrote, word for word: a person, or the printer program of the peer that held the print. */
const spoken = v.pipe(v.string(), v.minLength(1), v.maxLength(reasonCharsMax));

/** Why a print ended as it did: what its holder reported, what a person wrote, or the rule that decided. */
export const reasonSchema = v.variant('by', [
  v.strictObject({ by: v.literal('holder'), text: spoken }),
  v.strictObject({ by: v.literal('person'), text: spoken }),
  /** `contact-lost`: its holder was not heard of for longer than the owner's rule allows. */
  v.strictObject({ by: v.literal('rule'), code: v.literal('contact-lost') }),
]);
export type Reason = v.InferOutput<typeof reasonSchema>;

/** What is known of the failure that decided: names as they were then. */
const last = { lastReason: v.exactOptional(reasonSchema) };

/**
 * Why no copy of a set is given out until a person says so. `failed-on-printers`: on so many different ones;
 * `failed-often`: so many times.
 */
export const quarantineSchema = v.variant('code', [
  v.strictObject({
    code: v.literal('failed-on-printers'),
    printers: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
    lastPrinter: v.exactOptional(nameOf),
    ...last,
  }),
  v.strictObject({
    code: v.literal('failed-often'),
    failures: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
    lastPrinter: v.exactOptional(nameOf),
    ...last,
  }),
]);
export type Quarantine = v.InferOutput<typeof quarantineSchema>;

/** Why a printer takes no work until a person says so: so many different sets failed on it in a row. */
export const stopSchema = v.strictObject({
  code: v.literal('sets-failed'),
  sets: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  lastFile: v.exactOptional(nameOf),
  ...last,
});
export type Stop = v.InferOutput<typeof stopSchema>;

/**
 * Why a printer cannot print a file, by its own limits: it says nothing of other printers. `too-hot`: hotter than it may
 * become; `beyond-the-machine`: larger than it is, or out of its reach. The text is its host's, which names line and limit.
 */
export const unfitSchema = v.strictObject({
  code: v.picklist(['too-hot', 'beyond-the-machine']),
  text: spoken,
});
export type Unfit = v.InferOutput<typeof unfitSchema>;

/** Why a copy is given back before its first line: a person's no at the printer, or the printer's own limits. */
export const returnSchema = v.union([v.strictObject({ code: v.literal('cancelled') }), unfitSchema]);
export type Return = v.InferOutput<typeof returnSchema>;

/** A reason in somebody's own words; undefined when nothing was written. */
export function wordsOf(by: 'holder' | 'person', text: string | undefined): Reason | undefined {
  return text === undefined || text === '' ? undefined : { by, text };
}
