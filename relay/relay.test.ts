import { join } from 'node:path';
import { multiaddr } from '@multiformats/multiaddr';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import { sha256 } from 'multiformats/hashes/sha2';
import { describe, expect, it } from 'vitest';
import { must } from '../src/lib/base/index.ts';
import { dhtAges } from './dht.ts';
import { providerMs, providerSweepMs, peerMs } from './limits.ts';
import { type Relay, type RelayParts, startRelay } from './relay.ts';
import { type Client, fakeBuild, startClient, takePlace, until, withFolder } from './test-kit.ts';

/** Runs `use` with a relay and as many clients as it takes, and stops them all. */
async function withRelay(
  use: (relay: Relay, client: () => Promise<Client>, restart: () => Promise<Relay>) => Promise<void>,
  parts: Partial<RelayParts> = {},
): Promise<void> {
  await withFolder(async (folder) => {
    const config = { dataDir: join(folder, 'data'), appDir: await fakeBuild(folder) };
    let relay = await startRelay({ ...config, port: 0 }, parts);
    const clients: Client[] = [];
    try {
      await use(
        relay,
        async () => {
          const client = await startClient();
          clients.push(client);
          return client;
        },
        async () => {
          const { port } = relay;
          await relay.stop();
          relay = await startRelay({ ...config, port }, parts);
          return relay;
        },
      );
    } finally {
      await Promise.all(clients.map((client) => client.stop()));
      await relay.stop();
    }
  });
}

const relayAddress = (relay: Relay) => must(relay.addresses[0], 'a relay has an address');
async function keyOf(text: string): Promise<CID> {
  return CID.createV1(raw.code, await sha256.digest(new TextEncoder().encode(text)));
}
const signal = () => AbortSignal.timeout(8000);
async function providersOf(client: Client, key: CID): Promise<string[]> {
  const found: string[] = [];
  for await (const provider of client.contentRouting.findProviders(key, { signal: signal() })) {
    found.push(...provider.multiaddrs.map(String));
  }
  return found;
}

describe('peers at a relay', () => {
  it('get a place there, and are reached through it by others', async () => {
    await withRelay(async (relay, client) => {
      const a = await client();
      const b = await client();
      const placed = await takePlace(a, relayAddress(relay));
      expect(placed).toContain(`${relayAddress(relay)}/p2p-circuit/p2p/${a.peerId.toString()}`);
      expect(relay.health()).toMatchObject({ peers: 1, reservations: 1, connections: 1 });

      const through = must(
        placed.find((address) => address.includes('/p2p-circuit')),
        'an address through the relay',
      );
      const connection = await b.dial(multiaddr(through), { signal: signal() });
      expect(connection.remotePeer.equals(a.peerId)).toBe(true);
      expect(connection.limits?.bytes).toBeGreaterThan(60n * 1024n * 1024n);
      expect(await b.services.ping.ping(a.peerId, { signal: signal() })).toBeGreaterThanOrEqual(0);
    });
  });

  it('move a file through it, more than the usual relay would let pass', async () => {
    await withRelay(async (relay, client) => {
      const a = await client();
      const b = await client();
      const protocol = '/peerprint/test/1.0.0';
      let received = 0;
      await a.handle(
        protocol,
        async (stream) => {
          for await (const part of stream) received += part.byteLength;
        },
        { runOnLimitedConnection: true },
      );
      const placed = await takePlace(a, relayAddress(relay));
      const through = must(
        placed.find((address) => address.includes('/p2p-circuit')),
        'an address through the relay',
      );
      const stream = await b.dialProtocol(multiaddr(through), protocol, {
        runOnLimitedConnection: true,
        signal: signal(),
      });
      const part = new Uint8Array(64 * 1024);
      const total = 8 * 1024 * 1024;
      for (let sent = 0; sent < total; sent += part.length) {
        if (!stream.send(part)) await stream.onDrain({ signal: signal() });
      }
      await stream.close({ signal: signal() });
      await until(() => received === total);
    });
  }, 20_000);

  it('find each other in the DHT under a key', async () => {
    await withRelay(async (relay, client) => {
      const a = await client();
      const b = await client();
      await takePlace(a, relayAddress(relay));
      await takePlace(b, relayAddress(relay));
      const key = await keyOf('a queue');
      await a.contentRouting.provide(key, { signal: signal() });
      const found = await providersOf(b, key);
      expect(
        found.some(
          (address) =>
            address.endsWith(`/p2p-circuit/p2p/${a.peerId.toString()}`) || address.includes('/p2p-circuit'),
        ),
      ).toBe(true);
      const connection = await b.dial(a.peerId, { signal: signal() });
      expect(connection.remotePeer.equals(a.peerId)).toBe(true);
    });
  }, 20_000);

  it('give their place back when they leave, and get it again when they return', async () => {
    await withRelay(async (relay, client) => {
      const a = await client();
      await takePlace(a, relayAddress(relay));
      await a.stop();
      await until(() => relay.health().reservations === 0 && relay.health().connections === 0);
      const b = await client();
      await takePlace(b, relayAddress(relay));
      expect(relay.health().reservations).toBe(1);
    });
  });

  it('find the relay again under the same identity after its restart', async () => {
    await withRelay(async (relay, client, restart) => {
      const a = await client();
      await takePlace(a, relayAddress(relay));
      const again = await restart();
      expect(again.addresses).toEqual(relay.addresses);
      await until(() => a.getConnections().length === 0);
      await takePlace(a, relayAddress(again));
      await until(() => again.health().reservations === 1);
    });
  }, 20_000);
});

describe('provider records', () => {
  it('go before the addresses of their peers do', () => {
    expect(providerMs + 2 * providerSweepMs).toBeLessThan(peerMs);
  });

  it('of a peer that has been gone for long do not hide those who are there', async () => {
    const ages = { ...dhtAges, providerMs: 600, providerSweepMs: 150, addressMs: 1500, peerMs: 1500 };
    await withRelay(
      async (relay, client) => {
        const gone = await client();
        const here = await client();
        const asks = await client();
        for (const each of [gone, here, asks]) await takePlace(each, relayAddress(relay));
        const key = await keyOf('a queue with a past');
        await gone.contentRouting.provide(key, { signal: signal() });
        await gone.stop();
        await new Promise((resolve) => setTimeout(resolve, 2000));
        await here.contentRouting.provide(key, { signal: signal() });
        const found = await providersOf(asks, key);
        expect(
          found.some(
            (address) => address.includes(here.peerId.toString()) || address.includes('/p2p-circuit'),
          ),
        ).toBe(true);
      },
      { ages },
    );
  }, 20_000);
});

describe('a relay', () => {
  it('refuses a second one with the same data folder, and leaves nothing running', async () => {
    await withFolder(async (folder) => {
      const config = { port: 0, dataDir: join(folder, 'data'), appDir: await fakeBuild(folder) };
      const first = await startRelay(config);
      await expect(startRelay(config)).rejects.toMatchObject({ code: 'data-in-use' });
      await expect(
        startRelay({ ...config, dataDir: join(folder, 'other'), port: first.port }),
      ).rejects.toMatchObject({
        code: 'port-in-use',
      });
      // The refused one gave its own folder free again.
      const second = await startRelay({ ...config, dataDir: join(folder, 'other') });
      await second.stop();
      await first.stop();
      await first.stop();
    });
  });

  it('refuses to start without a built app', async () => {
    await withFolder(async (folder) => {
      await expect(startRelay({ port: 0, dataDir: folder, appDir: folder })).rejects.toMatchObject({
        code: 'no-app',
      });
    });
  });

  it('tells others what it was told to announce, in place of its own addresses', async () => {
    await withFolder(async (folder) => {
      const relay = await startRelay({
        port: 0,
        dataDir: join(folder, 'data'),
        appDir: await fakeBuild(folder),
        announce: ['https://print.example', 'pi.local'],
      });
      expect(relay.description().addresses).toEqual([
        `/dns4/print.example/tcp/443/wss/p2p/${relay.peerId}`,
        `/dns4/pi.local/tcp/${relay.port}/ws/p2p/${relay.peerId}`,
      ]);
      expect(relay.httpUrl).toBe(`http://localhost:${relay.port}`);
      await relay.stop();
    });
  });
});
