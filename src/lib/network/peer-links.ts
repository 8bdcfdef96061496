import { type Connection, KEEP_ALIVE, type Libp2p } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import type { Multiaddr } from '@multiformats/multiaddr';
import { multiaddr } from '@multiformats/multiaddr';
import type { Clock, Log, PeerId, Random } from '../base/index.ts';
import { messageOf } from '../base/index.ts';
import { Backoff } from './backoff.ts';
import { isDirect } from './libp2p-node.ts';
import {
  dialPauseLeastMs,
  dialPauseMostMs,
  dialTimeoutMs,
  probeTimeoutMs,
  relayedLingerMs,
  upgradeYieldMs,
  wantedPeersMax,
} from './limits.ts';

interface PeerLinksOptions {
  readonly self: PeerId;
  readonly libp2p: Libp2p;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Relays that a connection is open to. */
  readonly relays: () => readonly string[];
  /** False while no direct connection can be made: no tab is open that could hold it. */
  readonly canDialDirect: () => boolean;
}

interface PeerLink {
  readonly peer: PeerId;
  readonly dial: Backoff;
  readonly upgrade: Backoff;
  dialing: Promise<Connection> | undefined;
  upgrading: boolean;
}

/** What is known of one connection beside what libp2p knows. */
interface Note {
  readonly openedMs: number;
  /** When it last proved to be alive after there was reason to doubt. */
  provedMs: number;
  probing: boolean;
}

const pingProtocol = '/ipfs/ping/1.0.0';

/** Holds connections with the wanted peers: first through a relay, then straight, and only one of each in the end. */
export class PeerLinks {
  readonly #options: PeerLinksOptions;
  readonly #links = new Map<PeerId, PeerLink>();
  readonly #notes = new WeakMap<Connection, Note>();
  #wanted: ReadonlySet<PeerId> = new Set();
  #only = false;

  constructor(options: PeerLinksOptions) {
    this.#options = options;
  }

  want(peers: ReadonlySet<PeerId>, only: boolean): void {
    const others = [...peers].filter((peer) => peer !== this.#options.self && isPeerId(peer));
    this.#wanted = new Set(others.slice(0, wantedPeersMax));
    for (const peer of this.#links.keys()) if (!this.#wanted.has(peer)) this.#links.delete(peer);
    this.#only = only;
    if (only) for (const connection of this.#options.libp2p.getConnections()) this.#refuse(connection);
    this.look();
  }

  /** Whether nothing is to come from that peer now. */
  refuses(peer: PeerId): boolean {
    return this.#only && !this.#wanted.has(peer);
  }

  /** Ends a connection with a peer that is refused. Relays are no such peers. */
  #refuse(connection: Connection): void {
    const { libp2p, log } = this.#options;
    const id = connection.remotePeer;
    const peer = id.toString() as PeerId;
    if (!this.refuses(peer) || !isWithPeer(connection)) return;
    // Otherwise libp2p dials it again by itself: its DHT wants to stay connected to those whose id is near its own.
    const tags = libp2p.peerStore.get(id).then(({ tags }) => {
      const kept = [...tags.keys()].filter((tag) => tag.startsWith(KEEP_ALIVE));
      return libp2p.peerStore.merge(id, { tags: Object.fromEntries(kept.map((tag) => [tag, undefined])) });
    });
    tags
      .catch((error: unknown) => log.debug(`${short(peer)} stays marked: ${messageOf(error)}`))
      .finally(() => hangUp(connection));
  }

  /** True while a wanted peer has no connection. */
  get missing(): boolean {
    return [...this.#wanted].some((peer) => this.best(peer) === undefined);
  }

  /** The connection to send over: the one that most lately opened or proved to be alive, the straight one if in doubt. */
  best(peer: PeerId): Connection | undefined {
    let best: Connection | undefined;
    for (const connection of this.open(peer)) {
      if (best === undefined || this.#trust(connection) > this.#trust(best)) best = connection;
    }
    return best;
  }

  open(peer: PeerId): Connection[] {
    return this.#options.libp2p
      .getConnections(peerIdFromString(peer))
      .filter((connection) => connection.status === 'open')
      .sort((a, b) => Number(isDirect(b)) - Number(isDirect(a)));
  }

  /** A connection to the peer, dialled now when there is none. Rejects with a sentence when it can't be reached. */
  reach(peer: PeerId): Promise<Connection> {
    if (!isPeerId(peer) || peer === this.#options.self)
      return Promise.reject(new Error('That is no other peer.'));
    const best = this.best(peer);
    return best === undefined ? this.#dial(this.#link(peer)) : Promise.resolve(best);
  }

  /** Something has changed (a relay is back, a tab holds connections again, the machine woke up): pauses are over. */
  retryNow(): void {
    for (const link of this.#links.values()) {
      link.dial.reset();
      link.upgrade.reset();
    }
    this.look();
  }

  /** Doubts every connection, those to relays too: the machine slept, or the network changed. */
  probeAll(): void {
    for (const connection of this.#options.libp2p.getConnections()) void this.#probe(connection);
  }

  retryPeer(peer: PeerId): void {
    this.#links.get(peer)?.dial.reset();
    if (this.#wanted.has(peer)) this.#lookAt(peer);
  }

  onOpen(connection: Connection): void {
    const nowMs = this.#options.clock.monotonicMs();
    this.#notes.set(connection, { openedMs: nowMs, provedMs: nowMs, probing: false });
    const peer = connection.remotePeer.toString() as PeerId;
    this.#options.log.debug(`${short(peer)}: ${kindOf(connection)} opened`);
    // Who comes to us through a relay does not know of a straight connection any more: it may have died with the
    // other browser. Better to look now than to send into the dark until a ping fails.
    if (!isDirect(connection) && connection.direction === 'inbound') {
      for (const other of this.open(peer)) if (isDirect(other)) void this.#probe(other);
    }
    if (this.#wanted.has(peer)) this.#lookAt(peer);
    this.#refuse(connection);
  }

  onClose(connection: Connection): void {
    const peer = connection.remotePeer.toString() as PeerId;
    this.#options.log.debug(`${short(peer)}: ${kindOf(connection)} closed`);
    const link = this.#links.get(peer);
    if (link === undefined || !this.#wanted.has(peer)) return;
    link.dial.reset();
    if (isDirect(connection)) link.upgrade.reset();
    // libp2p takes the connection off its list after this event.
    queueMicrotask(() => this.#lookAt(peer));
  }

  /** Looks at every wanted peer. Called every second and when something has happened. */
  look(): void {
    for (const peer of this.#wanted) this.#lookAt(peer);
  }

  #lookAt(peer: PeerId): void {
    const { self, clock } = this.#options;
    const link = this.#link(peer);
    const connections = this.open(peer);
    const direct = connections.filter(isDirect);
    if (connections.length === 0) {
      // A failure was told in the log by then, and made the pause after which this is tried again.
      if (link.dial.due && link.dialing === undefined) this.#dial(link).catch(() => undefined);
      return;
    }
    if (direct.length === 0) {
      const sinceMs = Math.min(...connections.map((connection) => this.#note(connection).openedMs));
      const ours = self < peer || clock.monotonicMs() - sinceMs >= upgradeYieldMs;
      if (ours && link.upgrade.due && !link.upgrading && this.#options.canDialDirect())
        void this.#upgrade(link);
      return;
    }
    // A dial through a relay may end after the other side's straight one, and counts for more as the newer: only a sign
    // of life decides. Without it this peer stayed relayed for as long as the relay let it.
    const best = this.best(peer);
    if (best !== undefined && !isDirect(best)) for (const doubted of direct) void this.#probe(doubted);
    else if (self < peer) this.#prune(peer, connections);
  }

  /** One side alone decides which of several connections stays, so that the two never close one each. */
  #prune(peer: PeerId, connections: readonly Connection[]): void {
    const best = this.best(peer);
    if (best === undefined || connections.length === 1 || !isDirect(best)) return;
    if (this.#options.clock.monotonicMs() - this.#note(best).openedMs < relayedLingerMs) return;
    for (const connection of connections) {
      if (connection !== best) hangUp(connection);
    }
  }

  #dial(link: PeerLink): Promise<Connection> {
    if (link.dialing !== undefined) return link.dialing;
    const dialing = this.#dialOnce(link.peer)
      .then(
        (connection) => {
          link.dial.reset();
          return connection;
        },
        (error: unknown) => {
          link.dial.fail();
          this.#options.log.debug(`${short(link.peer)} was not reached: ${messageOf(error)}`);
          throw error;
        },
      )
      .finally(() => (link.dialing = undefined));
    link.dialing = dialing;
    return dialing;
  }

  async #dialOnce(peer: PeerId): Promise<Connection> {
    const { libp2p, relays } = this.#options;
    const addresses = relays().map((relay) => multiaddr(`${relay}/p2p-circuit/p2p/${peer}`));
    addresses.push(...(await this.#storedAddresses(peer)));
    if (addresses.length === 0) {
      throw new Error('No relay is connected that could lead to the peer. Check the network and the relay.');
    }
    return this.#withTimeout(async (signal) => {
      const connection = await libp2p.dial(addresses, { signal });
      if (!this.#notes.has(connection)) this.onOpen(connection);
      return connection;
    });
  }

  /** Addresses learnt from the relays' table: other relays, or the peer's own when it can listen. */
  async #storedAddresses(peer: PeerId): Promise<Multiaddr[]> {
    const { libp2p, relays } = this.#options;
    const known = relays().map((relay) => `${relay}/p2p-circuit`);
    try {
      const stored = await libp2p.peerStore.get(peerIdFromString(peer));
      return stored.addresses
        .map(({ multiaddr: address }) => address)
        .filter((address) => {
          const text = address.toString();
          return !text.includes('/webrtc') && !known.some((start) => text.startsWith(start));
        })
        .slice(0, 4);
    } catch (error) {
      if (error instanceof Error && error.name === 'NotFoundError') return [];
      throw error;
    }
  }

  async #upgrade(link: PeerLink): Promise<void> {
    const { libp2p, log } = this.#options;
    link.upgrading = true;
    try {
      const addresses = this.#directAddresses(link.peer);
      if (addresses.length === 0) throw new Error('no relay to talk through');
      const connection = await this.#withTimeout((signal) => libp2p.dial(addresses, { signal, force: true }));
      // A dial through the relay that was under way is joined: then it is tried again at the next look.
      if (isDirect(connection)) log.debug(`${short(link.peer)} is connected straight`);
      link.upgrade.reset();
    } catch (error) {
      link.upgrade.fail();
      log.debug(`${short(link.peer)} stays relayed for now: ${messageOf(error)}`);
    } finally {
      link.upgrading = false;
    }
  }

  #directAddresses(peer: PeerId): Multiaddr[] {
    const through = new Set(this.#options.relays().map((relay) => `${relay}/p2p-circuit`));
    for (const connection of this.open(peer)) {
      const [relay] = connection.remoteAddr.toString().split('/p2p-circuit');
      if (relay !== undefined && !isDirect(connection)) through.add(`${relay}/p2p-circuit`);
    }
    return [...through].map((circuit) => multiaddr(`${circuit}/webrtc/p2p/${peer}`));
  }

  /** Asks one connection for a sign of life, and cuts it when none comes. */
  async #probe(connection: Connection): Promise<void> {
    const note = this.#note(connection);
    if (note.probing) return;
    note.probing = true;
    const timeout = new AbortController();
    const cancel = this.#options.clock.after(probeTimeoutMs, () => timeout.abort());
    try {
      const stream = await connection.newStream(pingProtocol, {
        signal: timeout.signal,
        runOnLimitedConnection: true,
      });
      note.provedMs = this.#options.clock.monotonicMs();
      stream.abort(new Error('alive'));
    } catch (error) {
      connection.abort(new Error(`The connection is dead: ${messageOf(error)}`));
    } finally {
      cancel();
      note.probing = false;
    }
  }

  #link(peer: PeerId): PeerLink {
    const known = this.#links.get(peer);
    if (known !== undefined) return known;
    const { clock, random } = this.#options;
    const pause = () => new Backoff(clock, random, dialPauseLeastMs, dialPauseMostMs);
    const link: PeerLink = { peer, dial: pause(), upgrade: pause(), dialing: undefined, upgrading: false };
    // Peers that are only asked once are not remembered.
    if (this.#wanted.has(peer)) this.#links.set(peer, link);
    return link;
  }

  #note(connection: Connection): Note {
    const known = this.#notes.get(connection);
    if (known !== undefined) return known;
    const nowMs = this.#options.clock.monotonicMs();
    const note = { openedMs: nowMs, provedMs: nowMs, probing: false };
    this.#notes.set(connection, note);
    return note;
  }

  #trust(connection: Connection): number {
    const { openedMs, provedMs } = this.#note(connection);
    return isDirect(connection) ? Math.max(openedMs, provedMs) : openedMs;
  }

  async #withTimeout<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const timeout = new AbortController();
    const cancel = this.#options.clock.after(dialTimeoutMs, () =>
      timeout.abort(new Error('The peer does not answer.')),
    );
    try {
      return await run(timeout.signal);
    } finally {
      cancel();
    }
  }
}

/** True for a connection that began through a relay, whether it still goes through it or not: those with relays themselves do not. */
function isWithPeer(connection: Connection): boolean {
  return /\/(p2p-circuit|webrtc)(\/|$)/.test(connection.remoteAddr.toString());
}

/** Ends a connection so that the other side hears of it, or alone when that takes too long. */
function hangUp(connection: Connection): void {
  connection.close().catch((error: Error) => connection.abort(error));
}

function short(peer: PeerId): string {
  return `peer …${peer.slice(-6)}`;
}

/** What the log calls a connection: who began it, and its path. */
function kindOf(connection: Connection): string {
  return `${connection.direction} ${isDirect(connection) ? 'straight' : 'relayed'} connection`;
}

function isPeerId(text: string): boolean {
  try {
    peerIdFromString(text);
    return true;
  } catch {
    // Any thrown error means: not the text form of a PeerId.
    return false;
  }
}
