import { type Random, seededRandom } from '../lib/base/index.ts';
import type { LastAct } from './last-acts.ts';
import type { ReplicaSettings } from './replica-ports.ts';

export type FaultKind =
  | 'crash'
  | 'crash-all'
  | 'freeze'
  | 'pause'
  | 'split'
  | 'one-way'
  | 'isolate'
  | 'clock'
  | 'wipe'
  | 'backup'
  | 'restore'
  | 'transfer'
  | 'members'
  | 'struck-changer'
  | 'calm';

const faultKinds: readonly FaultKind[] = [
  'crash',
  'crash-all',
  'freeze',
  'pause',
  'split',
  'one-way',
  'isolate',
  'clock',
  'wipe',
  'backup',
  'restore',
  'transfer',
  'members',
  'struck-changer',
  'calm',
];

/** How the world of one seed behaves. Each seed has another mixture, and leaves some faults out: so rare ones meet. */
export interface Habits {
  readonly voters: number;
  readonly learners: number;
  readonly clients: number;
  readonly keys: number;
  readonly settings: ReplicaSettings;
  /** Longest ordinary delay of a message, in ms. */
  readonly netMs: number;
  /** Of 1000 messages. */
  readonly lost: number;
  readonly doubled: number;
  readonly late: number;
  readonly writeMsMax: number;
  /** Between two faults, in ms, at most. */
  readonly faultMsMax: number;
  readonly faults: readonly FaultKind[];
  /** What comes last, when all has come to rest. */
  readonly lastAct: LastAct | undefined;
  /** Steps of the safety phase. */
  readonly stepsMax: number;
}

/** Most worlds just come to rest. */
const noLastActs = Array.from({ length: 18 }, () => undefined);

export function habitsOf(seed: number): Habits {
  const random = seededRandom(seed * 7 + 3);
  // The product checks its quorum; some seeds do not, so that deposed leaders live longer. All ask before they stand: without
  // that, a replica that comes back with a later term and an old log can keep others from ever being heard (etcd 8243).
  const checkQuorum = random.below(4) > 0;
  const faults = faultKinds.filter(() => random.below(5) > 1);
  return {
    voters: pick(random, [3, 3, 3, 3, 5, 5, 4, 2, 2, 1]),
    learners: random.below(2),
    clients: 1 + random.below(4),
    keys: 1 + random.below(3),
    settings: {
      tickMs: 100,
      frozenAfterMs: 800,
      snapshotPatienceTicks: 24,
      snapshotEveryEntries: pick(random, [8, 20, 60, 200]),
      entriesKeptBehind: pick(random, [0, 5, 30]),
      entriesHeldBehind: 60,
      returnWaitMs: 1_000,
      noteMs: pick(random, [50, 300]),
      askMs: 1_000,
      aloneMs: pick(random, [2_000, 5_000]),
      raft: {
        electionTicks: 10,
        heartbeatTicks: pick(random, [1, 2, 3]),
        preVote: true,
        checkQuorum,
        stepDownOnRemoval: false,
        disableProposalForwarding: true,
        messageBytesMax: pick(random, [1, 1, 2_000, 256 * 1024]),
        uncommittedBytesMax: pick(random, [2_000, 8 * 1024 * 1024]),
        inflightMessagesMax: pick(random, [1, 4, 64]),
        inflightBytesMax: 2 * 1024 * 1024,
      },
    },
    netMs: pick(random, [2, 20, 100]),
    lost: pick(random, [0, 10, 50, 200]),
    doubled: pick(random, [0, 20, 100]),
    late: pick(random, [0, 50, 200]),
    writeMsMax: pick(random, [0, 5, 40, 200]),
    faultMsMax: pick(random, [400, 1_500, 5_000]),
    faults: faults.length > 0 ? faults : ['crash'],
    lastAct: pick<LastAct | undefined>(random, ['raiser', 'forgotten', ...noLastActs]),
    stepsMax: 3_000,
  };
}

export function pick<T>(random: Random, list: readonly [T, ...T[]]): T {
  return list[random.below(list.length)] ?? list[0];
}
