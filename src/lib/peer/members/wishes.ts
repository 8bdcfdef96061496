import type { PeerId } from '../../base/index.ts';
import type { RendezvousKey, Wire } from '../../network/port.ts';
import type { Joining } from './joins.ts';
import { invitationRendezvousKey, isLiving, rendezvousKey } from '../../queue/index.ts';
import type { QueueHost } from '../host/queue-host.ts';
import { invitationKeysMax } from '../limits.ts';

/** Whom and what this peer wants to be connected to, the most important first. */
export function wishesOf(
  hosts: Iterable<QueueHost>,
  joins: Iterable<Joining>,
  ownRelays: Iterable<string>,
  self: PeerId,
): { readonly relays: Set<string>; readonly peers: Set<PeerId>; readonly keys: readonly RendezvousKey[] } {
  const relays = new Set(ownRelays);
  const peers = new Set<PeerId>();
  const listeners = new Set<PeerId>();
  const ofQueues: RendezvousKey[] = [];
  const ofInvitations: RendezvousKey[] = [];
  for (const host of hosts) {
    const { head } = host.state;
    for (const address of head.relays) relays.add(address);
    // Another machine with this key takes part there: who looks for this peer is to find that one.
    if (hasGivenWay(host)) continue;
    // Those first who keep a queue: a wire holds so many connections only, and who was away comes back by them.
    for (const peer of host.wanted())
      (host.state.members.get(peer)?.voter === false ? listeners : peers).add(peer);
    // A queue bound to the local network is not announced anywhere.
    if (head.lan) continue;
    ofQueues.push({ key: rendezvousKey(head.rendezvous), announced: true, sought: true });
    ofInvitations.push(...invitationKeys(host, self));
  }
  for (const { join } of joins) {
    for (const address of join.link.relays) relays.add(address);
    for (const peer of join.link.peers) peers.add(peer);
    const { rendezvousKey: key } = join.link;
    if (key !== undefined) ofQueues.push({ key, announced: false, sought: true });
  }
  for (const peer of listeners) peers.add(peer);
  return { relays, peers, keys: [...ofQueues, ...ofInvitations] };
}

/** Where those who hold a link look: there they find who keeps the queue, or who made the link, for as long as its invitation lives. */
function* invitationKeys({ state }: QueueHost, self: PeerId): Iterable<RendezvousKey> {
  const { members, stampMs } = state;
  const votes = members.get(self)?.voter === true;
  const living = [...state.invitations.values()].filter(
    (each) => (votes || each.by === self) && isLiving(each, members.get(each.by), stampMs),
  );
  for (const { publicKey } of living.slice(-invitationKeysMax))
    yield { key: invitationRendezvousKey(publicKey), announced: true, sought: false };
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
  const { relays, peers, keys } = wishesOf(hosts, joins, ownRelays, wire.self);
  peers.delete(wire.self);
  wire.setRelays([...relays]);
  wire.want(peers, hosts.length > 0 && hosts.every(hasGivenWay) && joins.length === 0);
  wire.rendezvous(keys);
}

function hasGivenWay(host: QueueHost): boolean {
  return host.trouble?.code === 'superseded';
}
