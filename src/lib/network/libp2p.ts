import type { Connection, Libp2p, Stream } from '@libp2p/interface';
import type { Bytes, Clock, Log, PeerId, Random } from '../base/index.ts';
import { messageOf, must, systemRandom } from '../base/index.ts';
import { ask, serve } from './exchange.ts';
import { Finder } from './finder.ts';
import { FlowStream } from './flow-stream.ts';
import { FrameStream } from './frame-stream.ts';
import type { Node } from './libp2p-node.ts';
import { createNode, isDirect } from './libp2p-node.ts';
import {
  inboundStreamsMax,
  outboundStreamsMax,
  strangerConnectionsMax,
  strangerFrameBytesMax,
  strangerStreamMs,
  strangerStreamsMax,
  strangersMax,
  supervisePeriodMs,
} from './limits.ts';
import { NewsRoom } from './news-room.ts';
import { Outbox } from './outbox.ts';
import { PeerLinks } from './peer-links.ts';
import type {
  PeerConnection,
  ProtocolId,
  ProtocolLimits,
  RelayStatus,
  RendezvousKey,
  Wire,
  WireStream,
} from './port.ts';
import { RelayLinks } from './relay-links.ts';
import { Strangers } from './strangers.ts';

export interface Libp2pWireOptions {
  /** Ed25519 private key as libp2p's protobuf (68 bytes). */
  readonly privateKey: Uint8Array;
  readonly clock: Clock;
  readonly log: Log;
  /** Relays to begin with, as multiaddrs ending in `/p2p/<PeerId>`. */
  readonly relays: readonly string[];
  /** STUN and TURN servers. None by default: nobody outside is told who talks to whom. */
  readonly iceServers?: RTCIceServer[];
  /** Private addresses and `ws://` are dialled: relays in the same room have both. */
  readonly allowPrivate: true;
  /** Jitter of the pauses between dials. */
  readonly random?: Random;
  /** False leaves WebRTC out (a Node peer without it). True by default. */
  readonly webrtc?: boolean;
  /** Addresses to listen on, in Node only. */
  readonly listen?: readonly string[];
  /** Asked before a direct connection is dialled: false while no tab could hold it. */
  readonly canDialDirect?: () => boolean;
}

/** The wire over libp2p, with what only the real world needs. */
export interface Libp2pWire extends Wire {
  /** A tab can hold direct connections again, or the network is back: what waits for a pause is tried now. */
  retryNow(): void;
  /** The machine slept or the network changed: every connection must prove to be alive or is remade. */
  doubtAll(): void;
  /** Cuts every connection with a peer at once. A wanted peer is dialled again. */
  hangUp(peer: PeerId): void;
  /** Addresses others can dial us at, for the diagnostics page. */
  addresses(): readonly string[];
  /** Messages that were not handed over, since the start: no connection, or too much waited already. */
  dropped(): { readonly unconnected: number; readonly full: number };
}

/**
 * Starts libp2p and puts the `Wire` over it. In a worker, `installRtcShim` of the rtc room must have run before.
 * Rejects when the key is no libp2p private key.
 */
export async function createLibp2pWire(options: Libp2pWireOptions): Promise<Libp2pWire> {
  const door = { refuses: (_peer: PeerId) => false };
  const node = await createNode({
    refuses: (peer) => door.refuses(peer),
    privateKey: options.privateKey,
    iceServers: options.iceServers ?? [],
    webrtc: options.webrtc ?? true,
    listen: options.listen ?? [],
  });
  const wire = new WireOverLibp2p(node, options);
  door.refuses = (peer) => wire.refuses(peer);
  return wire;
}

class WireOverLibp2p implements Libp2pWire {
  readonly self: PeerId;
  readonly #libp2p: Libp2p;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #relays: RelayLinks;
  readonly #peers: PeerLinks;
  readonly #finder: Finder;
  readonly #dropped = { unconnected: 0, full: 0 };
  readonly #news: NewsRoom;
  readonly #reopenNews: Node['reopenNews'];
  readonly #messageLimits = new Map<ProtocolId, ProtocolLimits>();
  readonly #limits = new Map<ProtocolId, ProtocolLimits>();
  readonly #outboxes = new Map<PeerId, Map<ProtocolId, Outbox>>();
  readonly #changeListeners = new Set<() => void>();
  readonly #foundListeners = new Set<(peer: PeerId, key: Uint8Array) => void>();
  /** Those who are wanted, also those beyond whom connections are held with. */
  #known: ReadonlySet<PeerId> = new Set();
  readonly #strangers = new Strangers({ strangersMax, streamsMax: strangerStreamsMax });
  #changeDue = false;
  #open = true;
  #cancelTick: () => void = () => undefined;

  constructor(node: Node, options: Libp2pWireOptions) {
    const { libp2p } = node;
    this.#libp2p = libp2p;
    this.#clock = options.clock;
    this.#log = options.log;
    this.self = libp2p.peerId.toString() as PeerId;
    this.#news = new NewsRoom(node.gossip, options.log);
    this.#reopenNews = (connection) => node.reopenNews(connection);
    const shared = { libp2p, clock: options.clock, random: options.random ?? systemRandom, log: options.log };
    this.#relays = new RelayLinks({
      ...shared,
      listenOnRelay: () => node.listenOnRelay(),
      onChange: () => this.#changed(),
      onConnected: () => this.#relayConnected(),
    });
    this.#peers = new PeerLinks({
      ...shared,
      self: this.self,
      relays: () => this.#relays.connected(),
      canDialDirect: () => (options.webrtc ?? true) && (options.canDialDirect?.() ?? true),
    });
    this.#finder = new Finder({
      ...shared,
      connected: () => this.#relays.connected().length > 0,
      reachable: () => this.#relays.reachable,
      missing: () => this.#peers.missing,
      onFound: (peer, key) => this.#found(peer, key),
    });
    libp2p.addEventListener('connection:open', (event) => this.#onOpen(event.detail));
    libp2p.addEventListener('connection:close', (event) => this.#onClose(event.detail));
    libp2p.addEventListener('self:peer:update', () => {
      this.#relays.look();
      this.#finder.look();
    });
    this.#relays.set(options.relays);
    this.#tick();
  }

  handleMessages(
    protocol: ProtocolId,
    limits: ProtocolLimits,
    onMessage: (from: PeerId, message: Bytes) => void,
  ): void {
    this.#messageLimits.set(protocol, limits);
    this.#handle(protocol, limits, (stream, from, frameBytesMax) => {
      const frames = new FrameStream(stream, this.#clock, frameBytesMax, {
        onFrame: (message) => onMessage(from, message),
        onOver: () => frames.close(),
      });
    });
  }

  send(to: PeerId, protocol: ProtocolId, message: Uint8Array): boolean {
    const limits = this.#messageLimits.get(protocol);
    if (!this.#open || limits === undefined || !this.#connectedTo(to)) {
      this.#dropped.unconnected++;
      return false;
    }
    const lanes = this.#outboxes.get(to) ?? new Map<ProtocolId, Outbox>();
    this.#outboxes.set(to, lanes);
    let outbox = lanes.get(protocol);
    if (outbox === undefined) {
      const best = () => this.#peers.best(to);
      outbox = new Outbox({ protocol, limits, clock: this.#clock, log: this.#log, best });
      lanes.set(protocol, outbox);
    }
    const taken = outbox.push(message);
    if (!taken) this.#dropped.full++;
    return taken;
  }

  dropped(): { readonly unconnected: number; readonly full: number } {
    return { ...this.#dropped };
  }

  handleRequests(
    protocol: ProtocolId,
    limits: ProtocolLimits,
    onRequest: (from: PeerId, request: Bytes) => Promise<Uint8Array>,
  ): void {
    this.#handle(protocol, limits, (stream, from, frameBytesMax) => {
      const within = { asked: frameBytesMax, answered: limits.frameBytesMax };
      serve(stream, this.#clock, within, (request) => onRequest(from, request)).catch((error: unknown) =>
        this.#log.debug(`${protocol}: a request was not answered: ${messageOf(error)}`),
      );
    });
  }

  async request(to: PeerId, protocol: ProtocolId, request: Uint8Array, timeoutMs: number): Promise<Bytes> {
    const limits = this.#limitsOf(protocol);
    if (request.length > limits.frameBytesMax)
      throw new Error(`A request of ${request.length} bytes is too large.`);
    return this.#within(timeoutMs, async (signal) => {
      const stream = await this.#openStream(to, protocol, signal);
      return ask(stream, this.#clock, limits.frameBytesMax, request, signal);
    });
  }

  handleStreams(
    protocol: ProtocolId,
    limits: ProtocolLimits,
    onStream: (from: PeerId, stream: WireStream) => Promise<void>,
  ): void {
    this.#handle(protocol, limits, (stream, from, frameBytesMax) => {
      const flow = new FlowStream(stream, this.#clock, { ...limits, frameBytesMax });
      onStream(from, flow).then(
        () => flow.close(),
        (error: unknown) => flow.abort(messageOf(error)),
      );
    });
  }

  async openStream(to: PeerId, protocol: ProtocolId, timeoutMs: number): Promise<WireStream> {
    const limits = this.#limitsOf(protocol);
    return this.#within(timeoutMs, async (signal) => {
      const stream = await this.#openStream(to, protocol, signal);
      return new FlowStream(stream, this.#clock, limits);
    });
  }

  hear(topics: ReadonlySet<string>): void {
    this.#news.hear(topics);
  }

  publish(topic: string, news: Uint8Array): void {
    this.#news.publish(topic, news);
  }

  onNews(listener: (topic: string, news: Bytes) => boolean): void {
    this.#news.onNews(listener);
  }

  want(peers: ReadonlySet<PeerId>, only = false): void {
    this.#known = new Set(peers);
    this.#peers.want(peers, only);
    if (this.#peers.missing) this.#finder.retryNow();
  }

  /** Whether nothing is to come from that peer now. */
  refuses(peer: PeerId): boolean {
    return this.#peers.refuses(peer);
  }

  setRelays(addresses: readonly string[]): void {
    this.#relays.set(addresses);
  }

  rendezvous(keys: readonly RendezvousKey[]): void {
    this.#finder.set(keys);
  }

  onFound(listener: (peer: PeerId, key: Uint8Array) => void): () => void {
    this.#foundListeners.add(listener);
    return () => this.#foundListeners.delete(listener);
  }

  connections(): readonly PeerConnection[] {
    const peers = new Map<PeerId, PeerConnection>();
    for (const connection of this.#libp2p.getConnections()) {
      const peer = connection.remotePeer.toString() as PeerId;
      if (peers.has(peer) || this.#relays.has(connection.remotePeer)) continue;
      const best = this.#peers.best(peer);
      if (best !== undefined)
        peers.set(peer, { peer, path: isDirect(best) ? 'direct' : 'relayed', rttMs: best.rtt });
    }
    return [...peers.values()];
  }

  relays(): readonly RelayStatus[] {
    return this.#relays.status();
  }

  onChange(listener: () => void): () => void {
    this.#changeListeners.add(listener);
    return () => this.#changeListeners.delete(listener);
  }

  retryNow(): void {
    this.#relays.retryNow();
    this.#peers.retryNow();
  }

  doubtAll(): void {
    this.retryNow();
    this.#peers.probeAll();
  }

  hangUp(peer: PeerId): void {
    for (const connection of this.#peers.open(peer)) connection.abort(new Error('hung up'));
  }

  addresses(): readonly string[] {
    return this.#libp2p.getMultiaddrs().map(String);
  }

  async close(): Promise<void> {
    this.#open = false;
    this.#cancelTick();
    this.#finder.close();
    this.#peers.want(new Set(), false);
    for (const lanes of this.#outboxes.values()) for (const outbox of lanes.values()) outbox.clear();
    await this.#libp2p.stop();
  }

  #tick(): void {
    if (!this.#open) return;
    this.#relays.look();
    this.#peers.look();
    for (const connection of this.#libp2p.getConnections())
      if (connection.status === 'open' && isDirect(connection)) this.#reopenNews(connection);
    this.#finder.look();
    this.#cancelTick = this.#clock.after(supervisePeriodMs, () => this.#tick());
  }

  #handle(
    protocol: ProtocolId,
    limits: ProtocolLimits,
    take: (stream: Stream, from: PeerId, frameBytesMax: number) => void,
  ): void {
    this.#limits.set(protocol, limits);
    const onStream = (stream: Stream, { remotePeer }: Connection) => {
      const from = remotePeer.toString() as PeerId;
      if (this.#known.has(from)) take(stream, from, limits.frameBytesMax);
      else if (this.#attend(stream, from))
        take(stream, from, Math.min(limits.frameBytesMax, strangerFrameBytesMax));
    };
    this.#libp2p
      .handle(protocol, onStream, {
        maxInboundStreams: inboundStreamsMax,
        maxOutboundStreams: outboundStreamsMax,
        runOnLimitedConnection: true,
        force: true,
      })
      .catch((error: unknown) => this.#log.error(`${protocol} is not handled: ${messageOf(error)}`));
  }

  /** Whether there is room for a stream of a stranger, which then has to come to its end. */
  #attend(stream: Stream, from: PeerId): boolean {
    const leave = this.#strangers.enter(from);
    if (leave === undefined) {
      stream.abort(new Error('Strangers get no more streams.'));
      return false;
    }
    const cancel = this.#clock.after(strangerStreamMs, () => {
      // Meanwhile it may have become a member.
      if (!this.#known.has(from)) stream.abort(new Error('A stranger took too long.'));
    });
    stream.addEventListener('close', () => {
      cancel();
      leave();
    });
    return true;
  }

  /** Connections of strangers must leave room for members'. */
  #turnAway(connection: Connection): void {
    const isStranger = ({ remotePeer }: Connection) =>
      !this.#known.has(remotePeer.toString() as PeerId) && !this.#relays.has(remotePeer);
    if (!isStranger(connection)) return;
    const strangers = this.#libp2p.getConnections().filter(isStranger);
    if (strangers.length > strangerConnectionsMax)
      connection.abort(new Error('Too many strangers are here.'));
  }

  #limitsOf(protocol: ProtocolId): ProtocolLimits {
    return must(this.#limits.get(protocol), `${protocol} is used before a handler for it was given`);
  }

  async #openStream(to: PeerId, protocol: ProtocolId, signal: AbortSignal): Promise<Stream> {
    if (!this.#open) throw new Error('The wire is closed.');
    const connection = await raced(this.#peers.reach(to), signal);
    return connection.newStream(protocol, {
      signal,
      runOnLimitedConnection: true,
      maxOutboundStreams: outboundStreamsMax,
    });
  }

  async #within<T>(timeoutMs: number, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const timeout = new AbortController();
    const late = new Error(`The peer did not answer within ${timeoutMs} ms.`);
    const cancel = this.#clock.after(timeoutMs, () => timeout.abort(late));
    try {
      return await run(timeout.signal);
    } catch (error) {
      throw timeout.signal.aborted ? late : error;
    } finally {
      cancel();
    }
  }

  #connectedTo(peer: PeerId): boolean {
    return this.#peers.best(peer) !== undefined;
  }

  #onOpen(connection: Connection): void {
    this.#turnAway(connection);
    this.#peers.onOpen(connection);
    this.#relays.look();
    this.#changed();
  }

  #onClose(connection: Connection): void {
    this.#peers.onClose(connection);
    const peer = connection.remotePeer.toString() as PeerId;
    queueMicrotask(() => {
      this.#relays.look();
      if (this.#connectedTo(peer)) return;
      for (const outbox of this.#outboxes.get(peer)?.values() ?? []) outbox.clear();
      this.#outboxes.delete(peer);
    });
    this.#changed();
  }

  #relayConnected(): void {
    this.#peers.retryNow();
    this.#finder.retryNow();
  }

  #found(peer: PeerId, key: Uint8Array): void {
    this.#peers.retryPeer(peer);
    for (const listener of this.#foundListeners) listener(peer, key);
  }

  /** Several events of one moment are told once, when libp2p's lists are in order again. */
  #changed(): void {
    if (this.#changeDue) return;
    this.#changeDue = true;
    queueMicrotask(() => {
      this.#changeDue = false;
      for (const listener of this.#changeListeners) listener();
    });
  }
}

/** The promise's value, or the signal's reason when that comes first. */
function raced<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    promise.then(resolve, reject);
  });
}
