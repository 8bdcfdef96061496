import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { readArguments } from './arguments.ts';
import { applyEdit, mutants } from './mutants/index.ts';
import { readFileSync } from 'node:fs';
import { runSeed } from './run.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const run = promisify(execFile);

test('300 worlds break no promise and converge when the faults end', { timeout: 300_000 }, () => {
  const failures = [];
  for (let seed = 1; seed <= 300; seed++) {
    const { failure } = runSeed(seed);
    if (failure !== undefined) failures.push(failure);
  }
  expect(failures).toEqual([]);
});

test('a seed gives the same run every time', { timeout: 60_000 }, () => {
  const lines: string[][] = [[], []];
  for (const list of lines) runSeed(42, (line) => list.push(line));
  expect(lines[0]?.length).toBeGreaterThan(1_000);
  expect(lines[1]).toEqual(lines[0]);
});

test(
  'what the simulator is there for happens: elections, crashes, lost disks, snapshots, changes of members, reads',
  { timeout: 120_000 },
  () => {
    const sums = new Map<string, number>();
    for (let seed = 1; seed <= 30; seed++) {
      for (const [key, count] of Object.entries(runSeed(seed).counts))
        sums.set(key, (sums.get(key) ?? 0) + count);
    }
    for (const [key, sum] of sums) expect(sum, key).toBeGreaterThan(0);
  },
);

test('there are at least 20 known bugs, and the text that each changes is in the product exactly once', () => {
  expect(mutants.length).toBeGreaterThanOrEqual(20);
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  for (const { edits } of mutants) {
    const texts = new Map<string, string>();
    for (const edit of edits) {
      const text = texts.get(edit.file) ?? readFileSync(new URL(`../${edit.file}`, import.meta.url), 'utf8');
      texts.set(edit.file, applyEdit(text, edit));
    }
  }
});

test('an edit whose text is not there, or is there twice, is a fault', () => {
  expect(() => applyEdit('a b', { file: 'x.ts', find: 'c', put: 'd' })).toThrow('does not contain');
  expect(() => applyEdit('a a', { file: 'x.ts', find: 'a', put: 'd' })).toThrow('more than once');
});

// All of them are looked for by `npm run sim -- --mutants`.
test.for([
  'vote-twice',
  'commit-old-terms',
  'truncate-matching',
  'read-without-quorum',
  'sessions-not-in-snapshot',
  'listener-cuts',
  'restored-backup-votes',
  'terms-raised-at-will',
])('the bug %s is found', { timeout: 240_000 }, async (name) => {
  const args = [main, '--mutants', '--only', name, '--seeds', '300', '--json'];
  const { stdout } = await run(process.execPath, args);
  expect(JSON.parse(stdout)).toMatchObject({ mutants: 1, missed: 0 });
});

test('the command line is read, and nonsense refused', () => {
  expect(readArguments([])).toMatchObject({ mode: 'run', seeds: 200, from: 1 });
  expect(readArguments(['--seed', '7', '--trace'])).toMatchObject({ seeds: 1, from: 7, trace: true });
  expect(readArguments(['--mutants'])).toMatchObject({ mode: 'hunt', seeds: 2_000 });
  expect(() => readArguments(['--seeds', 'many'])).toThrow('must be a whole number');
  expect(() => readArguments(['--nonsense'])).toThrow();
});
