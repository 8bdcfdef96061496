import type { PeerDiscovery, PeerId, PeerInfo } from '@libp2p/interface';
import { type MulticastDNSComponents, mdns } from '@libp2p/mdns';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import { type Log, messageOf } from '../src/lib/base/index.ts';
import { isLoopback } from './addresses.ts';
import { lanQueryMs, neighbourDialMs, neighboursMax } from './limits.ts';

/** Another relay on the same network. */
export interface Neighbour {
  readonly peerId: string;
  /** Multiaddrs, each ending in `/p2p/<peerId>`. */
  readonly addresses: readonly string[];
}

/** Multicast DNS name that PeerPrint relays call and answer to; other libp2p programs use another. */
const serviceTag = '_peerprint-relay._udp.local';

/** Asks the local network for other relays, answers when they ask, and calls `onFound` with each answer. */
export function lanDiscovery(
  onFound: (found: PeerInfo) => void,
): (components: MulticastDNSComponents) => PeerDiscovery {
  return (components) => {
    const discovery = mdns({ serviceTag, interval: lanQueryMs })(components);
    discovery.addEventListener('peer', (event) => onFound(event.detail));
    return discovery;
  };
}

/** What `Neighbours` needs of the node. */
export interface NeighboursInit {
  readonly self: string;
  readonly isConnected: (peer: PeerId) => boolean;
  readonly dial: (addresses: Multiaddr[], signal: AbortSignal) => Promise<unknown>;
  readonly log: Log;
}

/**
 * The relays on the same network. A relay holds a connection to each, so that their DHTs are one: two people who
 * each opened their own laptop's relay find each other.
 */
export class Neighbours {
  readonly #init: NeighboursInit;
  readonly #known = new Map<string, { readonly id: PeerId; readonly addresses: readonly string[] }>();
  readonly #dialling = new Set<string>();

  constructor(init: NeighboursInit) {
    this.#init = init;
  }

  /** True for a relay that was found on this network: the only peers that the relay itself connects to. */
  knows(peer: PeerId): boolean {
    return this.#known.has(peer.toString());
  }

  /** The neighbours that there is a connection with, which proves that they hold their key. */
  list(): Neighbour[] {
    return [...this.#known.values()]
      .filter(({ id }) => this.#init.isConnected(id))
      .map(({ id, addresses }) => ({ peerId: id.toString(), addresses }));
  }

  /** Takes an answer from the network, and connects if there is no connection yet. */
  async found(info: PeerInfo): Promise<void> {
    const name = info.id.toString();
    const addresses = info.multiaddrs
      .filter(isLanAddress)
      .map((address) => `${withoutPeer(address)}/p2p/${name}`);
    if (name === this.#init.self || addresses.length === 0) return;
    if (!this.#known.has(name) && this.#known.size >= neighboursMax && !this.#forgetGone()) return;
    this.#known.set(name, { id: info.id, addresses });
    if (this.#dialling.has(name) || this.#init.isConnected(info.id)) return;
    this.#dialling.add(name);
    try {
      await this.#init.dial(
        addresses.map((address) => multiaddr(address)),
        AbortSignal.timeout(neighbourDialMs),
      );
      this.#init.log.info(`found the relay ${name} on this network`);
    } catch (error) {
      this.#init.log.debug(`the relay ${name} on this network does not answer: ${messageOf(error)}`);
    } finally {
      this.#dialling.delete(name);
    }
  }

  #forgetGone(): boolean {
    for (const [name, { id }] of this.#known) {
      if (this.#init.isConnected(id)) continue;
      this.#known.delete(name);
      return true;
    }
    return false;
  }
}

/** WebSocket addresses by number, other than this machine's: what a stranger's answer may make the relay dial. */
function isLanAddress(address: Multiaddr): boolean {
  const [host, tcp, ...rest] = address.getComponents();
  const isIp = host?.name === 'ip4' || host?.name === 'ip6';
  return isIp && !isLoopback(host.value ?? '') && tcp?.name === 'tcp' && rest[0]?.name === 'ws';
}

function withoutPeer(address: Multiaddr): string {
  return address.toString().replace(/\/p2p\/.*$/, '');
}
