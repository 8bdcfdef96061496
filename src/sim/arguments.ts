import { parseArgs } from 'node:util';

export interface Arguments {
  readonly mode: 'run' | 'hunt' | 'help';
  readonly seeds: number;
  readonly from: number;
  readonly trace: boolean;
  readonly json: boolean;
  /** Whole peers with printers and people, instead of replicas alone. */
  readonly peers: boolean;
  /** Most queues of whole peers that share their printers. */
  readonly queues: number;
  /** Bug to load into this process. */
  readonly mutant: string | undefined;
  /** Bug to look for alone. */
  readonly only: string | undefined;
  readonly firstOnly: boolean;
  readonly jobs: number;
}

export const helpText = `Simulates whole replicas on one thread under a seed, with faults, and checks what they promise after every step.

  npm run sim -- --seeds N [--from S]     plays seeds S … S+N-1 (default 200 from 1)
  npm run sim -- --seed S [--trace]       plays one seed, and tells everything that happens
  npm run sim -- --peers …                the same with whole peers, their printers and people, instead of replicas alone
  npm run sim -- --mutants [--seeds N] [--from S] [--only NAME]
                                          puts known bugs back, one at a time; each must be found within N seeds (2000)

  --json          result as JSON: { seeds, from, steps, stepsPerSecond, commits, elections, crashes, …, failures }
  --mutant NAME   plays with that bug put back
  --first         stops at the first failure
  --queues 2      with --peers: a third of the worlds have two queues on the same printers
  --jobs N        bugs looked for at the same time (default 2)

Exits with 1 if a promise was broken, or a bug was not found.
`;

const seedsDefault = 200;
const huntSeedsDefault = 2_000;

/** Reads the command line. Throws a TypeError with a clear sentence when it makes no sense. */
export function readArguments(argv: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seeds: { type: 'string' },
      from: { type: 'string' },
      seed: { type: 'string' },
      jobs: { type: 'string' },
      queues: { type: 'string' },
      only: { type: 'string' },
      mutant: { type: 'string' },
      trace: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      peers: { type: 'boolean', default: false },
      mutants: { type: 'boolean', default: false },
      first: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const hunts = values.mutants || values.only !== undefined;
  const single = whole('--seed', values.seed, undefined);
  return {
    mode: values.help ? 'help' : hunts ? 'hunt' : 'run',
    seeds: single === undefined ? whole('--seeds', values.seeds, hunts ? huntSeedsDefault : seedsDefault) : 1,
    from: single ?? whole('--from', values.from, 1),
    trace: values.trace,
    json: values.json,
    peers: values.peers,
    queues: Math.max(1, whole('--queues', values.queues, 1)),
    mutant: values.mutant,
    only: values.only,
    firstOnly: values.first,
    jobs: Math.max(1, whole('--jobs', values.jobs, 2)),
  };
}

function whole<Default extends number | undefined>(
  name: string,
  text: string | undefined,
  otherwise: Default,
): number | Default {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new TypeError(`${name} must be a whole number, not '${text}'`);
  return value;
}
