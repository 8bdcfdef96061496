import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { type Log, RefusalError, messageOf } from '../src/lib/base/index.ts';
import { codeOf } from './identity.ts';
import { securityHeaders } from './headers.ts';
import { headersMs } from './limits.ts';
import type { Site } from './site.ts';
import type { UpgradePipe } from './upgrade.ts';

/** A certificate that was read and fits its key. */
export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** The host names and addresses it is for, wildcards left out. */
  readonly names: readonly string[];
  readonly validToMs: number;
}

/**
 * Reads a certificate and its key.
 * @throws RefusalError `bad-certificate` when a file is missing, unreadable or not what it should be.
 */
export async function readCertificate(certFile: string, keyFile: string): Promise<Certificate> {
  const [cert, key] = await Promise.all([readPart('--tls-cert', certFile), readPart('--tls-key', keyFile)]);
  let leaf: X509Certificate;
  try {
    leaf = new X509Certificate(cert);
  } catch (error) {
    throw badCertificate(`${certFile} is no certificate in PEM form (${messageOf(error)}).`);
  }
  let fits: boolean;
  try {
    fits = leaf.checkPrivateKey(createPrivateKey(key));
  } catch (error) {
    throw badCertificate(
      `${keyFile} is no private key in PEM form without a passphrase (${messageOf(error)}).`,
    );
  }
  if (!fits) throw badCertificate(`The key in ${keyFile} does not belong to the certificate in ${certFile}.`);
  const names = [...(leaf.subjectAltName ?? '').matchAll(/(?:DNS|IP Address):([^,\s]+)/g)].map(
    (match) => match[1] ?? '',
  );
  return {
    cert,
    key,
    names: names.filter((name) => !name.includes('*')),
    validToMs: Date.parse(leaf.validTo),
  };
}

async function readPart(flag: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw badCertificate(`The file of ${flag} can't be read (${messageOf(error)}).`);
  }
}

function badCertificate(text: string): RefusalError {
  return new RefusalError({ code: 'bad-certificate', text });
}

/** What `startHttp` serves. */
export interface HttpInit {
  readonly host: string;
  readonly port: number;
  readonly certificate: Certificate | undefined;
  readonly site: Site;
  readonly pipe: UpgradePipe;
  /** What `/healthz` says, or undefined while the relay is starting. */
  readonly health: () => object | undefined;
  /** What `/.well-known/peerprint.json` says, or undefined while the relay is starting. */
  readonly description: () => object | undefined;
  readonly log: Log;
}

export interface HttpDoor {
  readonly port: number;
  /** Takes a renewed certificate into use for new connections. */
  renew(certificate: Certificate): void;
  /** Stops listening and ends what is open. */
  stop(): Promise<void>;
}

/**
 * Listens for HTTP (or HTTPS) and hands WebSocket requests to the pipe.
 * @throws RefusalError `port-in-use`, or `bad-host` when the host is none of this machine's.
 */
export async function startHttp(init: HttpInit): Promise<HttpDoor> {
  // Browsers try both forms of "localhost": another program on one of them would get half of our visitors.
  const hosts = init.host === 'localhost' ? ['127.0.0.1', '::1'] : [init.host];
  const servers: (http.Server | https.Server)[] = [];
  let port = init.port;
  const stop = async () => {
    await Promise.all(servers.map((server) => closeServer(server)));
  };
  for (const host of hosts) {
    const server = createServer(init);
    try {
      await listen(server, host, port);
    } catch (error) {
      const code = codeOf(error);
      // A machine without IPv6 has no ::1, and needs none.
      if (servers.length > 0 && (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT')) continue;
      await stop();
      throw listenRefusal(error, host, port);
    }
    servers.push(server);
    port = (server.address() as AddressInfo).port;
  }
  return {
    port,
    renew(certificate) {
      for (const server of servers) {
        if (server instanceof https.Server)
          server.setSecureContext({ cert: certificate.cert, key: certificate.key });
      }
    },
    stop,
  };
}

function createServer(init: HttpInit): http.Server | https.Server {
  const onRequest = (request: http.IncomingMessage, response: http.ServerResponse) => {
    answer(init, request, response).catch((error: unknown) => {
      // A reader who left in the middle is no trouble of ours.
      if (codeOf(error) !== 'ERR_STREAM_PREMATURE_CLOSE')
        init.log.warn(`${request.url ?? ''}: ${messageOf(error)}`);
      if (!response.headersSent) sendText(request, response, 500, 'The relay could not read this file.');
      else response.destroy();
    });
  };
  const options = { headersTimeout: headersMs, requestTimeout: 2 * headersMs };
  const { certificate } = init;
  const server =
    certificate === undefined
      ? http.createServer(options, onRequest)
      : https.createServer({ ...options, cert: certificate.cert, key: certificate.key }, onRequest);
  server.on('upgrade', (request, socket, head) => init.pipe.handle(request, socket, head));
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    else socket.destroy();
  });
  return server;
}

async function answer(
  init: HttpInit,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
  const path = pathOf(request.url ?? '/');
  if (path === undefined) {
    sendText(request, response, 400, 'This address is malformed.');
    return;
  }
  const isDescription = path === '/.well-known/peerprint.json';
  // Other relays' apps read this one: a person pastes our link there.
  if (isDescription) response.setHeader('Access-Control-Allow-Origin', '*');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    sendText(request, response, 405, 'Only GET and HEAD are answered here.');
    return;
  }
  if (isDescription) {
    response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
    sendJson(request, response, init.description());
  } else if (path === '/healthz') {
    sendJson(request, response, init.health());
  } else {
    response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
    await init.site.serve(path, request, response);
  }
}

/** The decoded path of a request target, or undefined when it is malformed. */
function pathOf(target: string): string | undefined {
  if (!target.startsWith('/')) return undefined;
  try {
    return decodeURIComponent(target.split(/[?#]/, 1)[0] ?? '/');
  } catch {
    return undefined;
  }
}

function sendJson(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  value: object | undefined,
): void {
  const body = `${JSON.stringify(value ?? { ok: false, starting: true })}\n`;
  response.writeHead(value === undefined ? 503 : 200, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function sendText(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  status: number,
  text: string,
): void {
  const body = `${text}\n`;
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function listen(server: http.Server | https.Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, ipv6Only: host === '::1' }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function closeServer(server: http.Server | https.Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function listenRefusal(error: unknown, host: string, port: number): RefusalError {
  const code = codeOf(error);
  if (code === 'EADDRINUSE') {
    return new RefusalError({
      code: 'port-in-use',
      text: `Port ${port} on ${host} is in use, perhaps by another relay. Stop that program, or choose another port: npm start -- --port ${port + 1}`,
    });
  }
  if (code === 'EACCES') {
    return new RefusalError({
      code: 'port-denied',
      text: `Port ${port} needs more rights than this account has. Choose a port above 1023, or put a reverse proxy in front (docs/self-hosting.md).`,
    });
  }
  return new RefusalError({
    code: 'bad-host',
    text: `The relay can't listen on ${host} (${messageOf(error)}). Give --host one of this machine's addresses, or 0.0.0.0 for all of them.`,
  });
}
