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
  const stamp = createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).digest('hex');
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
 * @returns {Promise<number>}
 */
export function runPinned(args) {
  const child = spawn(pinnedNode(), ['--disable-warning=ExperimentalWarning', ...args], {
    stdio: 'inherit',
    env: { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}${windows ? ';' : ':'}${process.env.PATH ?? ''}` },
  });
  const pass = (signal) => child.kill(signal);
  process.on('SIGINT', pass);
  process.on('SIGTERM', pass);
  return new Promise((resolve) => {
    child.on('error', (error) => {
      say(`Node could not be started: ${error.message}`);
      resolve(1);
    });
    child.on('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' || signal === 'SIGTERM' ? 0 : 1)));
  });
}
