import { createConnection, type Socket } from 'node:net';
import { type Bytes, messageOf, ok, refuse, RefusalError, type Result } from '../../base/index.ts';
import type { Link, LinkEnd, LinkKind } from '../port.ts';

/** Bytes and their end, between something that pushes and a reader that pulls. */
export class Inbox {
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

/** A link of Node: what a stream pushes, and how it is written to. */
export class NodeLink implements Link {
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

/** Milliseconds until a machine that answers nothing is given up. */
const connectMs = 10_000;

/** Bytes read at once: firmware's answers are short, and a flood comes in several. */
const readBytes = 16_384;

/** A firmware process, or a serial port shared over the network. */
export async function openTcp(host: string, port: number): Promise<Result<Link>> {
  const label = `tcp:${host}:${port}`;
  const inbox = new Inbox();
  let socket: Socket;
  try {
    socket = await new Promise((resolve, reject) => {
      const made = createConnection({
        host,
        port,
        noDelay: true,
        // Bytes straight from the socket: a stream between would take a fifth of the time that a line costs.
        onread: {
          buffer: new Uint8Array(readBytes),
          callback(length, buffer) {
            inbox.push(buffer.subarray(0, length));
            return true;
          },
        },
      });
      made.once('error', reject);
      made.setTimeout(connectMs, () => made.destroy(new Error(`no answer within ${connectMs / 1000} s`)));
      made.once('connect', () => {
        made.setTimeout(0);
        made.off('error', reject);
        resolve(made);
      });
    });
  } catch (error) {
    return refuse('no-port', `Nothing answers at ${host}:${port}: ${messageOf(error)}`);
  }
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
