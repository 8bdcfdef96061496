import type { IncomingMessage } from 'node:http';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock, Log } from '../src/lib/base/index.ts';
import { type ClientGate, clientAddress } from './clients.ts';
import { innerConnectMs, pipeFlushMs, upgradeHeadBytesMax } from './limits.ts';

/** What an `UpgradePipe` needs. */
export interface UpgradePipeInit {
  readonly gate: ClientGate;
  readonly clock: Clock;
  readonly log: Log;
  readonly proxies: readonly string[];
}

/**
 * Hands WebSocket requests over to libp2p's own listener, which waits on a loopback port, so that the app and its
 * peers need one port only. What arrives is passed on byte by byte, with back-pressure in both directions; the
 * WebSocket handshake itself is libp2p's.
 */
export class UpgradePipe {
  readonly #init: UpgradePipeInit;
  #innerPort: number | undefined;
  /** Where the connection on an inner port really comes from. */
  readonly #origins = new Map<number, string>();
  readonly #sockets = new Set<Duplex>();
  #closed = false;

  constructor(init: UpgradePipeInit) {
    this.#init = init;
  }

  /** Opens the way to the inner listener. Requests that came earlier were told to try again. */
  open(innerPort: number): void {
    this.#innerPort = innerPort;
  }

  /** WebSocket connections open now. */
  get connections(): number {
    return this.#init.gate.open;
  }

  /** The outer address of the connection that reaches the inner listener from `innerPort`. */
  originOf(innerPort: number): string | undefined {
    return this.#origins.get(innerPort);
  }

  /** Takes over the socket of an `upgrade` request. */
  handle(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const innerPort = this.#innerPort;
    if (this.#closed || innerPort === undefined) {
      refuseSocket(
        socket,
        '503 Service Unavailable',
        'The relay is starting or stopping. Try again in a moment.',
      );
      return;
    }
    if (request.method !== 'GET' || request.headers.upgrade?.toLowerCase() !== 'websocket') {
      refuseSocket(socket, '400 Bad Request', 'Only WebSocket upgrades are served here.');
      return;
    }
    if (head.length > upgradeHeadBytesMax) {
      refuseSocket(socket, '400 Bad Request', 'Data came too early.');
      return;
    }
    const address = clientAddress(request, this.#init.proxies);
    const leave = this.#init.gate.enter(address);
    if (typeof leave === 'string') {
      this.#init.log.warn(`refused a connection from ${address}: ${leave}`);
      refuseSocket(socket, '429 Too Many Requests', leave);
      return;
    }
    this.#join(request, socket, head, address, innerPort, leave);
  }

  /** Ends every connection at once. */
  close(): void {
    this.#closed = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(
    request: IncomingMessage,
    outer: Duplex,
    head: Buffer,
    address: string,
    innerPort: number,
    leave: () => void,
  ): void {
    const { clock } = this.#init;
    const inner = net.connect({ host: '127.0.0.1', port: innerPort, noDelay: true });
    if (request.socket instanceof net.Socket) {
      // The server's limits for slow requests do not hold for a connection that is meant to stay.
      request.socket.setTimeout(0);
      request.socket.setNoDelay(true);
      request.socket.setKeepAlive(true, 30_000);
    }
    this.#sockets.add(outer).add(inner);

    let connected = false;
    const cancelTimeout = clock.after(innerConnectMs, () =>
      inner.destroy(new Error('the inner listener does not answer')),
    );
    let localPort: number | undefined;
    inner.once('connect', () => {
      connected = true;
      cancelTimeout();
      localPort = inner.localPort;
      if (localPort !== undefined) this.#origins.set(localPort, address);
      inner.write(requestHead(request));
      if (head.length > 0) inner.write(head);
      outer.pipe(inner);
      inner.pipe(outer);
    });
    inner.on('error', (error) => {
      this.#init.log.debug(`inner connection for ${address}: ${error.message}`);
      if (!connected)
        refuseSocket(outer, '503 Service Unavailable', 'The relay is busy. Try again in a moment.');
    });

    let ended = 0;
    let cancelFlush: (() => void) | undefined;
    const onClose = (other: Duplex) => () => {
      ended += 1;
      if (ended === 2) {
        cancelTimeout();
        cancelFlush?.();
        this.#sockets.delete(outer);
        this.#sockets.delete(inner);
        if (localPort !== undefined) this.#origins.delete(localPort);
        leave();
        return;
      }
      // What was already read goes out before the other side is closed too, but not for ever.
      if (!other.writableEnded) other.end();
      cancelFlush = clock.after(pipeFlushMs, () => other.destroy());
    };
    outer.once('close', onClose(inner));
    inner.once('close', onClose(outer));
  }
}

/** The request's first line and headers as they came, for the inner listener. */
function requestHead(request: IncomingMessage): string {
  // The path is ours to decide: libp2p's listener answers on any.
  let text = 'GET / HTTP/1.1\r\n';
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    text += `${request.rawHeaders[i] ?? ''}: ${request.rawHeaders[i + 1] ?? ''}\r\n`;
  }
  return `${text}\r\n`;
}

function refuseSocket(socket: Duplex, status: string, text: string): void {
  const body = `${text}\n`;
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Connection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}
