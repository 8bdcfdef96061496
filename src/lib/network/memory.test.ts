import { describe, expect, test } from 'vitest';
import type { PeerId } from '../base/index.ts';
import { ManualClock, seededRandom, utf8 } from '../base/index.ts';
import { MemoryNetwork } from './memory.ts';
import { raftLimits, raftProtocol } from './protocols.ts';
import type { WireHarness } from './wire.suite.ts';
import { newsSuite } from './news.suite.ts';
import { wireSuite } from './wire.suite.ts';

const alice = 'alice' as PeerId;
const bob = 'bob' as PeerId;

/** Lets promises settle: a handful of microtasks, then the event loop once. */
const breathe = () => new Promise<void>((resolve) => setImmediate(resolve));

async function harness(): Promise<WireHarness> {
  const clock = new ManualClock();
  const network = new MemoryNetwork({ clock, random: seededRandom(1) });
  const until = async (condition: () => boolean, what: string) => {
    for (let step = 0; !condition(); step++) {
      if (step > 20_000) throw new Error(`waited in vain for ${what}`);
      clock.advance(5);
      await breathe();
    }
  };
  const a = network.join(alice);
  const b = network.join(bob);
  return {
    a,
    b,
    until,
    async run(promise) {
      let settled = false;
      const mark = () => (settled = true);
      promise.then(mark, mark);
      await until(() => settled, 'a promise');
      return promise;
    },
    async pause(ms) {
      clock.advance(ms);
      await breathe();
    },
    async breakLine() {
      network.cut(alice, bob);
      clock.advance(network.detectMs);
      network.heal();
      await breathe();
    },
    close: async () => {
      await Promise.all([a.close(), b.close()]);
    },
  };
}

wireSuite('the wire in memory', harness);
newsSuite('the wire in memory', harness);

describe('the network in memory', () => {
  function pair(options: Partial<ConstructorParameters<typeof MemoryNetwork>[0]> = {}) {
    const clock = new ManualClock();
    const network = new MemoryNetwork({ clock, random: seededRandom(7), ...options });
    const got: string[] = [];
    const a = network.join(alice);
    const b = network.join(bob);
    a.handleMessages(raftProtocol, raftLimits, () => undefined);
    b.handleMessages(raftProtocol, raftLimits, (_from, message) => got.push(String(message[0])));
    a.want(new Set([bob]));
    clock.advance(100);
    return { clock, network, a, b, got };
  }

  test('loses, delays and doubles messages as its weather says', () => {
    const { clock, network, a, got } = pair();
    network.setWeather(() => []);
    a.send(bob, raftProtocol, new Uint8Array([1]));
    network.setWeather(() => [500]);
    a.send(bob, raftProtocol, new Uint8Array([2]));
    network.setWeather(() => [501, 502]);
    a.send(bob, raftProtocol, new Uint8Array([3]));
    clock.advance(499);
    expect(got).toEqual([]);
    clock.advance(100);
    expect(got).toEqual(['2', '3', '3']);
  });

  test('lets messages overtake each other only when told to', () => {
    for (const reorder of [false, true]) {
      const { clock, network, a, got } = pair({ reorder });
      network.setWeather(() => [50]);
      a.send(bob, raftProtocol, new Uint8Array([1]));
      network.setWeather(() => [10]);
      a.send(bob, raftProtocol, new Uint8Array([2]));
      clock.advance(100);
      expect(got).toEqual(reorder ? ['2', '1'] : ['1', '2']);
    }
  });

  test('a line cut one way loses messages one way, and is dropped after the detection time', () => {
    const { clock, network, a, b, got } = pair({ detectMs: 1_000 });
    network.cut(alice, bob, true);
    expect(a.send(bob, raftProtocol, new Uint8Array([1]))).toBe(true);
    clock.advance(500);
    expect(got).toEqual([]);
    expect(b.connections()).toHaveLength(1);
    clock.advance(600);
    expect(b.connections()).toHaveLength(0);
    network.heal(alice, bob);
    clock.advance(100);
    expect(a.connections()).toHaveLength(1);
  });

  test('a crashed peer hears nothing, and is found again once it has joined again', () => {
    const { clock, network, a, got } = pair();
    network.crash(bob);
    clock.advance(100);
    expect(a.send(bob, raftProtocol, new Uint8Array([1]))).toBe(false);
    const again = network.join(bob);
    again.handleMessages(raftProtocol, raftLimits, (_from, message) =>
      got.push(`again ${String(message[0])}`),
    );
    clock.advance(100);
    expect(a.send(bob, raftProtocol, new Uint8Array([2]))).toBe(true);
    clock.advance(100);
    expect(got).toEqual(['again 2']);
  });

  test('the same seed gives the same run', async () => {
    const runs = [];
    for (let i = 0; i < 2; i++) {
      const clock = new ManualClock();
      const network = new MemoryNetwork({ clock, random: seededRandom(42) });
      const times: number[] = [];
      const a = network.join(alice);
      network.join(bob).handleRequests(raftProtocol, raftLimits, (_from, request) => {
        times.push(clock.monotonicMs());
        return Promise.resolve(request);
      });
      for (let n = 0; n < 5; n++) void a.request(bob, raftProtocol, utf8('x'), 1_000);
      clock.advance(200);
      await breathe();
      runs.push(times);
    }
    expect(runs[0]).toEqual(runs[1]);
    expect(runs[0]).toHaveLength(5);
  });
});
