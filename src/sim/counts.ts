/** What happened in a world, in numbers. */
export interface Counts {
  /** Messages stepped into replicas: from the wire, and from their own storage. */
  steps: number;
  commits: number;
  elections: number;
  crashes: number;
  freezes: number;
  cuts: number;
  wipes: number;
  restores: number;
  torn: number;
  snapshots: number;
  listens: number;
  installs: number;
  changes: number;
  transfers: number;
  reads: number;
  writes: number;
}

export function noCounts(): Counts {
  return {
    steps: 0,
    commits: 0,
    elections: 0,
    crashes: 0,
    freezes: 0,
    cuts: 0,
    wipes: 0,
    restores: 0,
    torn: 0,
    snapshots: 0,
    listens: 0,
    installs: 0,
    changes: 0,
    transfers: 0,
    reads: 0,
    writes: 0,
  };
}
