import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2';
import { type Identify, identify } from '@libp2p/identify';
import type { Libp2p } from '@libp2p/interface';
import { type KadDHT, kadDHT, passthroughMapper } from '@libp2p/kad-dht';
import { noise } from '@libp2p/noise';
import { type Ping, ping } from '@libp2p/ping';
import { webSockets } from '@libp2p/websockets';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { dhtProtocol } from '../src/lib/network/protocols.ts';

/** For the tests of this room only: a folder of their own, a tiny built app, and peers as browsers have them. */

/** Runs `use` with a fresh folder, and removes it afterwards. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'peerprint-relay-test-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export const pageHtml = `<!doctype html><html><head><script src="/_app/immutable/entry/start.AbCdEf12.js"></script></head>
<body><script>globalThis.started = true;</script></body></html>
`;
export const scriptText = `export const text = '${'peer '.repeat(1000)}';\n`;

/** Writes what a build of the app looks like, and returns its folder. */
export async function fakeBuild(folder: string): Promise<string> {
  const app = join(folder, 'build');
  const files: Record<string, string | Uint8Array> = {
    'index.html': pageHtml,
    'manifest.webmanifest': '{"name":"PeerPrint"}',
    'service-worker.js': 'self.skip = 1;',
    'samples/cube.gcode': 'G28\n'.repeat(1000),
    'module.wasm': new Uint8Array([0, 97, 115, 109]),
    '_app/version.json': '{"version":"1"}',
    '_app/immutable/entry/start.AbCdEf12.js': scriptText,
    '_app/immutable/entry/start.AbCdEf12.js.br': brotliCompressSync(scriptText),
    '_app/immutable/entry/start.AbCdEf12.js.gz': gzipSync(scriptText),
    '.peerprint-sources': 'secret',
  };
  for (const [name, content] of Object.entries(files)) {
    const file = join(app, name);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, content);
  }
  await writeFile(join(folder, 'outside.txt'), 'outside');
  return app;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** One HTTP request, with the path sent exactly as given. */
export function request(
  url: string,
  path: string,
  options: { method?: string; headers?: http.OutgoingHttpHeaders } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const sent = http.request({
      hostname,
      port,
      path,
      method: options.method ?? 'GET',
      headers: options.headers ?? {},
      agent: false,
    });
    sent.on('error', reject);
    sent.on('upgrade', (response, socket) => {
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.alloc(0) });
      socket.destroy();
    });
    sent.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) });
      });
    });
    sent.end();
  });
}

export const upgradeHeaders = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
};

interface ClientServices extends Record<string, unknown> {
  identify: Identify;
  ping: Ping;
  dht: KadDHT;
}
export type Client = Libp2p<ClientServices>;

/** A peer as a browser has it, WebRTC aside: it dials, and is found through a relay. */
export function startClient(): Promise<Client> {
  return createLibp2p<ClientServices>({
    addresses: { listen: ['/p2p-circuit'] },
    transports: [webSockets(), circuitRelayTransport()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
    services: {
      identify: identify(),
      ping: ping(),
      dht: kadDHT({
        protocol: dhtProtocol,
        clientMode: true,
        peerInfoMapper: passthroughMapper,
      }),
    },
  });
}

/** Connects to a relay and waits for a place there. Returns the addresses others reach the client under. */
export async function takePlace(client: Client, relayAddress: string): Promise<string[]> {
  await client.dial(multiaddr(relayAddress), { signal: AbortSignal.timeout(5000) });
  await until(() => client.getMultiaddrs().some((address) => address.toString().includes('/p2p-circuit')));
  return client.getMultiaddrs().map((address) => address.toString());
}

/** Waits until the condition holds, at most `timeoutMs`. */
export async function until(holds: () => boolean | Promise<boolean>, timeoutMs = 8000): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error('what was waited for did not happen');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
