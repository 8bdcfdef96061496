import type { Strategy } from './types.ts';

/** One waiting set, with all that its place among others depends on. Never changes: a new place is a new entry. */
export interface Waiting {
  readonly set: string;
  readonly job: string;
  readonly by: string;
  /** Place of its job in the list. */
  readonly label: number;
  /** Which run through the job's sets its next copy belongs to, from 0. */
  readonly run: number;
  /** Place of the set in its job. */
  readonly position: number;
  /** Estimated seconds of one copy; infinite when nobody knows. */
  readonly seconds: number;
  readonly createdMs: number;
}

/** As the list has it; inside a job run by run, so that (A×a, B×b) comes as AᵃBᵇAᵃBᵇ…. */
export function inOrder(a: Waiting, b: Waiting): number {
  return a.label - b.label || a.run - b.run || a.position - b.position || compareText(a.set, b.set);
}

export function shortestFirst(a: Waiting, b: Waiting): number {
  return compareNumbers(a.seconds, b.seconds) || inOrder(a, b);
}

export function longestWaiting(a: Waiting, b: Waiting): number {
  return a.createdMs - b.createdMs || inOrder(a, b);
}

/** Infinite ones are equal: their difference would be no number. */
function compareNumbers(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The order within one group of equal needs. */
export function compareBy(strategy: Strategy): (a: Waiting, b: Waiting) => number {
  return strategy === 'shortest-first' ? shortestFirst : inOrder;
}
