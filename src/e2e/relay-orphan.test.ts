import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';

test('a process that tests start ends when its parent is killed', async () => {
  // A parent that starts a child as RelayProcess does, tells the child's id, and lives on.
  const script = `
    const { spawn } = require('node:child_process');
    const args = ['--import', './src/e2e/with-parent.ts', '-e', 'setInterval(() => {}, 1000)'];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'ignore', 'ignore'] });
    console.log(child.pid);
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const child = Number(line.toString());
  expect(lives(child)).toBe(true);
  parent.kill('SIGKILL');
  await expect.poll(() => lives(child), { timeout: 10_000 }).toBe(false);
});

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
