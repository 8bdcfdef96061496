import { type CircuitRelayService, circuitRelayServer } from '@libp2p/circuit-relay-v2';
import type { Connection, PeerId } from '@libp2p/interface';
import type { Log } from '../src/lib/base/index.ts';
import { addressGroup } from './clients.ts';
import {
  hopMs,
  relayedBytesMax,
  relayedMs,
  relayedPerPeerMax,
  reservationMs,
  reservationsMax,
  reservationsPerIpMax,
} from './limits.ts';

/** Circuit relay v2, with our limits: places for peers to be found at, and links between peers that can't connect directly. */
export function circuit(): ReturnType<typeof circuitRelayServer> {
  return circuitRelayServer({
    hopTimeout: hopMs,
    maxInboundHopStreams: relayedPerPeerMax,
    maxOutboundStopStreams: relayedPerPeerMax,
    reservations: {
      maxReservations: reservationsMax,
      reservationTtl: reservationMs,
      applyDefaultLimit: true,
      defaultDurationLimit: relayedMs,
      defaultDataLimit: BigInt(relayedBytesMax),
    },
  });
}

/** What `Places` watches. */
export interface PlacesInit {
  readonly service: () => CircuitRelayService;
  readonly connectionsTo: (peer: PeerId) => readonly Connection[];
  /** The outer address of a connection that libp2p sees come from a loopback port. */
  readonly originOf: (innerPort: number) => string | undefined;
  readonly log: Log;
  readonly perAddressMax?: number;
}

/** Who holds a place: counts them per address, and frees them when their peer has gone. */
export class Places {
  readonly #init: PlacesInit;
  /** The address group of each peer that asked for a place. */
  readonly #groups = new Map<string, string>();

  constructor(init: PlacesInit) {
    this.#init = init;
  }

  /** True when `peer` must not get a place: too many from its address have one. */
  denies(peer: PeerId): boolean {
    const group = this.#groupOf(peer);
    if (group === undefined) return false;
    const { reservations } = this.#init.service();
    if (reservations.get(peer) !== undefined) return false;
    let held = 0;
    for (const holder of reservations.keys()) if (this.#groups.get(holder.toString()) === group) held += 1;
    if (held >= (this.#init.perAddressMax ?? reservationsPerIpMax)) {
      this.#init.log.warn(`refused a place to a peer from ${group}: its address holds ${held}`);
      return true;
    }
    this.#groups.set(peer.toString(), group);
    return false;
  }

  /** To be called when the last connection of `peer` has closed. The relay service itself waits for the place to expire. */
  free(peer: PeerId): void {
    this.#groups.delete(peer.toString());
    const { reservations } = this.#init.service();
    const place = reservations.get(peer);
    if (place === undefined) return;
    // Without this its timer would one day take away the place that the peer got when it came back.
    place.signal.clear();
    reservations.delete(peer);
  }

  #groupOf(peer: PeerId): string | undefined {
    for (const connection of this.#init.connectionsTo(peer)) {
      const origin = outerAddress(connection, this.#init.originOf);
      if (origin !== undefined) return addressGroup(origin);
    }
    return undefined;
  }
}

function outerAddress(
  connection: Connection,
  originOf: (innerPort: number) => string | undefined,
): string | undefined {
  const port = connection.remoteAddr.getComponents().find((part) => part.name === 'tcp')?.value;
  return port === undefined ? undefined : originOf(Number(port));
}
