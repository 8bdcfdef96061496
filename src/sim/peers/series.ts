import type { Clock } from '../../lib/base/index.ts';
import type { Failure } from '../run.ts';
import { runPeersSeed } from './run.ts';
import { type PeersCounts, noPeersCounts } from './world.ts';

export interface PeersSeries extends PeersCounts {
  readonly seeds: number;
  readonly from: number;
  readonly seconds: number;
  readonly failures: readonly Failure[];
}

/** Plays seeds of whole peers one after the other. */
export async function runPeersSeries(
  clock: Clock,
  seeds: number,
  from: number,
  firstOnly: boolean,
  queuesMax: number,
  trace?: (line: string) => void,
): Promise<PeersSeries> {
  const counts = noPeersCounts();
  const failures: Failure[] = [];
  const beganMs = clock.monotonicMs();
  let played = 0;
  for (let seed = from; seed < from + seeds; seed++) {
    const outcome = await runPeersSeed(seed, queuesMax, trace);
    played++;
    for (const [key, value] of Object.entries(outcome.counts)) counts[key as keyof PeersCounts] += value;
    if (outcome.failure === undefined) continue;
    failures.push(outcome.failure);
    if (firstOnly) break;
  }
  return { seeds: played, from, seconds: (clock.monotonicMs() - beganMs) / 1000, ...counts, failures };
}
