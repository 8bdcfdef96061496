// What every command needs before it can start: the packages of the lockfile, and the pinned Node.
// Plain JavaScript for Node 20 or newer, because it runs before anything is installed.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout's root folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const windows = process.platform === 'win32';
const stampFile = join(root, 'node_modules', '.peerprint-lock');
/** How often it is looked whether the shell that started us is still there. */
const parentCheckMs = 300;

/** @param {string} message */
export function say(message) {
  process.stderr.write(`${message}\n`);
}

/** Installs the lockfile's packages when node_modules does not match it. Quick when it does. */
export function ensureInstalled() {
  const stamp = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  say('Installing packages (once, about a minute) …');
  // What is here may be of another lockfile, and npm itself must not run on a Node that it is about to remove.
  rmSync(join(root, 'node_modules'), { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  const done = spawnSync('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: root,
    shell: windows,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, PATH: pathWithoutOurs() },
  });
  if (done.status !== 0) {
    say('npm could not install the packages. Check the network connection, then run the command again.');
    process.exit(1);
  }
  writeFileSync(stampFile, stamp);
}

/** npm puts this project's own programs first on the PATH; an install must not run on them. */
function pathWithoutOurs() {
  const parts = (process.env.PATH ?? '').split(delimiter);
  return parts.filter((part) => !part.startsWith(join(root, 'node_modules'))).join(delimiter);
}

/** Path of the Node that package-lock.json pins. */
export function pinnedNode() {
  return join(root, 'node_modules', 'node', 'bin', windows ? 'node.exe' : 'node');
}

/**
 * Runs the pinned Node on the given arguments and resolves to its exit status. Signals that end this
 * process are passed on, so that the child can stop cleanly.
 * @param {string[]} args
 * @param {{ cwd?: string, quiet?: boolean }} [options] the folder to run in, this process's own when left out; quiet
 *   shows what the child wrote only when it failed
 * @returns {Promise<number>}
 */
export function runPinned(args, { cwd = process.cwd(), quiet = false } = {}) {
  const child = spawn(pinnedNode(), ['--disable-warning=ExperimentalWarning', ...args], {
    cwd,
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    env: {
      ...process.env,
      PATH: `${join(root, 'node_modules', '.bin')}${windows ? ';' : ':'}${process.env.PATH ?? ''}`,
    },
  });
  const held = [];
  child.stdout?.on('data', (data) => held.push(data));
  child.stderr?.on('data', (data) => held.push(data));
  const pass = (signal) => child.kill(signal);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, pass);
  // npm runs scripts through a shell that dies of a signal without passing it on. When it is gone, we were meant too.
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.env.npm_lifecycle_event !== undefined && process.ppid !== parent) pass('SIGTERM');
  }, parentCheckMs);
  return new Promise((resolve) => {
    const done = (status) => {
      clearInterval(watch);
      for (const signal of signals) process.off(signal, pass);
      if (status !== 0) for (const data of held) process.stderr.write(data);
      resolve(status);
    };
    child.on('error', (error) => {
      say(`Node could not be started: ${error.message}`);
      done(1);
    });
    child.on('close', (code, signal) => done(code ?? (signal === 'SIGINT' || signal === 'SIGTERM' ? 0 : 1)));
  });
}
