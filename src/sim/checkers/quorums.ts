import type { ConfState } from '../../lib/raft/index.ts';

/** True if these members include a majority of each half. Counted here again, so that a wrong count in the core shows. */
export function isQuorum(confState: ConfState, has: (id: number) => boolean): boolean {
  return isMajority(confState.voters, has) && isMajority(confState.votersOutgoing, has);
}

function isMajority(voters: readonly number[], has: (id: number) => boolean): boolean {
  if (voters.length === 0) return true;
  let count = 0;
  for (const id of voters) if (has(id)) count++;
  return count * 2 > voters.length;
}
