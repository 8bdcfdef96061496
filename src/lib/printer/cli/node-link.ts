import { execFile } from 'node:child_process';
import { open, type FileHandle } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { ReadStream, WriteStream } from 'node:tty';
import { promisify } from 'node:util';
import { type Bytes, messageOf, ok, refuse, RefusalError, type Result } from '../../base/index.ts';
import type { Link, LinkEnd, LinkKind } from '../port.ts';

/** Bytes and their end, between something that pushes and a reader that pulls. */
class Inbox {
  #chunks: Bytes[] = [];
  #reader: ((bytes: Bytes | undefined) => void) | undefined;
  end: LinkEnd | undefined;

  push(bytes: Uint8Array): void {
    const copy = new Uint8Array(bytes);
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader !== undefined) reader(copy);
    else this.#chunks.push(copy);
  }

  finish(end: LinkEnd): void {
    this.end ??= end;
    this.#reader?.(undefined);
    this.#reader = undefined;
  }

  read(): Promise<Bytes | undefined> {
    const bytes = this.#chunks.shift();
    if (bytes !== undefined || this.end !== undefined) return Promise.resolve(bytes);
    return new Promise((resolve) => {
      this.#reader = resolve;
    });
  }
}

interface Duplex {
  write(bytes: Bytes, done: (error?: Error | null) => void): void;
  close(): Promise<void>;
}

class NodeLink implements Link {
  readonly kind: LinkKind;
  readonly label: string;
  readonly #inbox: Inbox;
  readonly #duplex: Duplex;
  #baud: number | undefined;
  readonly reopen?: (baud: number) => Promise<void>;

  constructor(
    kind: LinkKind,
    label: string,
    inbox: Inbox,
    duplex: Duplex,
    speed?: { baud: number; set(baud: number): Promise<void> },
  ) {
    this.kind = kind;
    this.label = label;
    this.#inbox = inbox;
    this.#duplex = duplex;
    if (speed !== undefined) {
      this.#baud = speed.baud;
      this.reopen = async (baud) => {
        await speed.set(baud);
        this.#baud = baud;
      };
    }
  }

  get baud(): number | undefined {
    return this.#baud;
  }

  read(): Promise<Bytes | undefined> {
    return this.#inbox.read();
  }

  write(bytes: Bytes): Promise<void> {
    if (this.#inbox.end !== undefined) return Promise.reject(new RefusalError(this.#inbox.end));
    return new Promise((resolve, reject) => {
      this.#duplex.write(bytes, (error) => {
        if (error === undefined || error === null) resolve();
        else reject(error);
      });
    });
  }

  async close(): Promise<void> {
    this.#inbox.finish({ code: 'closed', text: 'The connection was closed.' });
    await this.#duplex.close();
  }

  ended(): LinkEnd | undefined {
    return this.#inbox.end;
  }
}

/** A firmware process, or a serial port shared over the network. */
export async function openTcp(host: string, port: number): Promise<Result<Link>> {
  const label = `tcp:${host}:${port}`;
  let socket: Socket;
  try {
    socket = await new Promise((resolve, reject) => {
      const made = createConnection({ host, port, noDelay: true });
      made.once('error', reject);
      made.once('connect', () => {
        made.off('error', reject);
        resolve(made);
      });
    });
  } catch (error) {
    return refuse('no-port', `Nothing answers at ${host}:${port}: ${messageOf(error)}`);
  }
  const inbox = new Inbox();
  socket.on('data', (bytes: Buffer) => inbox.push(bytes));
  socket.on('error', (error) =>
    inbox.finish({ code: 'failed', text: `The connection to ${label} failed: ${error.message}` }),
  );
  socket.on('close', () =>
    inbox.finish({ code: 'unplugged', text: `The far side closed the connection to ${label}.` }),
  );
  return ok(
    new NodeLink('tcp', label, inbox, {
      write: (bytes, done) => socket.write(bytes, done),
      close: () =>
        new Promise((resolve) => {
          if (socket.destroyed) resolve();
          else socket.once('close', () => resolve()).destroySoon();
        }),
    }),
  );
}

const run = promisify(execFile);

/** A serial port or pseudo terminal of this machine, set to raw with the speed asked for by `stty`. */
export async function openTty(path: string, baud = 115_200): Promise<Result<Link>> {
  const set = async (speed: number): Promise<void> => {
    await run('stty', ['-F', path, 'raw', '-echo', '-hupcl', 'clocal', String(speed)]);
  };
  let handle: FileHandle;
  let input: ReadStream;
  let output: WriteStream;
  try {
    handle = await open(path, 'r+');
    await set(baud);
    input = new ReadStream(handle.fd);
    output = new WriteStream(handle.fd);
  } catch (error) {
    return refuse(
      'no-port',
      `${path} could not be opened: ${messageOf(error)}. Is it a terminal, and may you use it (group "dialout")?`,
    );
  }
  const inbox = new Inbox();
  const end = (text: string): void => inbox.finish({ code: 'unplugged', text });
  input.on('data', (bytes: Buffer) => inbox.push(bytes));
  input.on('error', (error) => end(`${path} is gone: ${error.message}`));
  input.on('end', () => end(`${path} is gone.`));
  output.on('error', (error) => end(`${path} is gone: ${error.message}`));
  return ok(
    new NodeLink(
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
      { baud, set },
    ),
  );
}
