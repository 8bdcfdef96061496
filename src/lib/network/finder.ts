import type { Libp2p } from '@libp2p/interface';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import * as digest from 'multiformats/hashes/digest';
import { sha256 } from 'multiformats/hashes/sha2';
import type { Clock, Log, PeerId } from '../base/index.ts';
import { hex, messageOf } from '../base/index.ts';
import type { RendezvousKey } from './port.ts';
import {
  findIdleIntervalMs,
  findIntervalMs,
  findLeastMs,
  findTimeoutMs,
  provideIntervalMs,
  rendezvousKeysMax,
} from './limits.ts';

interface FinderOptions {
  readonly libp2p: Libp2p;
  readonly clock: Clock;
  readonly log: Log;
  /** True while a relay is connected. */
  readonly connected: () => boolean;
  /** True while others can reach us through a relay: what we would tell of ourselves is of use. */
  readonly reachable: () => boolean;
  /** True while a wanted peer is missing. */
  readonly missing: () => boolean;
  readonly onFound: (peer: PeerId, key: Uint8Array) => void;
}

interface Key {
  readonly key: Uint8Array;
  readonly cid: CID;
  announced: boolean;
  sought: boolean;
  busy: boolean;
  /** The addresses we last told. */
  told: string;
  toldMs: number;
  lookMs: number;
  pauseMs: number;
}

const keyBytes = 32;

/** Tells the relays' table under which keys we are found, and asks it for others. */
export class Finder {
  readonly #options: FinderOptions;
  readonly #keys = new Map<string, Key>();
  readonly #stop = new AbortController();

  constructor(options: FinderOptions) {
    this.#options = options;
  }

  set(keys: readonly RendezvousKey[]): void {
    const wanted = new Map<string, RendezvousKey>();
    for (const each of keys) {
      const name = hex(each.key);
      const known = wanted.get(name);
      if (each.key.length !== keyBytes || (known === undefined && wanted.size >= rendezvousKeysMax)) continue;
      const announced = each.announced || known?.announced === true;
      const sought = each.sought || known?.sought === true;
      wanted.set(name, { key: each.key, announced, sought });
    }
    for (const name of this.#keys.keys()) if (!wanted.has(name)) this.#keys.delete(name);
    for (const [name, { key, announced, sought }] of wanted) {
      const known = this.#keys.get(name);
      if (known !== undefined) {
        known.announced = announced;
        known.sought = sought;
        continue;
      }
      const cid = CID.createV1(raw.code, digest.create(sha256.code, key));
      const fresh = { busy: false, told: '', toldMs: 0, lookMs: 0, pauseMs: findLeastMs };
      this.#keys.set(name, { key, cid, announced, sought, ...fresh });
    }
    this.look();
  }

  /** A relay is back, or someone is missed: ask again at once. */
  retryNow(): void {
    for (const key of this.#keys.values()) {
      key.lookMs = 0;
      key.pauseMs = findLeastMs;
    }
    this.look();
  }

  look(): void {
    if (!this.#options.connected()) return;
    for (const key of this.#keys.values()) if (!key.busy) void this.#work(key);
  }

  close(): void {
    this.#stop.abort();
  }

  async #work(key: Key): Promise<void> {
    key.busy = true;
    try {
      if (key.announced) await this.#provide(key);
      if (key.sought) await this.#find(key);
    } catch (error) {
      this.#options.log.debug(`rendezvous: ${messageOf(error)}`);
    } finally {
      key.busy = false;
    }
  }

  async #provide(key: Key): Promise<void> {
    const { libp2p, clock, reachable } = this.#options;
    if (!reachable()) return;
    const addresses = libp2p.getMultiaddrs().join(' ');
    const nowMs = clock.monotonicMs();
    if (key.told === addresses && nowMs - key.toldMs < provideIntervalMs) return;
    await this.#withTimeout((signal) => libp2p.contentRouting.provide(key.cid, { signal }));
    key.told = addresses;
    key.toldMs = nowMs;
  }

  async #find(key: Key): Promise<void> {
    const { libp2p, clock, missing, onFound } = this.#options;
    const nowMs = clock.monotonicMs();
    if (nowMs < key.lookMs) return;
    key.lookMs = nowMs + (missing() ? key.pauseMs : Math.max(key.pauseMs, findIdleIntervalMs));
    // A table that was just joined may still be empty to us: first looks follow each other quickly.
    if (key.pauseMs < findIntervalMs) key.lookMs = nowMs + key.pauseMs;
    key.pauseMs = Math.min(findIntervalMs, key.pauseMs * 2);
    await this.#withTimeout(async (signal) => {
      for await (const provider of libp2p.contentRouting.findProviders(key.cid, { signal })) {
        if (!provider.id.equals(libp2p.peerId)) onFound(provider.id.toString() as PeerId, key.key);
      }
    });
  }

  async #withTimeout(run: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const timeout = new AbortController();
    const cancel = this.#options.clock.after(findTimeoutMs, () =>
      timeout.abort(new Error('The relays do not answer.')),
    );
    try {
      await run(AbortSignal.any([timeout.signal, this.#stop.signal]));
    } finally {
      cancel();
    }
  }
}
