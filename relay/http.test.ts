import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { rm, utimes, writeFile } from 'node:fs/promises';
import https from 'node:https';
import net from 'node:net';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inlineScriptHashes } from './headers.ts';
import { type Relay, startRelay } from './relay.ts';
import { fakeBuild, pageHtml, request, scriptText, upgradeHeaders, withFolder } from './test-kit.ts';

let relay: Relay;
let app: string;
let release: () => void;
let done: Promise<void>;
const get = (path: string, headers = {}) => request(relay.httpUrl, path, { headers });
const scriptPath = '/_app/immutable/entry/start.AbCdEf12.js';

beforeAll(async () => {
  await new Promise<void>((ready, fail) => {
    done = withFolder(async (folder) => {
      app = await fakeBuild(folder);
      relay = await startRelay(
        {
          port: 0,
          dataDir: join(folder, 'data'),
          appDir: app,
          name: 'Test relay',
        },
        { clientLimits: { connectionsPerIpMax: 2, connectsPerIpBurst: 3, connectsPerIpPerSecond: 0 } },
      );
      await new Promise<void>((resolve) => {
        release = resolve;
        ready();
      });
      await relay.stop();
    });
    done.catch(fail);
  });
});
afterAll(async () => {
  release();
  await done;
});

describe('the served app', () => {
  it('has content types that browsers take', async () => {
    const expected: Record<string, string> = {
      '/': 'text/html; charset=utf-8',
      [scriptPath]: 'text/javascript; charset=utf-8',
      '/manifest.webmanifest': 'application/manifest+json; charset=utf-8',
      '/samples/cube.gcode': 'text/x.gcode; charset=utf-8',
      '/module.wasm': 'application/wasm',
      '/_app/version.json': 'application/json; charset=utf-8',
    };
    for (const [path, type] of Object.entries(expected)) {
      const answer = await get(path);
      expect([path, answer.status, answer.headers['content-type']]).toEqual([path, 200, type]);
    }
  });

  it('answers its routes with the page, and a missing file with 404', async () => {
    for (const path of ['/', '/queue/bafy', '/share', '/index.html', '/queue?x=a.js', '/a.b/c']) {
      const answer = await get(path);
      expect([path, answer.status, answer.body.toString()]).toEqual([path, 200, pageHtml]);
    }
    for (const path of [
      '/_app/immutable/gone.js',
      '/_app/gone',
      '/icon.png',
      '/.hidden',
      '/.well-known/other',
    ]) {
      const answer = await get(path);
      expect([path, answer.status]).toEqual([path, 404]);
      expect(answer.headers['cache-control']).toBe('no-store');
    }
  });

  it('lets nobody out of its folder, and shows no hidden file', async () => {
    const paths = ['/../outside.txt', '/%2e%2e/outside.txt', '/..%2foutside.txt', '/_app/../../outside.txt'];
    for (const path of [...paths, '/..%5coutside.txt', '/%00', '/.peerprint-sources', '//../outside.txt']) {
      const answer = await get(path);
      expect([
        path,
        answer.body.toString().includes('outside') || answer.body.toString().includes('secret'),
      ]).toEqual([path, false]);
      expect(answer.status).not.toBe(500);
    }
    expect((await get('/%zz')).status).toBe(400);
  });

  it('keeps for ever what has a hash in its name, and asks again for all else', async () => {
    expect((await get(scriptPath)).headers['cache-control']).toBe('public, max-age=31536000, immutable');
    for (const path of ['/', '/service-worker.js', '/_app/version.json', '/samples/cube.gcode']) {
      const answer = await get(path);
      expect(answer.headers['cache-control']).toBe('no-cache');
      const again = await get(path, { 'If-None-Match': answer.headers.etag });
      expect([again.status, again.body.length]).toEqual([304, 0]);
    }
  });

  it('is compressed as the browser accepts it, by the build or on the way', async () => {
    const brotli = await get(scriptPath, { 'Accept-Encoding': 'gzip, br' });
    expect(brotli.headers).toMatchObject({ 'content-encoding': 'br', vary: 'Accept-Encoding' });
    expect(brotliDecompressSync(brotli.body).toString()).toBe(scriptText);
    const gzip = await get(scriptPath, { 'Accept-Encoding': 'gzip, br;q=0' });
    expect(gzip.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(gzip.body).toString()).toBe(scriptText);
    const plain = await get(scriptPath);
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(plain.body.toString()).toBe(scriptText);
    const gcode = await get('/samples/cube.gcode', { 'Accept-Encoding': 'gzip' });
    expect(gcode.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(gcode.body).toString()).toBe('G28\n'.repeat(1000));
  });

  it('does not serve the compressed twin of an earlier build', async () => {
    const file = join(app, 'old.js');
    await writeFile(`${file}.gz`, 'stale');
    await utimes(`${file}.gz`, 1, 1);
    await writeFile(file, 'fresh');
    const answer = await get('/old.js', { 'Accept-Encoding': 'gzip' });
    expect(answer.body.toString()).toBe('fresh');
    await Promise.all([rm(file), rm(`${file}.gz`)]);
  });

  it('carries security headers, and a policy that allows its own inline script only', async () => {
    const { headers } = await get('/');
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
    });
    expect(headers['permissions-policy']).toContain('serial=(self), usb=(self)');
    const policy = String(headers['content-security-policy']);
    const hash = createHash('sha256').update('globalThis.started = true;').digest('base64');
    expect(policy).toContain(`script-src 'self' 'sha256-${hash}';`);
    expect(policy).toContain("connect-src 'self' ws: wss: http: https:");
    expect(policy).toContain("worker-src 'self' blob:");
    expect(inlineScriptHashes(pageHtml)).toEqual([`sha256-${hash}`]);
    expect(String((await get(scriptPath)).headers['content-security-policy'])).toContain(
      "connect-src 'self' ws:",
    );
  });

  it('is there anew after a build, without a restart', async () => {
    const { headers } = await get('/');
    await writeFile(join(app, 'index.html'), '<script>changed()</script>');
    await utimes(join(app, 'index.html'), 2_000_000_000, 2_000_000_000);
    const changed = await get('/');
    expect(changed.body.toString()).toContain('changed()');
    expect(changed.headers['content-security-policy']).not.toBe(headers['content-security-policy']);
    await writeFile(join(app, 'index.html'), pageHtml);
  });

  it('answers HEAD without a body and other methods with 405', async () => {
    const head = await request(relay.httpUrl, '/', { method: 'HEAD' });
    expect([head.status, head.body.length, head.headers['content-length']]).toEqual([
      200,
      0,
      String(pageHtml.length),
    ]);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const answer = await request(relay.httpUrl, '/', { method });
      expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, HEAD']);
    }
  });
});

describe('what the relay says about itself', () => {
  it('is its addresses, for apps from anywhere', async () => {
    const answer = await get('/.well-known/peerprint.json');
    expect(answer.headers['access-control-allow-origin']).toBe('*');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(JSON.parse(answer.body.toString())).toEqual({
      version: 1,
      peerId: relay.peerId,
      addresses: [`/dns4/localhost/tcp/${relay.port}/ws/p2p/${relay.peerId}`],
      name: 'Test relay',
      neighbours: [],
    });
  });

  it('is its health', async () => {
    const answer = await get('/healthz');
    expect(answer.headers['content-type']).toContain('application/json');
    expect(JSON.parse(answer.body.toString())).toMatchObject({ ok: true, peers: 0, reservations: 0 });
  });
});

describe('WebSocket requests', () => {
  it('reach libp2p at any path', async () => {
    for (const path of ['/', '/ws']) {
      const answer = await request(relay.httpUrl, path, { headers: upgradeHeaders });
      expect(answer.status).toBe(101);
    }
  });

  it('are refused when they are of another kind', async () => {
    expect((await get('/', { Connection: 'Upgrade', Upgrade: 'h2c' })).status).toBe(400);
  });

  it('are refused to an address that takes more than its share, while others get in', async () => {
    const { hostname, port } = new URL(relay.httpUrl);
    const open = (address: string) =>
      new Promise<{ status: string; socket: net.Socket }>((resolve, reject) => {
        const socket = net.connect(Number(port), hostname);
        socket.once('error', reject);
        socket.once('data', (data) => resolve({ status: data.toString().slice(9, 12), socket }));
        const headers = Object.entries({ ...upgradeHeaders, Host: 'x', 'X-Forwarded-For': address });
        socket.write(
          `GET / HTTP/1.1\r\n${headers.map(([name, text]) => `${name}: ${text}\r\n`).join('')}\r\n`,
        );
      });
    const first = [await open('203.0.113.1'), await open('203.0.113.1')];
    expect(first.map(({ status }) => status)).toEqual(['101', '101']);
    const refused = await open('203.0.113.1');
    expect(refused.status).toBe('429');
    const other = await open('203.0.113.2');
    expect(other.status).toBe('101');
    for (const { socket } of [...first, refused, other]) socket.destroy();
  });
});

describe('HTTPS', () => {
  it('serves with a certificate, names the hosts in it, and refuses a bad one with a sentence', async () => {
    await withFolder(async (folder) => {
      const certFile = join(folder, 'cert.pem');
      const keyFile = join(folder, 'key.pem');
      const otherKey = join(folder, 'other.pem');
      const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
      openssl(
        ...[
          'req',
          '-x509',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:prime256v1',
          '-nodes',
          '-days',
          '2',
        ],
        ...[
          '-keyout',
          keyFile,
          '-out',
          certFile,
          '-subj',
          '/CN=x',
          '-addext',
          'subjectAltName=DNS:localhost,DNS:*.example,IP:127.0.0.1',
        ],
      );
      openssl('genpkey', '-algorithm', 'ed25519', '-out', otherKey);
      const base = { port: 0, dataDir: join(folder, 'data'), appDir: await fakeBuild(folder) };
      const secure = await startRelay({ ...base, tls: { certFile, keyFile } });
      try {
        expect(secure.addresses).toEqual([
          `/dns4/localhost/tcp/${secure.port}/wss/p2p/${secure.peerId}`,
          `/ip4/127.0.0.1/tcp/${secure.port}/wss/p2p/${secure.peerId}`,
        ]);
        const status = await new Promise((resolve, reject) => {
          https
            .get(`${secure.httpUrl}/healthz`, { rejectUnauthorized: false, agent: false }, (response) => {
              response.resume().on('end', () => resolve(response.statusCode));
            })
            .on('error', reject);
        });
        expect(status).toBe(200);
      } finally {
        await secure.stop();
      }
      const refusal = (tls: { certFile: string; keyFile: string }) =>
        startRelay({ ...base, tls }).catch((error: unknown) => error);
      expect(await refusal({ certFile: join(folder, 'none'), keyFile })).toMatchObject({
        code: 'bad-certificate',
      });
      expect(await refusal({ certFile: keyFile, keyFile })).toMatchObject({ code: 'bad-certificate' });
      expect(await refusal({ certFile, keyFile: certFile })).toMatchObject({ code: 'bad-certificate' });
      expect(await refusal({ certFile, keyFile: otherKey })).toMatchObject({
        message: expect.stringContaining('does not belong'),
      });
    });
  });
});
