/** Milliseconds for which a worker may go on after its last tab was reported closed. */
const lingersMs = 1_000;

/**
 * The longest time without a commit around the loss of a leader, in milliseconds; undefined until a command that was given after it is committed.
 * A leader that closes still answers for a moment, and answers are still under way from one that was killed: so not the first commit after the loss
 * counts, but the longest pause up to the first commit that surely is a successor's.
 * @param commits of each committed command, when it was given and when its caller was told, in any order
 * @param fromMs when the leader began to go
 * @param goneMs when it was gone
 */
export function longestSilence(
  commits: readonly (readonly number[])[],
  fromMs: number,
  goneMs: number,
): number | undefined {
  const successors = commits.filter(([given = 0]) => given > goneMs + lingersMs);
  if (successors.length === 0) return undefined;
  const first = Math.min(...successors.map(([, told = 0]) => told));
  let longest = 0;
  let last = fromMs;
  const told = commits.map(([, at = 0]) => at).filter((at) => at > fromMs && at <= first);
  for (const at of told.sort((a, b) => a - b)) {
    longest = Math.max(longest, at - last);
    last = at;
  }
  return longest;
}
