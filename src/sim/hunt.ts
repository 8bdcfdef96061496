import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { messageOf } from '../lib/base/index.ts';
import { type Mutant, mutants } from './mutants/index.ts';

/** What became of one bug. */
export interface Catch {
  readonly name: string;
  readonly story: string;
  readonly found: boolean;
  /** Seeds played until it was found. */
  readonly seeds: number;
  readonly seed: number | undefined;
  readonly checker: string;
  readonly text: string;
  /** The same seed without the bug breaks nothing. */
  readonly cleanWithout: boolean;
}

/** After that a process that plays with a bug is stopped: 2,000 seeds take about a minute. */
const huntMsMax = 15 * 60_000;

const series = v.object({
  seeds: v.number(),
  failures: v.array(v.object({ seed: v.number(), checker: v.string(), text: v.string() })),
});

/** Looks for bugs, each in a process of its own, some at a time. Throws a TypeError when there is no bug of that name. */
export async function hunt(
  plan: {
    readonly seeds: number;
    readonly from: number;
    readonly only: string | undefined;
    readonly jobs: number;
  },
  tell: (result: Catch) => void,
): Promise<readonly Catch[]> {
  const { seeds, from, only, jobs } = plan;
  const wanted = mutants.filter(({ name }) => only === undefined || name === only);
  if (wanted.length === 0) throw new TypeError(`there is no mutant '${only}'`);
  const results: Catch[] = [];
  const queue = [...wanted];
  const work = async () => {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const result = await huntOne(mutant, seeds, from);
      results.push(result);
      tell(result);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return results;
}

async function huntOne({ name, story, world, queues }: Mutant, seeds: number, from: number): Promise<Catch> {
  const base = { name, story, seed: undefined, cleanWithout: true };
  try {
    const kind = world === 'peers' ? ['--peers'] : [];
    if (queues !== undefined) kind.push('--queues', `${queues}`);
    const output = await play([
      ...kind,
      '--mutant',
      name,
      '--first',
      '--json',
      '--seeds',
      `${seeds}`,
      '--from',
      `${from}`,
    ]);
    const played = v.parse(series, JSON.parse(output));
    const [failure] = played.failures;
    if (failure === undefined)
      return { ...base, found: false, seeds: played.seeds, checker: '', text: 'was not found' };
    const clean = v.parse(series, JSON.parse(await play([...kind, '--json', '--seed', `${failure.seed}`])));
    const cleanWithout = clean.failures.length === 0;
    return { ...base, ...failure, found: true, seeds: played.seeds, cleanWithout };
  } catch (error) {
    return { ...base, found: false, seeds: 0, checker: '', text: messageOf(error) };
  }
}

/** Runs the simulator in a process of its own; its output. */
function play(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const main = fileURLToPath(new URL('./main.ts', import.meta.url));
    const child = spawn(process.execPath, [main, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: huntMsMax,
    });
    let output = '';
    let errors = '';
    child.stdout.on('data', (part: Buffer) => (output += part.toString()));
    child.stderr.on('data', (part: Buffer) => (errors += part.toString()));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      // 1 is the ordinary end of a run that found something.
      if (code === 0 || code === 1) resolve(output);
      else
        reject(
          new Error(`ended with ${code ?? signal ?? '?'}: ${errors.trim().split('\n').slice(-4).join(' ')}`),
        );
    });
  });
}
