import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** In processes of their own: signatures are replaced by seals before the product is loaded. */
const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const execute = promisify(execFile);

async function sim(...args: string[]): Promise<string> {
  try {
    return (await execute(process.execPath, [main, ...args], { maxBuffer: 1 << 26 })).stdout;
  } catch (error) {
    // 1 is the ordinary end of a run that found something: what was found is in the output.
    if (error instanceof Error && 'stdout' in error && 'code' in error && error.code === 1)
      return String(error.stdout);
    throw error;
  }
}

test(
  'whole peers with printers and people keep every promise in 16 worlds',
  { timeout: 240_000 },
  async () => {
    const { failures, ...counts } = JSON.parse(await sim('--peers', '--seeds', '16', '--json')) as Record<
      string,
      unknown
    >;
    expect(failures).toEqual([]);
    // What the simulator is there for happens.
    for (const name of [
      'entries',
      'starts',
      'good',
      'failed',
      'lost',
      'deeds',
      'refusals',
      'crashes',
      'reigns',
    ])
      expect(counts[name], name).toBeGreaterThan(0);
  },
);

test('a seed of whole peers gives the same run every time', { timeout: 120_000 }, async () => {
  const runs = [];
  for (let i = 0; i < 2; i++) runs.push(await sim('--peers', '--seed', '5', '--trace'));
  const [first = '', second = ''] = runs.map((text) => text.replace(/, in [\d.]+ s/, ''));
  expect(first.split('\n').length).toBeGreaterThan(100);
  expect(second).toBe(first);
});

// All of them are looked for by `npm run sim -- --mutants`.
test.for(['start-without-fence', 'held-copies-given-again', 'failed-counts-as-good', 'bed-not-looked-at'])(
  'the bug %s is found by whole peers',
  { timeout: 120_000 },
  async (name) => {
    const found = JSON.parse(await sim('--mutants', '--only', name, '--seeds', '60', '--json')) as unknown;
    expect(found).toMatchObject({ mutants: 1, missed: 0 });
  },
);
