import { type Arguments, helpText, readArguments } from './arguments.ts';
import { loadMutant, mutants } from './mutants/index.ts';
import { loadSeals } from './peers/seals.ts';

/**
 * The simulator's command line. Nothing of the product is loaded before a mutant, or the seals that stand for signatures, have been put
 * in, if they are asked for: what is loaded once cannot be changed.
 */
async function main(): Promise<number> {
  let args: Arguments;
  try {
    args = readArguments(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${helpText}`);
    return 2;
  }
  if (args.mode === 'help') {
    console.log(helpText);
    return 0;
  }
  return args.mode === 'hunt' ? hunt(args) : run(args);
}

async function run(args: Arguments): Promise<number> {
  if (args.mutant !== undefined) {
    const mutant = mutants.find(({ name }) => name === args.mutant);
    if (mutant === undefined) {
      console.error(
        `There is no mutant '${args.mutant}'. There are: ${mutants.map(({ name }) => name).join(', ')}.`,
      );
      return 2;
    }
    loadMutant(mutant);
  }
  if (args.peers) return runPeers(args);
  const { systemClock } = await import('../lib/base/index.ts');
  const { runSeries } = await import('./series.ts');
  const trace = args.trace ? (line: string) => console.log(line) : undefined;
  const series = runSeries(systemClock, args.seeds, args.from, args.firstOnly, trace);
  if (args.json) {
    console.log(JSON.stringify(series, null, 2));
  } else {
    for (const { seed, checker, text, command } of series.failures) {
      console.log(`seed ${seed} breaks ${checker}: ${text}\n  ${command}`);
    }
    const { seeds, steps, stepsPerSecond, commits, elections, crashes, wipes, changes, reads, writes } =
      series;
    console.log(
      `${seeds} seeds from ${series.from}, ${series.failures.length} failed · ${steps} message steps, ${stepsPerSecond} a second\n` +
        `${elections} elections, ${commits} commits, ${changes} changes of members applied, ${crashes} crashes, ${wipes} disks lost, ` +
        `${writes} writes and ${reads} reads answered`,
    );
  }
  return series.failures.length > 0 ? 1 : 0;
}

async function runPeers(args: Arguments): Promise<number> {
  loadSeals();
  const { systemClock } = await import('../lib/base/index.ts');
  const { runPeersSeries } = await import('./peers/series.ts');
  const trace = args.trace ? (line: string) => console.log(line) : undefined;
  const series = await runPeersSeries(systemClock, args.seeds, args.from, args.firstOnly, args.queues, trace);
  if (args.json) {
    console.log(JSON.stringify(series, null, 2));
  } else {
    for (const { seed, checker, text, command } of series.failures) {
      console.log(`seed ${seed} breaks ${checker}: ${text}\n  ${command}`);
    }
    const { seeds, from, failures, seconds, ...counts } = series;
    const told = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
    console.log(
      `${seeds} seeds of whole peers from ${from}, ${failures.length} failed, in ${seconds.toFixed(1)} s\n${told.join(', ')}`,
    );
  }
  return series.failures.length > 0 ? 1 : 0;
}

async function hunt(args: Arguments): Promise<number> {
  const { hunt: huntAll } = await import('./hunt.ts');
  const results = await huntAll(args, (result) => {
    if (args.json) return;
    const verdict = result.found
      ? `seed ${result.seed}, after ${result.seeds}: ${result.checker}`
      : `NOT FOUND (${result.text})`;
    console.log(
      `${result.name.padEnd(30)} ${verdict}${result.cleanWithout ? '' : ' — and without the bug too!'}`,
    );
    console.log(`${''.padEnd(30)}   ${result.found ? result.text : result.story}`);
  });
  const missed = results.filter(({ found, cleanWithout }) => !found || !cleanWithout);
  if (args.json)
    console.log(JSON.stringify({ mutants: results.length, missed: missed.length, results }, null, 2));
  else console.log(`\n${results.length - missed.length} of ${results.length} known bugs were found.`);
  return missed.length > 0 ? 1 : 0;
}

process.exitCode = await main();
