import { circuitRelayServer } from '@libp2p/circuit-relay-v2';
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys';
import { identify } from '@libp2p/identify';
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht';
import { noise } from '@libp2p/noise';
import { ping } from '@libp2p/ping';
import { webSockets } from '@libp2p/websockets';
import { yamux } from '@libp2p/yamux';
import { createLibp2p } from 'libp2p';
import type { Bytes } from '../base/index.ts';
import { dhtProtocol } from './protocols.ts';

/** A relay on loopback for the tests of this room: the product's own stands in `relay/`. */
export interface TestRelay {
  readonly address: string;
  stop(): Promise<void>;
}

export async function newKey(): Promise<Bytes> {
  return privateKeyToProtobuf(await generateKeyPair('Ed25519')) as Bytes;
}

export async function startTestRelay(options: { privateKey: Uint8Array; port?: number }): Promise<TestRelay> {
  const relay = await createLibp2p({
    privateKey: privateKeyFromProtobuf(options.privateKey),
    addresses: { listen: [`/ip4/127.0.0.1/tcp/${options.port ?? 0}/ws`] },
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionManager: { inboundConnectionThreshold: 200 },
    services: {
      identify: identify(),
      ping: ping(),
      circuit: circuitRelayServer({
        reservations: {
          maxReservations: 100,
          reservationTtl: 30 * 60_000,
          defaultDurationLimit: 10 * 60_000,
          defaultDataLimit: BigInt(64 << 20),
        },
      }),
      dht: kadDHT({
        protocol: dhtProtocol,
        clientMode: false,
        peerInfoMapper: passthroughMapper,
        reprovide: { validity: 30 * 60_000, interval: 5 * 60_000, threshold: 10 * 60_000 },
      }),
    },
  });
  const [address] = relay.getMultiaddrs();
  if (address === undefined) throw new Error('the relay listens nowhere');
  return { address: address.toString(), stop: async () => relay.stop() };
}
