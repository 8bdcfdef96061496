import { type Bytes, type Clock, type PeerId, encode, parse } from '../base/index.ts';
import { presenceLimits, presenceProtocol } from '../network/protocols.ts';
import type { Wire } from '../network/port.ts';
import { presenceForgetMs, presenceIdleMs, presenceMinMs } from './limits.ts';
import { type Presence, presence } from './wire-shapes.ts';

export interface PresencePorts {
  readonly clock: Clock;
  readonly wire: Wire;
  readonly queue: Bytes;
  /** What to tell now. */
  readonly mine: () => Omit<Presence, 'v' | 'q' | 'n'>;
  /** Whom to tell, and whom to believe. */
  readonly members: () => Iterable<PeerId>;
  readonly onHeard: () => void;
}

interface Heard {
  readonly presence: Presence;
  readonly atMs: number;
}

/**
 * Who is here and what their printers do: told to the connected members of a queue, at once when it changes (but not more often
 * than a person reads), and every few seconds otherwise. Never in the log, never decides anything.
 */
export class PresenceRoom {
  readonly #ports: PresencePorts;
  readonly #heard = new Map<PeerId, Heard>();
  #count = 0;
  #lastToldMs = -Infinity;
  #cancel: (() => void) | undefined;
  #soon = false;
  #closed = false;

  constructor(ports: PresencePorts) {
    this.#ports = ports;
    this.#schedule(presenceMinMs);
  }

  /** Something that others see has changed. */
  changed(): void {
    if (this.#soon || this.#closed) return;
    this.#soon = true;
    const since = this.#ports.clock.monotonicMs() - this.#lastToldMs;
    this.#schedule(Math.max(0, presenceMinMs - since));
  }

  receive(from: PeerId, message: Uint8Array): void {
    const parsed = parse(presence, message, presenceLimits.frameBytesMax);
    if (!parsed.ok) return;
    const last = this.#heard.get(from);
    const fresh = last !== undefined && !this.#isOld(last);
    // A sender that began anew counts from the start again; within one life a late message is dropped.
    if (fresh && parsed.value.n <= last.presence.n && last.presence.n - parsed.value.n < 100) return;
    this.#heard.set(from, { presence: parsed.value, atMs: this.#ports.clock.monotonicMs() });
    this.#ports.onHeard();
  }

  /** What a peer said last, or undefined when it has not been heard of lately. */
  of(peer: PeerId): Presence | undefined {
    const heard = this.#heard.get(peer);
    return heard === undefined || this.#isOld(heard) ? undefined : heard.presence;
  }

  /** All peers heard of lately. */
  all(): readonly (readonly [PeerId, Presence])[] {
    return [...this.#heard]
      .filter(([, heard]) => !this.#isOld(heard))
      .map(([peer, heard]) => [peer, heard.presence]);
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  #isOld(heard: Heard): boolean {
    return this.#ports.clock.monotonicMs() - heard.atMs > presenceForgetMs;
  }

  #schedule(delayMs: number): void {
    this.#cancel?.();
    this.#cancel = this.#ports.clock.after(delayMs, () => this.#tell());
  }

  #tell(): void {
    if (this.#closed) return;
    this.#soon = false;
    this.#lastToldMs = this.#ports.clock.monotonicMs();
    this.#count += 1;
    const message = encode({ v: 1, q: this.#ports.queue, n: this.#count, ...this.#ports.mine() });
    const connected = new Set(this.#ports.wire.connections().map((connection) => connection.peer));
    for (const peer of this.#ports.members()) {
      if (connected.has(peer)) this.#ports.wire.send(peer, presenceProtocol, message);
    }
    this.#schedule(presenceIdleMs);
  }
}
