import type { PeerInfo } from '@libp2p/interface';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import {
  type Clock,
  type Log,
  RefusalError,
  delay,
  messageOf,
  must,
  silentLog,
  systemClock,
} from '../src/lib/base/index.ts';
import { type Place, isLoopback, lanAddresses, ownPlaces, parseAnnounced } from './addresses.ts';
import { Places } from './circuit.ts';
import { type ClientLimits, ClientGate } from './clients.ts';
import { type RelayConfig, defaultConfig } from './config.ts';
import { type DhtAges, dhtAges } from './dht.ts';
import { lockFolder } from './folder-lock.ts';
import { type Certificate, type HttpDoor, readCertificate, startHttp } from './http.ts';
import { loadIdentity } from './identity.ts';
import { type Neighbour, Neighbours, lanDiscovery } from './lan.ts';
import { certificateCheckMs, peerSweepMs, stopMs } from './limits.ts';
import { type RelayNode, startNode } from './node.ts';
import { Site } from './site.ts';
import { UpgradePipe } from './upgrade.ts';

/** What `/.well-known/peerprint.json` says. */
export interface RelayDescription {
  readonly version: 1;
  readonly peerId: string;
  /** Multiaddrs, each ending in `/p2p/<peerId>`. The widest reach comes first. */
  readonly addresses: readonly string[];
  readonly name: string;
  /** Other relays on the same network. */
  readonly neighbours: readonly Neighbour[];
}

/** What `/healthz` says. */
export interface RelayHealth {
  readonly ok: true;
  readonly uptimeSeconds: number;
  /** Peers connected now. */
  readonly peers: number;
  /** Peers that can be reached through this relay now. */
  readonly reservations: number;
  /** WebSocket connections open now. */
  readonly connections: number;
}

/** A relay that runs. */
export interface Relay {
  readonly peerId: string;
  /** What a browser on this machine opens, without a slash at the end. */
  readonly httpUrl: string;
  /** The port for HTTP and WebSocket. */
  readonly port: number;
  /** Multiaddrs, each ending in `/p2p/<peerId>`. Read anew each time: networks come and go under a laptop. */
  readonly addresses: readonly string[];
  /** The same, as places a person or a peer can go to. */
  places(): readonly Place[];
  description(): RelayDescription;
  health(): RelayHealth;
  /** Ends all connections and gives the port and the data folder free, within two seconds. */
  stop(): Promise<void>;
}

/** What tests put in the place of the real thing. */
export interface RelayParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly clientLimits: Partial<ClientLimits>;
  readonly reservationsPerAddressMax: number;
  readonly ages: DhtAges;
}

/**
 * Starts a relay: the app over HTTP, and peers over WebSocket on the same port.
 * @param config what differs from `defaultConfig()`.
 * @throws RefusalError `port-in-use`, `port-denied`, `bad-host`, `data-folder`, `data-in-use`, `bad-identity`,
 * `bad-certificate`, `no-app` or `bad-flag`. Nothing is left running then.
 */
export async function startRelay(
  config: Partial<RelayConfig> = {},
  parts: Partial<RelayParts> = {},
): Promise<Relay> {
  const undo: (() => Promise<void> | void)[] = [];
  try {
    return await start({ ...defaultConfig(), ...config }, parts, undo);
  } catch (error) {
    for (const step of undo.reverse()) await step();
    throw error;
  }
}

async function start(
  config: RelayConfig,
  parts: Partial<RelayParts>,
  undo: (() => Promise<void> | void)[],
): Promise<Relay> {
  const clock = parts.clock ?? systemClock;
  const log = parts.log ?? silentLog;
  const startedMs = clock.monotonicMs();

  const site = await Site.open(config.appDir);
  const { tls } = config;
  const certificate = tls === undefined ? undefined : await readCertificate(tls.certFile, tls.keyFile);
  const key = await loadIdentity(config.dataDir);
  const unlock = await lockFolder(config.dataDir);
  undo.push(unlock);
  const peerId = peerIdFromPrivateKey(key).toString();

  const pipe = new UpgradePipe({
    gate: new ClientGate(clock, parts.clientLimits),
    clock,
    log: log.room('upgrade'),
    proxies: config.proxies,
  });
  let relay: Relay | undefined = undefined;
  const door = await startHttp({
    host: config.host,
    port: config.port,
    certificate,
    site,
    pipe,
    health: () => relay?.health(),
    description: () => relay?.description(),
    log: log.room('http'),
  });
  undo.push(() => door.stop());

  const places = () => placesOf(config, door.port, certificate);
  const addresses = () => places().map((place) => `${place.multiaddr}/p2p/${peerId}`);
  const { node, neighbours } = await startPeerSide({ config, parts, key, peerId, pipe, log, places });
  undo.push(() => node.stop());
  pipe.open(node.services.inner.port());

  const cancels = [every(clock, log, peerSweepMs, () => sweepPeers(node, log))];
  if (certificate !== undefined && tls !== undefined) {
    cancels.push(every(clock, log, certificateCheckMs, renewal(door, certificate, tls, log)));
  }

  let stopping: Promise<void> | undefined;
  const stop = async () => {
    for (const cancel of cancels) cancel();
    pipe.close();
    // A peer that does not answer must not hold up the stop: its sockets are closed already.
    await Promise.all([door.stop(), Promise.race([node.stop(), delay(clock, stopMs)])]);
    await unlock();
  };
  relay = {
    peerId,
    port: door.port,
    get httpUrl() {
      // Announced places may lead through a proxy. From this machine there is a shorter way, unless the
      // certificate is for those places only.
      const own = ownPlaces(
        config.host,
        door.port,
        certificate !== undefined,
        lanAddresses(),
        certificate?.names ?? [],
      );
      const near = own.find((place) => place.reach === 'this machine');
      return must(
        near ?? (certificate === undefined ? own[0] : places()[0]),
        'a relay has at least one place',
      ).url;
    },
    get addresses() {
      return addresses();
    },
    places,
    description: () => ({
      version: 1,
      peerId,
      addresses: addresses(),
      name: config.name,
      neighbours: neighbours.list(),
    }),
    health: () => ({
      ok: true,
      uptimeSeconds: Math.floor((clock.monotonicMs() - startedMs) / 1000),
      peers: node.getPeers().length,
      reservations: node.services.circuit.reservations.size,
      connections: pipe.connections,
    }),
    stop: () => (stopping ??= stop()),
  };
  return relay;
}

interface PeerSideInit {
  readonly config: RelayConfig;
  readonly parts: Partial<RelayParts>;
  readonly key: Awaited<ReturnType<typeof loadIdentity>>;
  readonly peerId: string;
  readonly pipe: UpgradePipe;
  readonly log: Log;
  readonly places: () => Place[];
}

async function startPeerSide(init: PeerSideInit): Promise<{ node: RelayNode; neighbours: Neighbours }> {
  const { config, parts, pipe, log } = init;
  let node: RelayNode | undefined = undefined;
  const running = () => must(node, 'the node is not running yet');
  const reservations = new Places({
    service: () => running().services.circuit,
    connectionsTo: (peer) => running().getConnections(peer),
    originOf: (port) => pipe.originOf(port),
    log: log.room('circuit'),
    ...(parts.reservationsPerAddressMax === undefined
      ? {}
      : { perAddressMax: parts.reservationsPerAddressMax }),
  });
  const neighbours = new Neighbours({
    self: init.peerId,
    isConnected: (peer) => (node?.getConnections(peer).length ?? 0) > 0,
    dial: (addresses, signal) => running().dial(addresses, { signal }),
    log: log.room('lan'),
  });
  const onFound = (found: PeerInfo) => {
    if (node === undefined) return;
    neighbours.found(found).catch((error: unknown) => log.room('lan').warn(messageOf(error)));
  };
  node = await startNode({
    key: init.key,
    announced: () => init.places().map((place) => place.multiaddr),
    gater: {
      // Peers come to a relay. If strangers' records could make it dial, it would knock on doors for them.
      denyDialPeer: (peer) => !neighbours.knows(peer),
      denyInboundRelayReservation: (peer) => reservations.denies(peer),
    },
    ages: parts.ages ?? dhtAges,
    discovery: config.lan && !isLoopback(config.host) ? lanDiscovery(onFound) : undefined,
  });
  node.addEventListener('peer:disconnect', (event) => reservations.free(event.detail));
  return { node, neighbours };
}

function placesOf(config: RelayConfig, port: number, certificate: Certificate | undefined): Place[] {
  const tls = certificate !== undefined;
  if (config.announce.length === 0) {
    return ownPlaces(config.host, port, tls, lanAddresses(), certificate?.names ?? []);
  }
  return config.announce.map((place) => {
    const parsed = parseAnnounced(place, { port, tls });
    if (!parsed.ok) throw new RefusalError(parsed.refusal);
    return parsed.value;
  });
}

/** Takes expired peers out of memory: libp2p does so only when it happens to meet them. */
async function sweepPeers(node: RelayNode, log: Log): Promise<void> {
  const left = await node.peerStore.all();
  log.debug(`${left.length} peers remembered`);
}

function renewal(
  door: HttpDoor,
  first: Certificate,
  tls: { readonly certFile: string; readonly keyFile: string },
  log: Log,
): () => Promise<void> {
  let current = first;
  return async () => {
    const read = await readCertificate(tls.certFile, tls.keyFile);
    if (read.cert.equals(current.cert) && read.key.equals(current.key)) return;
    door.renew(read);
    current = read;
    log.info('took the renewed certificate into use');
  };
}

/** Runs a task again and again. A failure is logged: the next run may do better. */
function every(clock: Clock, log: Log, periodMs: number, run: () => Promise<void>): () => void {
  let cancel = clock.after(periodMs, tick);
  function tick(): void {
    cancel = clock.after(periodMs, tick);
    run().catch((error: unknown) => log.warn(messageOf(error)));
  }
  return () => cancel();
}
