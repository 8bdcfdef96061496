import type { JobSet, Print } from './state.ts';
import type { Tables } from './tables.ts';

/** Which copy of its set a print is: a number that is given with the claim. Copies that did not come out are made again under their old numbers. */

/** The set with one more print that holds a copy, under the number that `nextCopyOf` gave. */
export function withClaimed(set: JobSet, print: Pick<Print, 'id' | 'copy'>): JobSet {
  const { again, nextCopy } = set;
  return {
    ...set,
    active: [...set.active, print.id],
    nextCopy: Math.max(nextCopy, print.copy + 1),
    again: withoutNumber(again, print.copy),
  };
}

/** The set when the copy of that number is to be made again, unless another print holds it by now or a person said no to it. */
export function withAgain(tables: Pick<Tables, 'prints'>, set: JobSet, copy: number): JobSet {
  if (isElsewhere(tables, set, copy) || set.again.includes(copy) || set.onHold.includes(copy)) return set;
  return { ...set, again: withNumber(set.again, copy) };
}

/** The set when a person said no to the copy of that number: it waits for a person, unless another print holds it by now. */
export function withOnHold(tables: Pick<Tables, 'prints'>, set: JobSet, copy: number): JobSet {
  if (isElsewhere(tables, set, copy) || set.onHold.includes(copy)) return set;
  return { ...set, again: withoutNumber(set.again, copy), onHold: withNumber(set.onHold, copy) };
}

/** The set when the copy of that number has come out after all. */
export function withMade(set: JobSet, copy: number): JobSet {
  return { ...set, again: withoutNumber(set.again, copy), onHold: withoutNumber(set.onHold, copy) };
}

/** The set when a person has decided about that copy, which is on hold. */
export function withDecided(set: JobSet, copy: number, verdict: 'print-again' | 'take-off'): JobSet {
  const onHold = withoutNumber(set.onHold, copy);
  return verdict === 'print-again'
    ? { ...set, onHold, again: withNumber(set.again, copy) }
    : { ...set, onHold, takenOff: set.takenOff + 1 };
}

/**
 * The set with no more copies on hold than are missing: nobody is asked about copies that are not wanted any more. Their numbers
 * are given to no other copy, because a person said no to them.
 */
export function withHoldsWanted(set: JobSet, remaining: number): JobSet {
  return set.onHold.length <= remaining ? set : { ...set, onHold: set.onHold.slice(0, remaining) };
}

/** Whether a print holds that copy, or its number was never given. */
function isElsewhere(tables: Pick<Tables, 'prints'>, set: JobSet, copy: number): boolean {
  return copy >= set.nextCopy || set.active.some((id) => tables.prints.get(id)?.copy === copy);
}

function withNumber(numbers: readonly number[], copy: number): readonly number[] {
  return [...numbers, copy].sort((a, b) => a - b);
}

function withoutNumber(numbers: readonly number[], gone: number): readonly number[] {
  return numbers.includes(gone) ? numbers.filter((each) => each !== gone) : numbers;
}
