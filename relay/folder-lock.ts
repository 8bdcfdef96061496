import { createHash } from 'node:crypto';
import { realpath, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RefusalError } from '../src/lib/base/index.ts';
import { codeOf } from './identity.ts';

/** Paths of Unix sockets must fit into 104 bytes on macOS, 108 on Linux. */
const socketPathBytesMax = 103;

/** What file systems without local sockets answer (some network and container mounts). */
const unsupported = new Set(['ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'EINVAL']);

/**
 * Makes sure that one relay at a time uses a data folder: two with one identity would confuse every peer. The lock is
 * a listening local socket, which the system takes away when the process dies, however it dies.
 * @returns a function that gives the folder free.
 * @throws RefusalError `data-in-use` when another relay holds it, `data-folder` when the folder can't be written.
 */
export async function lockFolder(dataDir: string): Promise<() => Promise<void>> {
  for (const path of await socketPaths(dataDir)) {
    let attempt = await listen(path);
    if (attempt === 'taken' && !(await answers(path))) {
      // Left behind by a process that was killed. Nobody listens, so nobody minds.
      if (process.platform !== 'win32') await rm(path, { force: true });
      attempt = await listen(path);
    }
    if (attempt === 'taken') {
      throw new RefusalError({
        code: 'data-in-use',
        text: `Another relay is running with the data folder ${dataDir}. Stop it, or give this one its own with --data.`,
      });
    }
    if (attempt === 'unsupported') continue;
    const held = attempt;
    return () => new Promise((resolve) => held.close(() => resolve()));
  }
  throw new RefusalError({
    code: 'data-folder',
    text: `The data folder ${dataDir} can't be locked. Put it on a local disk with --data.`,
  });
}

/** Where the lock may be, best first: in the folder itself, or named after it in the system's temporary folder. */
async function socketPaths(dataDir: string): Promise<string[]> {
  const real = await realpath(dataDir);
  const digest = createHash('sha256').update(real).digest('hex').slice(0, 24);
  if (process.platform === 'win32') return [`\\\\.\\pipe\\peerprint-relay-${digest}`];
  const inside = join(real, 'relay.lock');
  const outside = join(tmpdir(), `peerprint-relay-${digest}.lock`);
  return Buffer.byteLength(inside) <= socketPathBytesMax ? [inside, outside] : [outside];
}

function listen(path: string): Promise<net.Server | 'taken' | 'unsupported'> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => socket.destroy());
    server.once('error', (error) => {
      const code = codeOf(error) ?? '';
      if (code === 'EADDRINUSE') resolve('taken');
      else if (unsupported.has(code)) resolve('unsupported');
      else {
        const text = `The data folder can't be locked at ${path} (${error.message}). Make it writable, or give another one with --data.`;
        reject(new RefusalError({ code: 'data-folder', text }));
      }
    });
    server.listen(path, () => {
      server.unref();
      resolve(server);
    });
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
