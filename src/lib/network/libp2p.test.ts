import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PeerId } from '../base/index.ts';
import { silentLog, systemClock, utf8 } from '../base/index.ts';
import type { Libp2pWire } from './libp2p.ts';
import { createLibp2pWire } from './libp2p.ts';
import { strangerFrameBytesMax, strangerStreamsMax } from './limits.ts';
import { presenceLimits, presenceProtocol, snapshotLimits, snapshotProtocol } from './protocols.ts';
import type { TestRelay } from './test-relay.ts';
import { newKey, startTestRelay } from './test-relay.ts';
import type { WireHarness } from './wire.suite.ts';
import { newsSuite } from './news.suite.ts';
import { wireSuite } from './wire.suite.ts';

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function until(condition: () => boolean, what: string, patienceMs = 15_000): Promise<void> {
  const end = performance.now() + patienceMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`);
    await pause(10);
  }
}

async function newWire(
  relays: readonly string[],
  webrtc: boolean,
  privateKey?: Uint8Array,
): Promise<Libp2pWire> {
  const key = privateKey ?? (await newKey());
  return createLibp2pWire({
    privateKey: key,
    clock: systemClock,
    log: silentLog,
    relays,
    allowPrivate: true,
    webrtc,
  });
}

let relay: TestRelay;
beforeAll(async () => {
  relay = await startTestRelay({ privateKey: await newKey() });
});
afterAll(() => relay.stop());

function harness(webrtc: boolean): () => Promise<WireHarness> {
  return async () => {
    const [a, b] = await Promise.all([newWire([relay.address], webrtc), newWire([relay.address], webrtc)]);
    await until(() => [a, b].every((wire) => wire.relays()[0]?.reachable === true), 'reservations');
    return {
      a,
      b,
      until,
      pause,
      run: (promise) => promise,
      async breakLine() {
        // Without its relay a relayed connection breaks; a straight one has to be cut by hand.
        const keep = a.relays().map((status) => status.address);
        a.want(new Set());
        b.want(new Set());
        await hangUp(a, b.self);
        a.setRelays(keep);
        a.want(new Set([b.self]));
        b.want(new Set([a.self]));
      },
      close: async () => {
        await Promise.all([a.close(), b.close()]);
      },
    };
  };
}

async function hangUp(wire: Libp2pWire, peer: PeerId): Promise<void> {
  wire.hangUp(peer);
  await until(
    () => !wire.connections().some((connection) => connection.peer === peer),
    'the end of the connection',
  );
}

wireSuite('the wire over libp2p, through a relay', harness(false));
wireSuite('the wire over libp2p, with WebRTC', harness(true));
newsSuite('the wire over libp2p, with WebRTC', harness(true));

describe('libp2p', () => {
  test('goes through the relay first and ends straight', async () => {
    const { a, b, close } = await harness(true)();
    const paths: string[] = [];
    a.onChange(() => {
      const path = a.connections()[0]?.path;
      if (path !== undefined && paths.at(-1) !== path) paths.push(path);
    });
    a.want(new Set([b.self]));
    b.want(new Set([a.self]));
    await until(
      () => a.connections()[0]?.path === 'direct' && b.connections()[0]?.path === 'direct',
      'straight lines',
    );
    // In between it may change more than once: a line that was dialled from both sides is the best for a moment.
    expect(paths[0]).toBe('relayed');
    expect(paths.at(-1)).toBe('direct');
    await close();
  });

  test('a relay that is restarted is found again, and peers through it too', async () => {
    const privateKey = await newKey();
    let own = await startTestRelay({ privateKey });
    const port = Number(/tcp\/(\d+)/.exec(own.address)?.[1]);
    const [a, b] = await Promise.all([newWire([own.address], false), newWire([own.address], false)]);
    a.want(new Set([b.self]));
    await until(() => a.connections().length === 1, 'a connection');
    await own.stop();
    await until(
      () => a.relays()[0]?.state === 'unreachable' && a.connections().length === 0,
      'the loss',
      20_000,
    );
    expect(a.relays()[0]?.trouble).toMatch(/127\.0\.0\.1:\d+ does not answer/);
    own = await startTestRelay({ privateKey, port });
    await until(() => a.connections().length === 1, 'the peer again', 30_000);
    await until(() => a.relays()[0]?.reachable === true, 'the reservation');
    expect(a.relays()[0]?.trouble).toBeUndefined();
    await Promise.all([a.close(), b.close()]);
    await own.stop();
  }, 60_000);

  test('with two relays, one may stay dead', async () => {
    const dead = relay.address
      .replace(/tcp\/\d+/, 'tcp/9')
      .replace(/p2p\/.*/, `p2p/${(await newWireId()) as string}`);
    const [a, b] = await Promise.all([
      newWire([dead, relay.address], false),
      newWire([dead, relay.address], false),
    ]);
    a.want(new Set([b.self]));
    await until(() => a.connections().length === 1, 'a connection');
    const states = a.relays().map((status) => status.state);
    expect(states[1]).toBe('connected');
    expect(states[0]).not.toBe('connected');
    await Promise.all([a.close(), b.close()]);
  });

  test('a text that is no relay address is told in a sentence', async () => {
    const wire = await newWire(['hello'], false);
    expect(wire.relays()[0]).toMatchObject({ state: 'unreachable', reachable: false });
    expect(wire.relays()[0]?.trouble).toMatch(/is no relay's address/);
    await wire.close();
  });

  test('a relay with another identity than the link names is told in a sentence', async () => {
    const address = relay.address.replace(/p2p\/.*/, `p2p/${(await newWireId()) as string}`);
    const wire = await newWire([address], false);
    await until(() => wire.relays()[0]?.trouble !== undefined, 'the trouble');
    expect(wire.relays()[0]?.trouble).toMatch(/another relay than the link names/);
    await wire.close();
  });

  test('a stranger gets few streams at a time and no large frames; who is known here gets both', async () => {
    const { a, b, close } = await harness(false)();
    let attended = 0;
    let most = 0;
    for (const wire of [a, b])
      wire.handleRequests(snapshotProtocol, snapshotLimits, async (_from, request) => {
        attended += 1;
        most = Math.max(most, attended);
        if (request.length === 1) await pause(1_500);
        attended -= 1;
        return request;
      });
    const ask = async (bytes: number, count: number) => {
      const asked = Array.from({ length: count }, () =>
        b.request(a.self, snapshotProtocol, new Uint8Array(bytes), 10_000),
      );
      const answers = await Promise.allSettled(asked);
      return answers.filter(({ status }) => status === 'fulfilled').length;
    };
    await ask(2, 1);
    expect(await ask(1, 12)).toBe(strangerStreamsMax);
    expect(most).toBe(strangerStreamsMax);
    expect(await ask(strangerFrameBytesMax + 1, 1)).toBe(0);
    // The place is free again.
    expect(await ask(strangerFrameBytesMax, 1)).toBe(1);
    a.want(new Set([b.self]));
    expect(await ask(1, 12)).toBe(12);
    expect(await ask(snapshotLimits.frameBytesMax, 1)).toBe(1);
    await close();
  });

  test('asking for a peer that is nowhere ends with a sentence', async () => {
    const wire = await newWire([relay.address], false);
    wire.handleRequests(presenceProtocol, presenceLimits, () => Promise.resolve(utf8('x')));
    await expect(wire.request(await newWireId(), presenceProtocol, utf8('x'), 8_000)).rejects.toThrow();
    await wire.close();
  });
});

async function newWireId(): Promise<PeerId> {
  const wire = await newWire([], false);
  await wire.close();
  return wire.self;
}
