import { messageOf } from '../lib/base/index.ts';
import { Violation } from './checkers/index.ts';
import { habitsOf } from './habits.ts';
import { checkLinearizable } from './linearizable.ts';
import { Nemesis } from './nemesis.ts';
import { playLastAct } from './last-acts.ts';
import { tidyMembers } from './operator.ts';
import type { Counts } from './counts.ts';
import { World } from './world.ts';

export interface Failure {
  readonly seed: number;
  /** The promise that was broken; `fault` for an assertion of the product itself. */
  readonly checker: string;
  readonly text: string;
  /** What to type to see it again. */
  readonly command: string;
}

export interface Outcome {
  readonly counts: Counts;
  readonly failure: Failure | undefined;
}

/** The safety phase ends at the latest then, in virtual ms: a group that stands still makes no steps. */
const safetyMsMax = 180_000;
/** Virtual ms within which everything must have come to rest once the faults end: thirty election timeouts. */
const healingMsMax = 60_000;
/** How often the operator looks after the members while healing, in ms. */
const tidyMs = 400;
/** Wishes each client still has when the faults end. */
const lastWishes = 3;

/** Plays one seed: faults first, then peace, in which all must converge. */
export function runSeed(seed: number, trace?: (line: string) => void): Outcome {
  let world: World | undefined;
  try {
    const timed = trace === undefined ? undefined : (line: string) => trace(`${stamp(world)} ${line}`);
    world = new World(seed, habitsOf(seed), timed);
    play(world);
    return { counts: world.counts, failure: undefined };
  } catch (error) {
    const checker = error instanceof Violation ? error.checker : 'fault';
    const where = error instanceof Violation || !(error instanceof Error) ? '' : ` ${whereOf(error)}`;
    const text = `${messageOf(error)}${where}`;
    trace?.(`${stamp(world)} ${checker}: ${text}`);
    const failure = { seed, checker, text, command: `npm run sim -- --seed ${seed} --trace` };
    return { counts: must(world), failure };
  }
}

function must(world: World | undefined): Counts {
  if (world === undefined) throw new Error('the world could not be made');
  return world.counts;
}

function stamp(world: World | undefined): string {
  return `${((world?.agenda.nowMs ?? 0) / 1000).toFixed(3).padStart(8)}`;
}

function whereOf(error: Error): string {
  const line = (error.stack ?? '')
    .split('\n')
    .find((each) => /\.ts:\d/.test(each) && !each.includes('assert.ts'));
  return line === undefined
    ? ''
    : `(${line
        .trim()
        .replace(/^at /, '')
        .replace(/file:.*\/src\//, 'src/')})`;
}

function play(world: World): void {
  const { agenda, counts, habits } = world;
  const nemesis = new Nemesis(world);
  while (counts.steps < habits.stepsMax && agenda.nowMs < safetyMsMax && agenda.step());
  nemesis.stop();
  for (const client of world.clients) {
    client.wishesLeft = lastWishes;
    client.mayGiveUp = false;
    agenda.after(0, () => client.begin());
  }
  heal(world);
  world.end();
  checkHistories(world);
  if (habits.lastAct !== undefined) playLastAct(world, habits.lastAct);
}

function heal(world: World): void {
  const { agenda } = world;
  const deadlineMs = agenda.nowMs + healingMsMax;
  let isTidy = false;
  let nextTidyMs = agenda.nowMs;
  for (;;) {
    if (agenda.nowMs >= nextTidyMs) {
      isTidy = tidyMembers(world);
      nextTidyMs = agenda.nowMs + tidyMs;
      const wrong = isTidy ? whatIsOpen(world) : 'the members are not in order';
      if (wrong === undefined) return;
      if (agenda.nowMs > deadlineMs) {
        throw new Violation('convergence', `${healingMsMax / 1000} s after the last fault: ${wrong}`);
      }
    }
    if (!agenda.step()) throw new Violation('convergence', 'nothing happens any more');
  }
}

/** What has not converged yet, or undefined. */
function whatIsOpen(world: World): string | undefined {
  for (const client of world.clients) if (!client.rests) return `a client still waits for ${client.wish}`;
  const { ledger } = world;
  for (const site of world.sites.values()) {
    if (!site.isUp) continue;
    const index = (site.replica ?? site.listener)?.state.index ?? 0;
    if (index !== ledger.length) return `replica ${site.id} has applied ${index} of ${ledger.length}`;
  }
  return undefined;
}

function checkHistories(world: World): void {
  for (const client of world.clients) client.close();
  const verdict = checkLinearizable(world.clients.flatMap((client) => client.history));
  if (verdict.result !== 'linearizable') {
    throw new Violation('linearizable', `the history of register ${verdict.key} is ${verdict.result}`);
  }
}
