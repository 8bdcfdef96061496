import type { Clock } from '../lib/base/index.ts';
import { type Failure, runSeed } from './run.ts';
import { type Counts, noCounts } from './counts.ts';

export interface Series extends Counts {
  readonly seeds: number;
  readonly from: number;
  readonly seconds: number;
  readonly stepsPerSecond: number;
  readonly failures: readonly Failure[];
}

/** Plays seeds one after the other. */
export function runSeries(
  clock: Clock,
  seeds: number,
  from: number,
  firstOnly: boolean,
  trace?: (line: string) => void,
): Series {
  const counts = noCounts();
  const failures: Failure[] = [];
  const beganMs = clock.monotonicMs();
  let played = 0;
  for (let seed = from; seed < from + seeds; seed++) {
    const outcome = runSeed(seed, trace);
    played++;
    for (const [key, value] of Object.entries(outcome.counts)) counts[key as keyof Counts] += value;
    if (outcome.failure === undefined) continue;
    failures.push(outcome.failure);
    if (firstOnly) break;
  }
  const seconds = (clock.monotonicMs() - beganMs) / 1000;
  const stepsPerSecond = Math.round(counts.steps / seconds);
  return { seeds: played, from, seconds, stepsPerSecond, ...counts, failures };
}
