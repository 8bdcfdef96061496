import type { CircuitRelayService } from '@libp2p/circuit-relay-v2';
import { generateKeyPair } from '@libp2p/crypto/keys';
import type { Connection, PeerId } from '@libp2p/interface';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { multiaddr } from '@multiformats/multiaddr';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../src/lib/base/index.ts';
import { Places } from './circuit.ts';

/** Peers with a connection from an inner port each, and the addresses behind those ports. */
async function setup(origins: readonly string[]) {
  const peers: PeerId[] = [];
  for (let i = 0; i < origins.length; i++) peers.push(peerIdFromPrivateKey(await generateKeyPair('Ed25519')));
  const held = new Map<string, { peer: PeerId; signal: { clear(): void } }>();
  let cleared = 0;
  const reservations = {
    get: (peer: PeerId) => held.get(peer.toString()),
    delete: (peer: PeerId) => held.delete(peer.toString()),
    keys: () => [...held.values()].map(({ peer }) => peer)[Symbol.iterator](),
  };
  const places = new Places({
    service: () => ({ reservations }) as unknown as CircuitRelayService,
    connectionsTo: (peer) => {
      const port = 1000 + peers.findIndex((each) => each.equals(peer));
      return [{ remoteAddr: multiaddr(`/ip4/127.0.0.1/tcp/${port}/ws`) } as Connection];
    },
    originOf: (port) => origins[port - 1000],
    log: silentLog,
    perAddressMax: 2,
  });
  const ask = (at: number): boolean => {
    const peer = peers[at];
    if (peer === undefined || places.denies(peer)) return false;
    held.set(peer.toString(), { peer, signal: { clear: () => (cleared += 1) } });
    return true;
  };
  const leave = (at: number): void => {
    const peer = peers[at];
    if (peer !== undefined) places.free(peer);
  };
  return { ask, leave, held, cleared: () => cleared };
}

describe('places at a relay', () => {
  it('are shared out by address, and a peer that has one may renew it', async () => {
    const here = '203.0.113.1';
    const { ask, leave, held, cleared } = await setup([here, here, here, '203.0.113.2']);
    expect([ask(0), ask(1), ask(2), ask(3)]).toEqual([true, true, false, true]);
    expect(ask(0)).toBe(true);
    leave(1);
    expect(held.size).toBe(2);
    // The timer of a place that was given back must not end the next one of the same peer.
    expect(cleared()).toBe(1);
    expect(ask(2)).toBe(true);
    leave(1);
    expect(cleared()).toBe(1);
  });

  it("are not counted for peers on the relay's own machine", async () => {
    const { ask } = await setup(['127.0.0.1', '127.0.0.1', '::1']);
    expect([ask(0), ask(1), ask(2)]).toEqual([true, true, true]);
  });
});
