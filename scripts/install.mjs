// What every command needs before it can start: the packages of the lockfile, and the pinned Node.
// Plain JavaScript for Node 20 or newer, because it runs before anything is installed.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout's root folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const windows = process.platform === 'win32';
const stampFile = join(root, 'node_modules', '.peerprint-lock');

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
  const done = spawnSync('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: root,
    shell: windows,
    stdio: ['ignore', 2, 2],
  });
  if (done.status !== 0) {
    say('npm could not install the packages. Check the network connection, then run the command again.');
    process.exit(1);
  }
  writeFileSync(stampFile, stamp);
}

/** Path of the Node that package-lock.json pins. */
export function pinnedNode() {
  return join(root, 'node_modules', 'node', 'bin', windows ? 'node.exe' : 'node');
}

/**
 * Runs the pinned Node on the given arguments and resolves to its exit status. Signals that end this
 * process are passed on, so that the child can stop cleanly.
 * @param {string[]} args
 * @param {string} [cwd] the folder to run in, this process's own when left out
 * @returns {Promise<number>}
 */
export function runPinned(args, cwd = process.cwd()) {
  const child = spawn(pinnedNode(), ['--disable-warning=ExperimentalWarning', ...args], {
    cwd,
    stdio: 'inherit',
    env: {
      ...process.env,
      PATH: `${join(root, 'node_modules', '.bin')}${windows ? ';' : ':'}${process.env.PATH ?? ''}`,
    },
  });
  const pass = (signal) => child.kill(signal);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, pass);
  return new Promise((resolve) => {
    const done = (status) => {
      for (const signal of signals) process.off(signal, pass);
      resolve(status);
    };
    child.on('error', (error) => {
      say(`Node could not be started: ${error.message}`);
      done(1);
    });
    child.on('exit', (code, signal) => done(code ?? (signal === 'SIGINT' || signal === 'SIGTERM' ? 0 : 1)));
  });
}
