import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { Clock } from '../src/lib/base/index.ts';
import { isLoopback } from './addresses.ts';
import {
  addressesRememberedMax,
  connectionsMax,
  connectionsPerIpMax,
  connectsPerIpBurst,
  connectsPerIpPerSecond,
} from './limits.ts';

/** What `ClientGate` counts against. */
export interface ClientLimits {
  readonly connectionsMax: number;
  readonly connectionsPerIpMax: number;
  readonly connectsPerIpBurst: number;
  readonly connectsPerIpPerSecond: number;
}

const usualLimits: ClientLimits = {
  connectionsMax,
  connectionsPerIpMax,
  connectsPerIpBurst,
  connectsPerIpPerSecond,
};

/**
 * The group that an address is counted in: an IPv4 address itself, the /64 network of an IPv6 one (every household
 * gets at least that many to choose from), undefined for this machine, which is not limited: whoever runs programs
 * here has other means.
 */
export function addressGroup(address: string): string | undefined {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (isLoopback(plain)) return undefined;
  if (isIP(plain) !== 6) return plain;
  const [head = '', tail] = plain.split('%')[0]?.split('::') ?? [];
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros =
    tail === undefined ? [] : Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0');
  const words = [...front, ...zeros, ...back]
    .slice(0, 4)
    .map((word) => Number.parseInt(word, 16).toString(16));
  return `${words.join(':')}::/64`;
}

/**
 * The address a request really comes from. Behind a reverse proxy on this machine, or one named with `--proxy`, that
 * is the last address the proxy wrote into `X-Forwarded-For`; anybody else's header is only a claim.
 */
export function clientAddress(request: IncomingMessage, proxies: readonly string[]): string {
  const remote = request.socket.remoteAddress ?? '';
  const trusted = new BlockList();
  for (const proxy of proxies) trusted.addAddress(proxy, isIP(proxy) === 6 ? 'ipv6' : 'ipv4');
  const isProxy = (address: string) =>
    isLoopback(address) ||
    (isIP(address) !== 0 && trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'));
  let client = remote;
  const header = request.headers['x-forwarded-for'];
  const hops = (Array.isArray(header) ? header.join(',') : (header ?? ''))
    .split(',')
    .map((hop) => hop.trim());
  // From the nearest hop outwards, as long as the one who wrote it is a proxy of ours.
  for (let hop = hops.pop(); hop !== undefined && isProxy(client); hop = hops.pop()) {
    if (isIP(hop) === 0) break;
    client = hop;
  }
  return client;
}

interface Group {
  open: number;
  /** Connections that may be made at once, as of `atMs`. */
  tokens: number;
  atMs: number;
}

/** Counts WebSocket connections by where they come from: libp2p sees all of them come from this machine. */
export class ClientGate {
  readonly #clock: Clock;
  readonly #limits: ClientLimits;
  readonly #groups = new Map<string, Group>();
  #open = 0;

  constructor(clock: Clock, limits: Partial<ClientLimits> = {}) {
    this.#clock = clock;
    this.#limits = { ...usualLimits, ...limits };
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#open;
  }

  /**
   * Asks for one more connection from `address`.
   * @returns a function to call once when it has ended, or a sentence that says why there can't be one.
   */
  enter(address: string): (() => void) | string {
    if (this.#open >= this.#limits.connectionsMax)
      return 'This relay is full. Try again later, or use another relay.';
    const name = addressGroup(address);
    if (name === undefined) {
      this.#open += 1;
      return once(() => (this.#open -= 1));
    }
    const group = this.#group(name);
    if (group.open >= this.#limits.connectionsPerIpMax) {
      return 'There are too many connections from your address. Close some tabs, or use another relay.';
    }
    if (group.tokens < 1) return 'Your address connects too often. Wait some seconds.';
    group.tokens -= 1;
    group.open += 1;
    this.#open += 1;
    return once(() => {
      group.open -= 1;
      this.#open -= 1;
    });
  }

  #group(name: string): Group {
    const nowMs = this.#clock.monotonicMs();
    const { connectsPerIpBurst: burst, connectsPerIpPerSecond: rate } = this.#limits;
    const group = this.#groups.get(name) ?? { open: 0, tokens: burst, atMs: nowMs };
    group.tokens = Math.min(burst, group.tokens + ((nowMs - group.atMs) / 1000) * rate);
    group.atMs = nowMs;
    // Put back at the end, so that the map is in order of last use.
    this.#groups.delete(name);
    this.#groups.set(name, group);
    if (this.#groups.size > addressesRememberedMax) this.#forgetQuietest();
    return group;
  }

  #forgetQuietest(): void {
    for (const [name, group] of this.#groups) {
      if (group.open > 0) continue;
      this.#groups.delete(name);
      return;
    }
  }
}

function once(run: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    run();
  };
}
