import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { must, silentLog, systemClock } from '../src/lib/base/index.ts';
import { ClientGate } from './clients.ts';
import { until, upgradeHeaders } from './test-kit.ts';
import { UpgradePipe } from './upgrade.ts';

const listening = (server: net.Server) =>
  new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

/** An outer server with the pipe, an inner one that hands out its sockets, and a way to connect. */
async function withPipe(
  use: (connect: () => net.Socket, inner: net.Socket[], pipe: UpgradePipe) => Promise<void>,
): Promise<void> {
  const inner: net.Socket[] = [];
  const innerServer = net.createServer({ pauseOnConnect: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    inner.push(socket);
  });
  const pipe = new UpgradePipe({
    gate: new ClientGate(systemClock),
    clock: systemClock,
    log: silentLog,
    proxies: [],
  });
  const outerServer = http.createServer();
  outerServer.on('upgrade', (request, socket, head) => pipe.handle(request, socket, head));
  const outerPort = await listening(outerServer);
  pipe.open(await listening(innerServer));
  const clients: net.Socket[] = [];
  try {
    await use(
      () => {
        const client = net.connect(outerPort, '127.0.0.1');
        client.on('error', () => client.destroy());
        client.write(
          `GET /any HTTP/1.1\r\nHost: x\r\n${Object.entries(upgradeHeaders)
            .map(([name, text]) => `${name}: ${text}\r\n`)
            .join('')}\r\nEARLY`,
        );
        clients.push(client);
        return client;
      },
      inner,
      pipe,
    );
  } finally {
    pipe.close();
    for (const socket of [...clients, ...inner]) socket.destroy();
    outerServer.close();
    innerServer.close();
  }
}

describe('the upgrade pipe', () => {
  it('passes the request, what came with it, and all that follows in both directions', async () => {
    await withPipe(async (connect, inner) => {
      const client = connect();
      await until(() => inner.length === 1);
      const server = must(inner[0], 'the inner listener was reached');
      let atServer = '';
      let atClient = '';
      server.on('data', (data) => (atServer += data.toString())).resume();
      client.on('data', (data) => (atClient += data.toString()));
      await until(() => atServer.endsWith('EARLY'));
      expect(atServer.startsWith('GET / HTTP/1.1\r\n')).toBe(true);
      expect(atServer).toContain('Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n');
      client.write('more');
      server.write('answer');
      await until(() => atServer.endsWith('EARLYmore') && atClient === 'answer');
    });
  });

  it('does not gather up what the other side is too slow to read', async () => {
    await withPipe(async (connect, inner) => {
      const client = connect();
      await until(() => inner.length === 1);
      const part = Buffer.alloc(256 * 1024);
      // The inner side never reads. Only the system's socket buffers and a little of ours may fill up.
      let stalls = 0;
      while (stalls < 10 && client.bytesWritten < 256 * 1024 * 1024) {
        if (client.writableLength < 1024 * 1024) {
          client.write(part);
          stalls = 0;
        } else stalls += 1;
        await new Promise((resolve) => setTimeout(resolve, stalls > 0 ? 30 : 0));
      }
      const accepted = client.bytesWritten - client.writableLength;
      expect(accepted).toBeLessThan(64 * 1024 * 1024);
      expect(process.memoryUsage().arrayBuffers).toBeLessThan(64 * 1024 * 1024);
    });
  }, 20_000);

  it('ends both sides when one ends, and lets the last bytes through', async () => {
    await withPipe(async (connect, inner, pipe) => {
      const client = connect();
      await until(() => inner.length === 1 && pipe.connections === 1);
      let atClient = '';
      client.on('data', (data) => (atClient += data.toString()));
      const closed = new Promise((resolve) => client.once('close', resolve));
      must(inner[0], 'the inner listener was reached').end('goodbye');
      await closed;
      expect(atClient).toBe('goodbye');
      inner[0]?.destroy();
      await until(() => pipe.connections === 0);

      connect().resume();
      await until(() => inner.length === 2 && pipe.connections === 1);
      pipe.close();
      await until(() => pipe.connections === 0);
    });
  });
});
