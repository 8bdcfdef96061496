import { seededRandom } from '../../lib/base/index.ts';
import type { SettingsChange, Role } from '../../lib/queue/index.ts';
import { pick } from '../habits.ts';
import type { MishapKind } from './mishaps.ts';

export type TroubleKind =
  | 'browser-crash'
  | 'all-crash'
  | 'worker-crash'
  | 'tab-closed'
  | 'freeze'
  | 'sleep'
  | MishapKind
  | 'slip'
  | 'isolate'
  | 'split'
  | 'one-way'
  | 'wall-jump'
  | 'hand-over'
  | 'disk-lost'
  | 'log-damaged'
  | 'writes-fail'
  | 'removed'
  | 'forgery'
  | 'calm';

const troubleKinds: readonly TroubleKind[] = [
  'browser-crash',
  'all-crash',
  'worker-crash',
  'tab-closed',
  'freeze',
  'sleep',
  'stalled-start',
  'late-clear',
  'blown-fuse',
  'left-alone',
  'slip',
  'isolate',
  'split',
  'one-way',
  'wall-jump',
  'hand-over',
  'disk-lost',
  'log-damaged',
  'writes-fail',
  'removed',
  'forgery',
  'calm',
];

export interface MemberHabits {
  readonly role: Role;
  readonly voter: boolean;
  /** For each printer, whether its bed clears itself. */
  readonly printers: readonly boolean[];
  /** Its clock runs so much faster than the world's. */
  readonly rate: number;
}

/** What the world of one seed is like. Each seed leaves some troubles out, so that rare ones meet. */
export interface PeersHabits {
  /** Queues of the same people, on the same printers. */
  readonly queues: number;
  readonly members: readonly MemberHabits[];
  readonly settings: SettingsChange;
  readonly troubles: readonly TroubleKind[];
  /** Between two troubles, in ms, at most. */
  readonly troubleMsMax: number;
  /** Between two deeds of one person, in ms, at most. */
  readonly deedMsMax: number;
  /** Of 1000 messages. */
  readonly lost: number;
  readonly late: number;
  readonly writeMsMax: number;
  readonly printMsMax: number;
  /** Of 100 prints. */
  readonly failing: number;
  /** Longest freeze and longest cut of a line, in ms. */
  readonly awayMsMax: number;
  /** Virtual ms before peace. */
  readonly troubledMs: number;
}

/** @param queuesMax most queues of one world */
export function peersHabitsOf(seed: number, queuesMax: number): PeersHabits {
  const random = seededRandom(seed * 11 + 5);
  const count = pick(random, [3, 3, 3, 4, 4, 5, 2, 1]);
  // The last two listen, one of them prints; now and then the owner decides alone and all others listen.
  const roles: readonly Role[] = ['owner', 'operator', 'printer', 'submitter', 'printer'];
  const votersMax = pick(random, [3, 3, 3, 1]);
  const members: MemberHabits[] = [];
  for (let i = 0; i < count; i++) {
    const role = roles[i] ?? 'submitter';
    const printers = role === 'submitter' ? 0 : pick(random, [0, 1, 1, 2]);
    members.push({
      role,
      voter: i < votersMax,
      // Somebody must print.
      printers: Array.from(
        { length: i === 0 ? Math.max(1, printers) : printers },
        () => random.below(3) === 0,
      ),
      rate: 1 + (random.below(5) - 2) / 100,
    });
  }
  // Where disks are lost nobody is taken out besides.
  const losing = random.below(2) === 0;
  const troubles = troubleKinds.filter((kind) => random.below(5) > 1 && (losing || !losesDisk(kind)));
  return {
    queues: Math.min(queuesMax, pick(random, [1, 1, 2])),
    members,
    settings: {
      leaseMs: pick(random, [15_000, 20_000, 30_000]),
      claimAhead: pick(random, [0, 0, 1, 2]),
      strategy: pick(random, ['in-order', 'in-order', 'shortest-first', 'least-manual-work', 'round-robin']),
      lostAfterMs: pick(random, [null, 60_000]),
      retriesMax: pick(random, [0, 1, 2, 5]),
      retryOn: pick(random, ['any', 'any', 'other']),
      stopAfterSets: pick(random, [0, 2]),
      quarantineAfterPrinters: pick(random, [0, 2]),
      // By itself, so that the rest of a seed's world is as it was.
      twoVoters: seededRandom(seed * 13 + 7).below(3) === 0,
    },
    troubles: troubles.length > 0 ? troubles : ['browser-crash'],
    troubleMsMax: pick(random, [3_000, 8_000, 20_000]),
    deedMsMax: pick(random, [3_000, 8_000]),
    lost: pick(random, [0, 0, 20, 100]),
    late: pick(random, [0, 20, 100]),
    writeMsMax: pick(random, [2, 10, 60]),
    printMsMax: pick(random, [4_000, 15_000, 40_000, 90_000]),
    awayMsMax: pick(random, [20_000, 40_000, 200_000]),
    failing: pick(random, [0, 10, 40]),
    troubledMs: pick(random, [60_000, 120_000, 200_000]),
  };
}

/** Whether voters lose their logs in this world: who takes others out besides could leave no majority. */
export function losesDisks({ troubles }: PeersHabits): boolean {
  return troubles.some(losesDisk);
}

function losesDisk(kind: TroubleKind): boolean {
  return kind === 'disk-lost' || kind === 'log-damaged';
}
