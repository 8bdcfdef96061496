import type { CircuitRelayService } from '@libp2p/circuit-relay-v2';
import { type Identify, identify } from '@libp2p/identify';
import type { ConnectionGater, Libp2p, PeerDiscovery, PrivateKey } from '@libp2p/interface';
import type { KadDHT } from '@libp2p/kad-dht';
import type { MulticastDNSComponents } from '@libp2p/mdns';
import { noise } from '@libp2p/noise';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { type Ping, ping } from '@libp2p/ping';
import { webSockets } from '@libp2p/websockets';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { Fault, must } from '../src/lib/base/index.ts';
import { circuit } from './circuit.ts';
import { type DhtAges, dht } from './dht.ts';
import { connectionsMax, streamWindowBytesMax } from './limits.ts';
import { BoundedStore } from './store.ts';

/** Where libp2p's own listener waits, known once it listens. */
interface Inner {
  port(): number;
}

/** What runs on the node. */
interface RelayServices extends Record<string, unknown> {
  identify: Identify;
  ping: Ping;
  circuit: CircuitRelayService;
  dht: KadDHT;
  inner: Inner;
}

/** The libp2p node of a relay. */
export type RelayNode = Libp2p<RelayServices>;

export interface RelayNodeInit {
  readonly key: PrivateKey;
  /** The multiaddrs to tell others, without PeerId. Asked each time: networks come and go under a laptop. */
  readonly announced: () => readonly string[];
  readonly gater: ConnectionGater;
  readonly ages: DhtAges;
  /** Finds relays on the local network. */
  readonly discovery: ((components: MulticastDNSComponents) => PeerDiscovery) | undefined;
}

/** Connections beyond those of peers: to neighbour relays. */
const spareConnections = 64;
/** All connections come from loopback here; `clients.ts` counts by real address. */
const unlimitedPerSecond = 1_000_000;

/** Starts the libp2p node. Its listener waits on a loopback port, `services.inner.port()`, for what `upgrade.ts` passes on. */
export async function startNode(init: RelayNodeInit): Promise<RelayNode> {
  const self = peerIdFromPrivateKey(init.key);
  return createLibp2p<RelayServices>({
    privateKey: init.key,
    addresses: {
      listen: ['/ip4/127.0.0.1/tcp/0/ws'],
      announceFilter: () => init.announced().map((address) => multiaddr(`${address}/p2p/${self.toString()}`)),
    },
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: streamWindowBytesMax } })],
    connectionGater: init.gater,
    connectionManager: {
      maxConnections: connectionsMax + spareConnections,
      maxIncomingPendingConnections: connectionsMax,
      inboundConnectionThreshold: unlimitedPerSecond,
    },
    datastore: new BoundedStore({}, `/peers/${self.toCID().toString()}`),
    peerStore: { maxAddressAge: init.ages.addressMs, maxPeerAge: init.ages.peerMs },
    ...(init.discovery === undefined ? {} : { peerDiscovery: [init.discovery] }),
    services: {
      identify: identify(),
      ping: ping(),
      circuit: circuit(),
      dht: dht(init.ages),
      inner: (components): Inner => ({
        port() {
          const parts = components.transportManager.getAddrs().flatMap((address) => address.getComponents());
          const port = Number(
            must(parts.find((part) => part.name === 'tcp')?.value, 'the inner listener has no port'),
          );
          if (!Number.isInteger(port)) throw new Fault('the inner listener has no port');
          return port;
        },
      }),
    },
  });
}
