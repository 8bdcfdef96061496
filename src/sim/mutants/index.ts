import { comingMutants } from './coming-and-going.ts';
import { countingMutants } from './counting.ts';
import { electionMutants } from './elections.ts';
import { diskMutants } from './failing-disks.ts';
import { leaseMutants } from './leases-and-fence.ts';
import { memberMutants } from './members-and-reads.ts';
import type { Mutant } from './mutant.ts';
import { countsMutants } from './what-counts.ts';
import { replicationMutants } from './replication.ts';
import { stateMutants } from './snapshots-and-state.ts';

export { applyEdit, loadMutant } from './load.ts';
export type { Edit, Mutant } from './mutant.ts';

/** Known bugs, to be put back one at a time: the simulator must find every one of them. */
export const mutants: readonly Mutant[] = [
  ...electionMutants,
  ...replicationMutants,
  ...memberMutants,
  ...stateMutants,
  ...leaseMutants,
  ...countingMutants,
  ...comingMutants,
  ...countsMutants,
  ...diskMutants,
];
