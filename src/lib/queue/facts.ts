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

/** A reason in somebody's own words; undefined when nothing was written. */
export function wordsOf(by: 'holder' | 'person', text: string | undefined): Reason | undefined {
  return text === undefined || text === '' ? undefined : { by, text };
}
