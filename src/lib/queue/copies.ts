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

/** The set when the copy of that number is to be made again, unless another print holds it by now. */
export function withAgain(tables: Pick<Tables, 'prints'>, set: JobSet, copy: number): JobSet {
  const isHeld = set.active.some((id) => tables.prints.get(id)?.copy === copy);
  if (isHeld || copy >= set.nextCopy || set.again.includes(copy)) return set;
  return { ...set, again: [...set.again, copy].sort((a, b) => a - b) };
}

/** The set when the copy of that number has come out after all. */
export function withoutAgain(set: JobSet, copy: number): JobSet {
  return { ...set, again: withoutNumber(set.again, copy) };
}

function withoutNumber(numbers: readonly number[], gone: number): readonly number[] {
  return numbers.includes(gone) ? numbers.filter((each) => each !== gone) : numbers;
}
