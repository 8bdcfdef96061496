import type { Connection, Libp2p, PeerId as Libp2pPeerId } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import type { Multiaddr } from '@multiformats/multiaddr';
import { multiaddr } from '@multiformats/multiaddr';
import type { Clock, Log, Random } from '../base/index.ts';
import { messageOf } from '../base/index.ts';
import { Backoff } from './backoff.ts';
import { isDirect } from './libp2p-node.ts';
import {
  dialTimeoutMs,
  relayPauseLeastMs,
  relayPauseMostMs,
  relaysMax,
  reservationWaitMs,
} from './limits.ts';
import type { RelayStatus } from './port.ts';

interface RelayLink {
  readonly given: string;
  readonly address: Multiaddr;
  readonly id: Libp2pPeerId;
  readonly backoff: Backoff;
  dialing: boolean;
  connectedSinceMs: number | undefined;
  trouble: string | undefined;
}

interface RelayLinksOptions {
  readonly libp2p: Libp2p;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly listenOnRelay: () => Promise<void>;
  readonly onChange: () => void;
  /** A relay has come back: what waited for one may go on. */
  readonly onConnected: () => void;
}

/** Holds a connection and a reservation with every relay that is named. libp2p itself never remakes a lost one. */
export class RelayLinks {
  readonly #options: RelayLinksOptions;
  readonly #links = new Map<string, RelayLink>();
  readonly #refused = new Map<string, string>();
  #places = 1;
  #told = '';

  constructor(options: RelayLinksOptions) {
    this.#options = options;
  }

  set(addresses: readonly string[]): void {
    const { clock, random, log } = this.#options;
    const wanted = new Set(addresses);
    for (const [given, link] of this.#links) {
      if (wanted.has(given)) continue;
      this.#links.delete(given);
      for (const connection of this.#connections(link))
        void connection.close().catch(() => connection.abort(over));
    }
    this.#refused.clear();
    for (const given of wanted) {
      if (this.#links.has(given)) continue;
      const parsed = parseRelay(given);
      if (parsed === undefined) this.#refused.set(given, badAddress(given));
      else if (this.#links.size >= relaysMax) this.#refused.set(given, tooMany);
      else {
        const backoff = new Backoff(clock, random, relayPauseLeastMs, relayPauseMostMs);
        this.#links.set(given, {
          given,
          ...parsed,
          backoff,
          dialing: false,
          connectedSinceMs: undefined,
          trouble: undefined,
        });
      }
    }
    for (; this.#places < this.#links.size; this.#places++) {
      this.#options
        .listenOnRelay()
        .catch((error: unknown) => log.warn(`no place for a relay: ${messageOf(error)}`));
    }
    this.look();
  }

  /** Multiaddrs of the relays that a connection is open to. */
  connected(): readonly string[] {
    return [...this.#links.values()]
      .filter((link) => this.#connections(link).length > 0)
      .map((link) => link.given);
  }

  /** True when a relay can lead others to us. */
  get reachable(): boolean {
    return [...this.#links.values()].some((link) => this.#hasReservation(link));
  }

  has(peer: Libp2pPeerId): boolean {
    return [...this.#links.values()].some((link) => link.id.equals(peer));
  }

  status(): readonly RelayStatus[] {
    const refused = [...this.#refused].map(([address, trouble]): RelayStatus => {
      return { address, state: 'unreachable', reachable: false, trouble };
    });
    const links = [...this.#links.values()].map((link): RelayStatus => {
      const connected = this.#connections(link).length > 0;
      const state = connected ? 'connected' : link.trouble === undefined ? 'connecting' : 'unreachable';
      return {
        address: link.given,
        state,
        reachable: connected && this.#hasReservation(link),
        trouble: link.trouble,
      };
    });
    return [...links, ...refused];
  }

  /** Forgets the pauses: something has changed (the network, a wake-up). */
  retryNow(): void {
    for (const link of this.#links.values()) link.backoff.reset();
    this.look();
  }

  /** Looks at every relay: dials, waits, or asks again. Called every second and on every event. */
  look(): void {
    for (const link of this.#links.values()) {
      const connections = this.#connections(link);
      if (connections.length > 0) this.#lookAtConnected(link, connections);
      else {
        link.connectedSinceMs = undefined;
        if (!link.dialing && link.backoff.due) void this.#dial(link);
      }
    }
    const now = JSON.stringify(this.status());
    if (now === this.#told) return;
    this.#told = now;
    this.#options.onChange();
  }

  #lookAtConnected(link: RelayLink, connections: readonly Connection[]): void {
    const { clock, log } = this.#options;
    const nowMs = clock.monotonicMs();
    if (link.connectedSinceMs === undefined) {
      link.connectedSinceMs = nowMs;
      link.trouble = undefined;
      this.#options.onConnected();
    }
    if (this.#hasReservation(link)) {
      link.trouble = undefined;
      link.backoff.reset();
      return;
    }
    if (nowMs - link.connectedSinceMs < reservationWaitMs) return;
    link.trouble = `The relay at ${place(link.address)} answers, but has no place free for us: others can't reach this browser through it. It is asked again by and by; a second relay would help.`;
    if (this.#carriesOthers(link)) return;
    // libp2p asks a relay for a reservation once per connection: only a new connection makes it ask again.
    link.backoff.fail();
    log.info(link.trouble);
    for (const connection of connections) void connection.close().catch(() => connection.abort(over));
  }

  async #dial(link: RelayLink): Promise<void> {
    const { libp2p, clock, log } = this.#options;
    link.dialing = true;
    const timeout = new AbortController();
    const cancel = clock.after(dialTimeoutMs, () => timeout.abort());
    try {
      await libp2p.dial(link.address, { signal: timeout.signal, force: true });
      log.info(`connected to the relay at ${place(link.address)}`);
    } catch (error) {
      link.backoff.fail();
      link.trouble = troubleOf(link.address, error);
      log.info(`${link.trouble} (${messageOf(error)})`);
    } finally {
      cancel();
      link.dialing = false;
      if (this.#links.get(link.given) === link) this.look();
    }
  }

  #connections(link: RelayLink): Connection[] {
    return this.#options.libp2p
      .getConnections(link.id)
      .filter((connection) => connection.status === 'open' && isDirect(connection));
  }

  #hasReservation(link: RelayLink): boolean {
    const path = `/p2p/${link.id.toString()}/p2p-circuit`;
    return this.#options.libp2p.getMultiaddrs().some((address) => address.toString().includes(path));
  }

  #carriesOthers(link: RelayLink): boolean {
    const path = `/p2p/${link.id.toString()}/p2p-circuit`;
    return this.#options.libp2p
      .getConnections()
      .some((connection) => !isDirect(connection) && connection.remoteAddr.toString().includes(path));
  }
}

const over = new Error('The relay is no longer used.');
const tooMany = `Only ${relaysMax} relays are used at once: take one out of the settings to use this one.`;

function parseRelay(given: string): { address: Multiaddr; id: Libp2pPeerId } | undefined {
  try {
    const address = multiaddr(given);
    const last = address.getComponents().at(-1);
    if (last?.name !== 'p2p' || last.value === undefined) return undefined;
    return { address, id: peerIdFromString(last.value) };
  } catch {
    // Not a multiaddr at all.
    return undefined;
  }
}

function badAddress(given: string): string {
  const shown = given.length > 80 ? `${given.slice(0, 80)}…` : given;
  return `“${shown}” is no relay's address: it should look like /dns4/relay.example/tcp/443/wss/p2p/12D3Koo…. Copy it again from the relay.`;
}

/** Host and port of an address, as a person writes them. */
function place(address: Multiaddr): string {
  const parts = address.getComponents();
  const port = parts.find((part) => part.name === 'tcp')?.value;
  const host = parts[0]?.value ?? address.toString();
  return port === undefined ? host : `${host}:${port}`;
}

function troubleOf(address: Multiaddr, error: unknown): string {
  const name = error instanceof Error ? error.name : '';
  if (name === 'UnexpectedPeerError' || /remote identity key/i.test(messageOf(error))) {
    return `At ${place(address)} answers another relay than the link names: it was set up anew, or the address is someone else's by now. Ask for a new link.`;
  }
  return `The relay at ${place(address)} does not answer. Is it running, and is this device on a network that reaches it? It is tried again by itself.`;
}
