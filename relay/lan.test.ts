import { generateKeyPair } from '@libp2p/crypto/keys';
import type { PeerId } from '@libp2p/interface';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../src/lib/base/index.ts';
import { Neighbours } from './lan.ts';
import { neighboursMax } from './limits.ts';

async function newPeer(): Promise<PeerId> {
  return peerIdFromPrivateKey(await generateKeyPair('Ed25519'));
}

async function setup() {
  const self = await newPeer();
  const connected = new Set<string>();
  const dialled: string[][] = [];
  const answers = { reachable: true };
  const neighbours = new Neighbours({
    self: self.toString(),
    isConnected: (peer) => connected.has(peer.toString()),
    dial: async (addresses: Multiaddr[]) => {
      dialled.push(addresses.map(String));
      if (!answers.reachable) throw new Error('no route');
      connected.add(String(addresses[0]).replace(/^.*\/p2p\//, ''));
    },
    log: silentLog,
  });
  return { self, connected, dialled, answers, neighbours };
}
const at = (id: PeerId, ...addresses: string[]) => ({
  id,
  multiaddrs: addresses.map((text) => multiaddr(text)),
});

describe('neighbour relays', () => {
  it('are connected to once, at their address on the network, and listed while connected', async () => {
    const { connected, dialled, neighbours } = await setup();
    const id = await newPeer();
    const info = at(
      id,
      '/dns4/localhost/tcp/7373/ws',
      '/ip4/127.0.0.1/tcp/7373/ws',
      '/ip4/192.168.1.9/tcp/7373/ws',
    );
    await neighbours.found(info);
    await neighbours.found(info);
    const address = `/ip4/192.168.1.9/tcp/7373/ws/p2p/${id.toString()}`;
    expect(dialled).toEqual([[address]]);
    expect(neighbours.knows(id)).toBe(true);
    expect(neighbours.list()).toEqual([{ peerId: id.toString(), addresses: [address] }]);
    connected.clear();
    expect(neighbours.list()).toEqual([]);
    await neighbours.found(info);
    expect(neighbours.list()).toHaveLength(1);
  });

  it('are not the relay itself, nor what has no address on the network, nor strangers', async () => {
    const { self, dialled, neighbours } = await setup();
    await neighbours.found(at(self, '/ip4/192.168.1.9/tcp/7373/ws'));
    await neighbours.found(
      at(await newPeer(), '/ip4/127.0.0.1/tcp/7373/ws', '/ip4/192.168.1.9/udp/7373/quic-v1'),
    );
    expect(dialled).toEqual([]);
    expect(neighbours.knows(await newPeer())).toBe(false);
  });

  it('are tried again when they did not answer, and are bounded in number', async () => {
    const { dialled, answers, neighbours } = await setup();
    answers.reachable = false;
    const first = await newPeer();
    await neighbours.found(at(first, '/ip4/192.168.1.9/tcp/1/ws'));
    answers.reachable = true;
    await neighbours.found(at(first, '/ip4/192.168.1.9/tcp/1/ws'));
    expect(dialled).toHaveLength(2);
    for (let i = 0; i < neighboursMax + 5; i++)
      await neighbours.found(at(await newPeer(), '/ip4/192.168.1.9/tcp/1/ws'));
    expect(neighbours.list()).toHaveLength(neighboursMax);
  });
});
