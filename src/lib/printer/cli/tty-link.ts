import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { open, realpath, type FileHandle } from 'node:fs/promises';
import { ReadStream, WriteStream } from 'node:tty';
import { promisify } from 'node:util';
import { messageOf, ok, refuse, type Result } from '../../base/index.ts';
import type { Link } from '../port.ts';
import { Inbox, NodeLink } from './node-link.ts';

const run = promisify(execFile);

/** `stty`, the only way to a port's settings that Node has without a native addon. */
async function stty(path: string, ...settings: string[]): Promise<void> {
  const device = process.platform === 'darwin' || process.platform === 'freebsd' ? '-f' : '-F';
  await run('stty', [device, path, ...settings]);
}

/** A serial port or pseudo terminal of this machine, raw, at the speed asked for. */
export async function openTty(path: string, baud = 115_200): Promise<Result<Link>> {
  let handle: FileHandle | undefined;
  try {
    // A pseudo terminal carries bytes at any speed, and refuses those it has no name for.
    const pseudo = /^\/dev\/(?:pts\/|pty|ttys\d)/.test(await realpath(path));
    const setSpeed = async (speed: number): Promise<void> => {
      if (pseudo) return;
      try {
        await stty(path, String(speed));
      } catch (error) {
        throw new Error(`this system's stty cannot set ${speed} bits per second (${lastLine(error)})`, {
          cause: error,
        });
      }
    };
    // Without waiting for a carrier, and without making it the terminal of this process.
    handle = await open(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    // No modem signals; the line that resets boards stays as it is when the port is closed.
    await stty(path, 'raw', '-echo', '-echoe', '-echok', '-hupcl', 'clocal', 'cread');
    await setSpeed(baud);
    return ok(linkOf(path, handle, { baud, set: setSpeed }));
  } catch (error) {
    await handle?.close();
    return refuse(
      'no-port',
      `${path} could not be opened: ${lastLine(error)}. Is it a serial port, and may you use it (group "dialout")?`,
    );
  }
}

function linkOf(
  path: string,
  handle: FileHandle,
  speed: { baud: number; set(baud: number): Promise<void> },
): Link {
  const input = new ReadStream(handle.fd);
  const output = new WriteStream(handle.fd);
  const inbox = new Inbox();
  const gone = (why?: Error): void =>
    inbox.finish({
      code: 'unplugged',
      text: `${path} is gone: the printer was unplugged, or its process ended${why === undefined ? '' : ` (${why.message})`}.`,
    });
  input.on('data', (bytes: Buffer) => inbox.push(bytes));
  input.on('error', gone);
  input.on('end', () => gone());
  input.on('close', () => gone());
  output.on('error', gone);
  return new NodeLink(
    'tty',
    `tty:${path}`,
    inbox,
    {
      write: (bytes, done) => output.write(bytes, done),
      async close() {
        input.destroy();
        output.destroy();
        // The streams close the descriptor themselves; a second close by the handle then finds it gone.
        await Promise.allSettled([handle.close()]);
      },
    },
    speed,
  );
}

function lastLine(error: unknown): string {
  return messageOf(error).trim().split('\n').at(-1) ?? '';
}
