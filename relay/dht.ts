import { kadDHT, passthroughMapper } from '@libp2p/kad-dht';
import { dhtProtocol } from '../src/lib/network/protocols.ts';
import { addressMs, peerMs, providerMs, providerSweepMs } from './limits.ts';

/** Ages of what the DHT holds, in milliseconds. `peerMs` must be more than `providerMs` and `providerSweepMs` together. */
export interface DhtAges {
  readonly providerMs: number;
  readonly providerSweepMs: number;
  readonly addressMs: number;
  readonly peerMs: number;
}

/** The ages that relays use. */
export const dhtAges: DhtAges = { providerMs, providerSweepMs, addressMs, peerMs };

/** The DHT of PeerPrint's relays, in which peers of a queue find each other. The relay answers, browsers only ask. */
export function dht(ages: DhtAges): ReturnType<typeof kadDHT> {
  return kadDHT({
    protocol: dhtProtocol,
    // Left to itself, a relay without a public address would not answer.
    clientMode: false,
    // Addresses on a local network count as well: most queues live there.
    peerInfoMapper: passthroughMapper,
    reprovide: {
      validity: ages.providerMs,
      interval: ages.providerSweepMs,
      threshold: Math.floor(ages.providerMs / 3),
    },
  });
}
