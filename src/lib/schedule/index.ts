/** Which printer may print what, which comes next, and why something waits. Advice: nothing here is replicated. */
export * from './agenda.ts';
export * from './alone.ts';
export { bedWord } from './bed-word.ts';
export type { Away, Choice, ChoiceOptions, Told } from './choice.ts';
export type * from './facts.ts';
export * from './match.ts';
export { unattendedMs } from './night.ts';
export { canonicalModel } from './models.ts';
export { Sorted } from './sorted.ts';
