import type { JobId } from '../base/ids.ts';

/** Where a job should go: right after another, or to the front. */
export interface Move {
  readonly job: JobId;
  readonly after: JobId | null;
}

/** The list as it will be once the moves are committed. A move that names a job that is gone changes nothing. */
export function arranged<T extends { readonly job: JobId }>(
  jobs: readonly T[],
  moves: readonly Move[],
): readonly T[] {
  let list = [...jobs];
  for (const move of moves) {
    const moved = list.find((item) => item.job === move.job);
    if (moved === undefined || move.after === move.job) continue;
    const rest = list.filter((item) => item !== moved);
    const at = move.after === null ? 0 : rest.findIndex((item) => item.job === move.after) + 1;
    if (at === 0 && move.after !== null) continue;
    rest.splice(at, 0, moved);
    list = rest;
  }
  return list;
}

/** The move that brings the job at `from` to position `to`, or undefined when it stands there already. */
export function moveTo(jobs: readonly { readonly job: JobId }[], from: number, to: number): Move | undefined {
  const moved = jobs[from];
  const target = Math.min(jobs.length - 1, Math.max(0, to));
  if (moved === undefined || target === from) return undefined;
  const rest = jobs.filter((item) => item !== moved);
  return { job: moved.job, after: rest[target - 1]?.job ?? null };
}
