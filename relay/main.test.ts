import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { must } from '../src/lib/base/index.ts';
import { fakeBuild, request, startClient, takePlace, withFolder } from './test-kit.ts';

interface Run {
  readonly child: ChildProcess;
  /** What it has written so far. */
  readonly out: () => string;
  readonly err: () => string;
  readonly ended: Promise<number | null>;
}

function run(...args: string[]): Run {
  const child = spawn(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    join(import.meta.dirname, 'main.ts'),
    ...args,
  ]);
  let out = '';
  let err = '';
  child.stdout.on('data', (data: Buffer) => (out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (err += data.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, out: () => out, err: () => err, ended };
}

/** The address it prints, once it runs. */
async function openUrl(started: Run): Promise<string> {
  const url = () => /Open {3}(\S+)/.exec(started.out())?.[1];
  const endMs = performance.now() + 15_000;
  while (url() === undefined || !started.out().includes('Ctrl+C')) {
    if (started.child.exitCode !== null || performance.now() > endMs)
      throw new Error(`it did not start: ${started.err()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return must(url(), 'the address is printed');
}

describe('node relay/main.ts', { timeout: 30_000 }, () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`says where it is, and ends cleanly within two seconds of ${signal} with a peer connected`, async () => {
      await withFolder(async (folder) => {
        const started = run('--port', '0', '--data', join(folder, 'data'), '--app', await fakeBuild(folder));
        const client = await startClient();
        try {
          const url = await openUrl(started);
          expect(started.out()).toContain('--host 0.0.0.0');
          const description = await request(url, '/.well-known/peerprint.json');
          const { addresses } = JSON.parse(description.body.toString()) as { addresses: string[] };
          await takePlace(client, must(addresses[0], 'a relay has an address'));
          const sinceMs = performance.now();
          started.child.kill(signal);
          // Ctrl+C reaches a relay twice: from the terminal, and from npm.
          started.child.kill(signal);
          expect(await started.ended).toBe(0);
          expect(performance.now() - sinceMs).toBeLessThan(2000);
          expect(started.err()).toBe('');
        } finally {
          started.child.kill('SIGKILL');
          await client.stop();
        }
      });
    });
  }

  it('ends with status 1 and a sentence when it can not start', async () => {
    await withFolder(async (folder) => {
      const app = await fakeBuild(folder);
      const first = run('--port', '0', '--data', join(folder, 'first'), '--app', app);
      try {
        const port = new URL(await openUrl(first)).port;
        await writeFile(join(folder, 'file'), '');
        const cases: [string[], string][] = [
          [['--port', port, '--data', join(folder, 'a'), '--app', app], `Port ${port} on`],
          [['--port', '0', '--data', join(folder, 'file', 'b'), '--app', app], '--data'],
        ];
        const results = cases.map(([args]) => run(...args));
        for (const [i, result] of results.entries()) {
          expect([i, await result.ended, result.err()]).toEqual([
            i,
            1,
            expect.stringContaining(cases[i]?.[1] ?? ''),
          ]);
          expect(result.err().trim().split('\n')).toHaveLength(1);
        }
      } finally {
        first.child.kill('SIGKILL');
        await first.ended;
      }
    });
  });

  it('ends with status 2 for a bad flag and 0 for --help', async () => {
    const [bad, help] = [run('--prot', '80'), run('--help')];
    expect([await bad.ended, bad.out(), bad.err()]).toEqual([2, '', expect.stringContaining('--prot')]);
    expect([await help.ended, help.err(), help.out()]).toEqual([0, '', expect.stringContaining('Usage')]);
  });
});
