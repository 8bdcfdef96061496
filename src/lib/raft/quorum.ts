/**
 * Majorities, alone and joint. A majority is given by the sorted ids of its voters; a joint quorum by two of them,
 * and it agrees when both halves agree. An empty half agrees with everything.
 */

export type VoteResult = 'won' | 'pending' | 'lost';

/** Reused by every computation: consensus is synchronous, and clusters are small. */
const scratch: number[] = [];

/**
 * The highest index that a majority of the voters has acknowledged. `ackedOf` gives a voter's index, or
 * undefined if none is known. Infinity for no voters at all.
 */
export function majorityCommitted(
  voters: readonly number[],
  ackedOf: (id: number) => number | undefined,
): number {
  const count = voters.length;
  if (count === 0) return Infinity;
  // Insertion sort, largest first: faster than anything general for a handful of numbers.
  for (let i = 0; i < count; i++) {
    const acked = ackedOf(voters[i] ?? 0) ?? 0;
    let at = i;
    while (at > 0 && (scratch[at - 1] ?? 0) < acked) {
      scratch[at] = scratch[at - 1] ?? 0;
      at--;
    }
    scratch[at] = acked;
  }
  return scratch[count >> 1] ?? 0;
}

/** The highest index acknowledged by a majority of each half. */
export function jointCommitted(
  incoming: readonly number[],
  outgoing: readonly number[],
  ackedOf: (id: number) => number | undefined,
): number {
  const committed = majorityCommitted(incoming, ackedOf);
  return outgoing.length === 0 ? committed : Math.min(committed, majorityCommitted(outgoing, ackedOf));
}

/** The outcome of an election among the voters, as far as it can be known. */
export function majorityVote(
  voters: readonly number[],
  voteOf: (id: number) => boolean | undefined,
): VoteResult {
  if (voters.length === 0) return 'won';
  let granted = 0;
  let missing = 0;
  for (const id of voters) {
    const vote = voteOf(id);
    if (vote === undefined) missing++;
    else if (vote) granted++;
  }
  const quorum = (voters.length >> 1) + 1;
  if (granted >= quorum) return 'won';
  return granted + missing >= quorum ? 'pending' : 'lost';
}

/** Won if both halves are won, lost if one of them is lost. */
export function jointVote(
  incoming: readonly number[],
  outgoing: readonly number[],
  voteOf: (id: number) => boolean | undefined,
): VoteResult {
  const first = majorityVote(incoming, voteOf);
  const second = majorityVote(outgoing, voteOf);
  if (first === second) return first;
  if (first === 'lost' || second === 'lost') return 'lost';
  return 'pending';
}

/** All ids of the given sorted lists, sorted, each once. */
export function unionIds(...lists: readonly (readonly number[])[]): number[] {
  const ids = new Set<number>();
  for (const list of lists) for (const id of list) ids.add(id);
  return [...ids].sort((a, b) => a - b);
}
