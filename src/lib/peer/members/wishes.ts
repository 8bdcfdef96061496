import { type Bytes, type PeerId, concat, sha256, utf8 } from '../../base/index.ts';
import type { Wire } from '../../network/port.ts';
import type { Joining } from './joins.ts';
import type { QueueHost } from '../host/queue-host.ts';

/** Whom and what this peer wants to be connected to. */
export function wishesOf(
  hosts: Iterable<QueueHost>,
  joins: Iterable<Joining>,
  ownRelays: Iterable<string>,
): { readonly relays: Set<string>; readonly peers: Set<PeerId>; readonly keys: Bytes[] } {
  const relays = new Set(ownRelays);
  const peers = new Set<PeerId>();
  const keys: Bytes[] = [];
  for (const host of hosts) {
    const { head } = host.state;
    for (const address of head.relays) relays.add(address);
    // Another machine with this key takes part there: who looks for this peer is to find that one.
    if (hasGivenWay(host)) continue;
    for (const peer of host.wanted()) peers.add(peer);
    // A queue bound to the local network is not announced anywhere.
    if (!head.lan) keys.push(rendezvousKey(head.rendezvous));
  }
  for (const { join } of joins) {
    for (const address of join.link.relays) relays.add(address);
    for (const peer of join.link.peers) peers.add(peer);
    if (join.link.rendezvous !== undefined) keys.push(rendezvousKey(join.link.rendezvous));
  }
  return { relays, peers, keys };
}

/**
 * Tells the wire whom and what this peer wants to be connected to. Where another copy of this profile has taken its place in every queue, what the
 * others send to its peer must not come here: until it joins again it is connected to nobody.
 */
export function wish(
  wire: Wire,
  hosts: readonly QueueHost[],
  joins: readonly Joining[],
  ownRelays: Iterable<string>,
): void {
  const { relays, peers, keys } = wishesOf(hosts, joins, ownRelays);
  peers.delete(wire.self);
  wire.setRelays([...relays]);
  wire.want(peers, hosts.length > 0 && hosts.every(hasGivenWay) && joins.length === 0);
  wire.rendezvous(keys);
}

function hasGivenWay(host: QueueHost): boolean {
  return host.trouble?.code === 'superseded';
}

/** Where a queue's peers meet on the DHT: only those who know the queue can name it, and it does not name the queue. */
function rendezvousKey(rendezvous: Uint8Array): Bytes {
  return sha256(concat(utf8('peerprint/rendezvous/1\n'), rendezvous));
}
