import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { queueLimits } from '../../lib/queue/index.ts';
import { type GoldenLog, makeGoldenLog, replayGoldenLog } from './golden-log.ts';

const golden = JSON.parse(readFileSync(new URL('./golden-log.json', import.meta.url), 'utf8')) as GoldenLog;

// If this fails, the rules have changed: peers of the build before would compute another state. See make.ts.
test('the log of earlier builds gives the states that they had', { timeout: 30_000 }, () => {
  expect(golden.rules).toBe(queueLimits.rulesVersionMax);
  expect(replayGoldenLog(golden)).toEqual(golden.hashes);
});

test('a log that differs in one byte gives another state', { timeout: 30_000 }, () => {
  const entries = golden.entries.filter((_, i) => i !== 40);
  expect(replayGoldenLog({ ...golden, entries }).at(-1)?.hash).not.toBe(golden.hashes.at(-1)?.hash);
});

test('its seed gives the same log', { timeout: 30_000 }, () => {
  const first = makeGoldenLog(7, 15);
  expect(makeGoldenLog(7, 15)).toEqual(first);
  expect(first.entries.length).toBeGreaterThan(15);
});
