import { type Bytes, type Clock, type PeerId, encode, equalBytes } from '../../base/index.ts';
import { presenceProtocol } from '../../network/protocols.ts';
import type { Wire } from '../../network/port.ts';
import { presenceAgainMs, presenceForgetMs, presenceIdleMs, presenceMinMs } from '../limits.ts';
import type { Presence } from '../wire-shapes.ts';

export interface PresencePorts {
  readonly clock: Clock;
  readonly wire: Wire;
  readonly queue: Bytes;
  /** What to tell now. */
  readonly mine: () => Omit<Presence, 'v' | 'q' | 'n'>;
  /** Whom to tell, and whom to believe. */
  readonly members: () => Iterable<PeerId>;
  /** A peer has told something, or counts as here no longer. */
  readonly onHeard: () => void;
}

interface Heard {
  readonly presence: Presence;
  /** When it was heard, or when its peer was last seen connected. */
  atMs: number;
  /** Whether its peer was connected when that was last looked at. */
  connected: boolean;
}

/** Messages are told one by one: a count that is further away is of another life of the sender. */
const lifeGap = 500;

/**
 * Who is here and what their printers do: told to the connected members of a queue, at once when it changes or when someone comes (but
 * not more often than a person reads), and rarely otherwise. Who is connected is here. Never in the log, never decides anything.
 */
export class PresenceRoom {
  readonly #ports: PresencePorts;
  readonly #heard = new Map<PeerId, Heard>();
  /** Begins with the time of the start, so that a later life of this peer counts higher. */
  #count: number;
  #lastToldMs = -Infinity;
  /** What was told last, and to whom: the same is not told again to the same. */
  #lastTold: Uint8Array = new Uint8Array();
  readonly #toldTo = new Set<PeerId>();
  #cancelSoon: (() => void) | undefined;
  #cancelAgain: (() => void) | undefined;
  #cancelForget: (() => void) | undefined;
  #closed = false;
  /** Until it is told again to all, doubled each time: a message may be lost, or come before its reader knows us a member. */
  #pauseMs = presenceAgainMs;

  constructor(ports: PresencePorts) {
    this.#ports = ports;
    this.#count = Math.max(0, Math.floor(ports.clock.wallMs()));
    this.#tellSoon(presenceMinMs);
  }

  /** Something that others see may have changed, or someone came. */
  changed(): void {
    const connected = this.#look();
    for (const peer of this.#toldTo) if (!connected.has(peer)) this.#toldTo.delete(peer);
    const since = this.#ports.clock.monotonicMs() - this.#lastToldMs;
    this.#tellSoon(Math.max(0, presenceMinMs - since));
  }

  /** What a member says of this queue. */
  receive(from: PeerId, said: Presence): void {
    const last = this.#heard.get(from);
    const fresh = last !== undefined && !this.#isOld(from, last);
    const { n } = said;
    // A sender that began anew counts from elsewhere; within one life a late message is dropped.
    const isNewLife = last === undefined || Math.abs(n - last.presence.n) > lifeGap;
    if (fresh && n <= last.presence.n && !isNewLife) return;
    // It knows nothing of us.
    if (isNewLife && this.#toldTo.delete(from)) this.changed();
    const atMs = this.#ports.clock.monotonicMs();
    this.#heard.set(from, { presence: said, atMs, connected: this.#connected().has(from) });
    this.#look();
    this.#ports.onHeard();
  }

  /** What a peer said last, or undefined when it has not been heard of lately. */
  of(peer: PeerId): Presence | undefined {
    const heard = this.#heard.get(peer);
    return heard === undefined || this.#isOld(peer, heard) ? undefined : heard.presence;
  }

  /** All peers heard of lately. */
  all(): readonly (readonly [PeerId, Presence])[] {
    const connected = this.#connected();
    return [...this.#heard]
      .filter(([peer, heard]) => !this.#isOld(peer, heard, connected))
      .map(([peer, heard]) => [peer, heard.presence]);
  }

  close(): void {
    this.#closed = true;
    this.#cancelSoon?.();
    this.#cancelAgain?.();
    this.#cancelForget?.();
  }

  #isOld(peer: PeerId, heard: Heard, connected = this.#connected()): boolean {
    if (connected.has(peer)) return false;
    return this.#ports.clock.monotonicMs() - heard.atMs >= presenceForgetMs;
  }

  /** Notes who is connected now, and forgets who has been away too long: at the latest when that time is over, and says so then. */
  #look(): ReadonlySet<PeerId> {
    const { clock, onHeard } = this.#ports;
    const connected = this.#connected();
    const nowMs = clock.monotonicMs();
    let leftMs = Infinity;
    let forgot = false;
    for (const [peer, heard] of this.#heard) {
      const isConnected = connected.has(peer);
      // Who was connected until now may have said nothing for long: its time begins now.
      if (isConnected || heard.connected) heard.atMs = nowMs;
      heard.connected = isConnected;
      if (this.#isOld(peer, heard, connected)) forgot = this.#heard.delete(peer);
      else if (!isConnected) leftMs = Math.min(leftMs, presenceForgetMs - (nowMs - heard.atMs));
    }
    this.#cancelForget?.();
    this.#cancelForget = undefined;
    // Reckoned as `#isOld` does, so that something is left, and a whole millisecond at least: clocks have fractions, and what rounding makes of them would be
    // looked at again and again at the same moment.
    if (leftMs < Infinity && !this.#closed)
      this.#cancelForget = clock.after(Math.ceil(leftMs), () => this.#look());
    if (forgot) onHeard();
    return connected;
  }

  #connected(): ReadonlySet<PeerId> {
    return new Set(this.#ports.wire.connections().map((connection) => connection.peer));
  }

  #tellSoon(delayMs: number): void {
    if (this.#closed) return;
    this.#cancelSoon ??= this.#ports.clock.after(delayMs, () => {
      this.#cancelSoon = undefined;
      this.#lastToldMs = this.#ports.clock.monotonicMs();
      this.#tellNews();
    });
  }

  /** To who was told the same already it is no news: a change that was another queue's costs this one nothing. */
  #tellNews(): void {
    const { mine, to } = this.#now();
    const isNews = !equalBytes(mine, this.#lastTold);
    const toTell = isNews ? to : to.filter((peer) => !this.#toldTo.has(peer));
    this.#lastTold = mine;
    this.#tell(toTell);
    if (!isNews && toTell.length === 0 && this.#cancelAgain !== undefined) return;
    this.#pauseMs = presenceAgainMs;
    this.#tellAgainLater();
  }

  #tellAgainLater(): void {
    this.#cancelAgain?.();
    this.#cancelAgain = this.#ports.clock.after(this.#pauseMs, () => {
      const { mine, to } = this.#now();
      this.#lastTold = mine;
      this.#tell(to);
      this.#tellAgainLater();
    });
    this.#pauseMs = Math.min(2 * this.#pauseMs, presenceIdleMs);
  }

  #now(): { readonly mine: Bytes; readonly to: readonly PeerId[] } {
    const connected = this.#look();
    const to = [...this.#ports.members()].filter((peer) => connected.has(peer));
    return { mine: encode(this.#ports.mine()), to };
  }

  #tell(to: readonly PeerId[]): void {
    if (to.length === 0) return;
    this.#count += 1;
    const message = encode({ v: 1, q: this.#ports.queue, n: this.#count, ...this.#ports.mine() });
    for (const peer of to) {
      if (this.#ports.wire.send(peer, presenceProtocol, message)) this.#toldTo.add(peer);
      else this.#toldTo.delete(peer);
    }
  }
}
