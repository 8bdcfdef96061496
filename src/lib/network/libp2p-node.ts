import { circuitRelayTransport } from '@libp2p/circuit-relay-v2';
import { privateKeyFromProtobuf } from '@libp2p/crypto/keys';
import { gossipsub } from '@libp2p/gossipsub';
import type { GossipSub } from '@libp2p/gossipsub';
import { identify } from '@libp2p/identify';
import type { ComponentLogger, Connection, Libp2p } from '@libp2p/interface';
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht';
import { noise } from '@libp2p/noise';
import { ping } from '@libp2p/ping';
import { webSockets } from '@libp2p/websockets';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import type { Libp2pOptions } from 'libp2p';
import { createLibp2p } from 'libp2p';
import { type PeerId, assert } from '../base/index.ts';
import {
  addressDialTimeoutMs,
  connectionsMax,
  dataChannelMessageBytesMax,
  dialTimeoutMs,
  earlyStreamsMax,
  newsFrameBytesMax,
  newsOutboxBytesMax,
  pingIntervalMs,
  pingTimeoutMs,
  relaysMax,
} from './limits.ts';
import { type Topologies, isTold, reopenNews } from './news-room.ts';
import { dhtProtocol } from './protocols.ts';

export interface NodeOptions {
  /** Ed25519 private key as libp2p's protobuf. */
  readonly privateKey: Uint8Array;
  readonly iceServers: RTCIceServer[];
  /** False leaves WebRTC out: connections to browsers then stay relayed. */
  readonly webrtc: boolean;
  /** Addresses to listen on beside relays: only Node can. */
  readonly listen: readonly string[];
  /** Whether nothing is to come from that peer through a relay now: neither to stay so nor to become a straight connection. */
  readonly refuses: (peer: PeerId) => boolean;
}

/** A libp2p node, and the one thing of its inside that has no public door. */
export interface Node {
  readonly libp2p: Libp2p;
  readonly gossip: GossipSub;
  /** See `reopenNews` of the room for news. */
  reopenNews(connection: Connection): void;
  /** Makes room for a reservation on one more relay. */
  listenOnRelay(): Promise<void>;
}

const circuitListen = '/p2p-circuit';

export async function createNode(options: NodeOptions): Promise<Node> {
  const transports: NonNullable<Libp2pOptions['transports']> = [webSockets()];
  let transportManager: { listen(addresses: unknown[]): Promise<void> } | undefined;
  let registrar: Topologies = { getTopologies: () => [] };
  const circuit = circuitRelayTransport({ reservationCompletionTimeout: addressDialTimeoutMs });
  transports.push((components) => {
    transportManager = components.transportManager;
    registrar = components.registrar;
    // Left alone, the transport walks the whole DHT at random, without a pause, for as long as a relay is missing.
    // Our relays are named by the person's links: there is nothing to walk for.
    return circuit(Object.create(components, { randomWalk: { value: stillWalk } }));
  });
  const listen = [circuitListen, ...options.listen];
  if (options.webrtc) {
    // Imported here and not above: the module takes RTCPeerConnection from the globals when it is loaded, and the
    // worker has put its own there by now.
    const { webRTC } = await import('@libp2p/webrtc');
    transports.push(
      webRTC({
        rtcConfiguration: { iceServers: options.iceServers },
        dataChannel: { maxMessageSize: dataChannelMessageBytesMax },
        maxEarlyStreams: earlyStreamsMax,
      }),
    );
    listen.push('/webrtc');
  }
  const libp2p = await createLibp2p({
    privateKey: privateKeyFromProtobuf(options.privateKey),
    addresses: { listen },
    transports,
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ maxEarlyStreams: earlyStreamsMax })],
    // The default of browsers refuses ws:// and private addresses: a relay in the same room has both.
    connectionGater: {
      denyDialMultiaddr: () => false,
      denyInboundRelayedConnection: (_relay, peer) => options.refuses(peer.toString() as PeerId),
    },
    connectionManager: {
      maxConnections: connectionsMax,
      dialTimeout: dialTimeoutMs,
      addressDialTimeout: addressDialTimeoutMs,
      // Every browser behind a relay seems to come from the relay's address.
      inboundConnectionThreshold: 100,
    },
    connectionMonitor: {
      pingInterval: pingIntervalMs,
      pingTimeout: { minTimeout: pingTimeoutMs, maxTimeout: pingTimeoutMs },
    },
    services: {
      identify: identify({ runOnLimitedConnection: true }),
      ping: ping({ maxInboundStreams: 16, maxOutboundStreams: 16, runOnLimitedConnection: true }),
      gossip: gossipsub({
        // A mesh of a queue's listeners, and a leader that reaches as many of them at once as it is connected to.
        D: 8,
        Dlo: 4,
        Dhi: 20,
        Dlazy: 8,
        floodPublish: true,
        allowPublishToZeroTopicPeers: true,
        ignoreDuplicatePublishError: true,
        globalSignaturePolicy: 'StrictSign',
        fallbackToFloodsub: false,
        // Peers behind one relay or router have one address: that is no sign of an attack here.
        scoreParams: { IPColocationFactorWeight: 0 },
        // A stream over a relayed connection would stay silent for good when that gives way to a direct one.
        runOnLimitedConnection: false,
        // Not `allowedTopics`: it is fixed when the node begins, and topics come and go with queues and their leaders. What comes under a topic
        // that is not heard here is dropped unread, and of other peers' topics gossipsub keeps at most 1 MiB for each peer.
        maxInboundDataLength: 2 * newsFrameBytesMax,
        maxOutboundBufferSize: newsOutboxBytesMax,
      }),
      dht: kadDHT({
        protocol: dhtProtocol,
        clientMode: true,
        peerInfoMapper: passthroughMapper,
        allowQueryWithZeroPeers: true,
      }),
    },
    logger: quietLogger,
  });
  const { gossip } = libp2p.services;
  assert(isTold(gossip), 'gossipsub says whom it has a stream to');
  let places = 1;
  return {
    libp2p,
    gossip,
    reopenNews: (connection) => reopenNews(gossip, registrar, connection),
    async listenOnRelay() {
      if (places >= relaysMax) return;
      places++;
      await transportManager?.listen([multiaddr(circuitListen)]);
    },
  };
}

/** True when bytes reach the peer without passing a relay. */
export function isDirect(connection: Connection): boolean {
  return connection.direct && connection.limits === undefined;
}

const stillWalk = {
  async *walk(options?: { readonly signal?: AbortSignal }): AsyncGenerator<never> {
    await new Promise<void>((resolve) => {
      if (options?.signal === undefined || options.signal.aborted) resolve();
      else options.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  },
};

/** libp2p's own log is for its authors; what a person needs to know is said by this room. */
const quietLogger: ComponentLogger = {
  forComponent() {
    const quiet = () => undefined;
    const log = Object.assign(quiet, { trace: quiet, error: quiet, enabled: false, newScope: () => log });
    return log;
  },
};
