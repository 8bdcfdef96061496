import type { Clock, PeerId, Random } from '../base/index.ts';
import { hex } from '../base/index.ts';
import { MemoryWire } from './memory-wire.ts';
import type { RendezvousKey, Wire } from './port.ts';

/** What the network does to one message: a delay in milliseconds per copy that arrives. None: lost. Two: doubled. */
export type Weather = (from: PeerId, to: PeerId, bytes: number) => readonly number[];

export interface MemoryNetworkOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Fate of one-way messages. Without it: one copy after 1 to 5 ms. */
  readonly weather?: Weather;
  /** True lets messages overtake each other, as they do over two connections at once. */
  readonly reorder?: boolean;
  /** A connection over a cut line is noticed to be dead after this time. */
  readonly detectMs?: number;
  /** Setting up a connection takes this long. */
  readonly dialMs?: number;
}

const detectDefaultMs = 6_000;
const dialDefaultMs = 20;

/**
 * A network of wires in one thread, on a clock and a source of chance that are handed in: the same seed gives
 * the same run. Lines can be cut in one direction, messages lost, delayed, doubled.
 */
export class MemoryNetwork {
  readonly clock: Clock;
  readonly detectMs: number;
  readonly dialMs: number;
  readonly #random: Random;
  readonly #reorder: boolean;
  #weather: Weather;
  readonly #wires = new Map<PeerId, MemoryWire>();
  readonly #cuts = new Set<string>();
  readonly #lastArrivalMs = new Map<string, number>();
  readonly #lanes = new Map<string, { waiting: (() => void)[]; due: number }>();
  readonly #meetings = new Map<string, Map<MemoryWire, RendezvousKey>>();

  constructor(options: MemoryNetworkOptions) {
    this.clock = options.clock;
    this.#random = options.random;
    this.#reorder = options.reorder ?? false;
    this.detectMs = options.detectMs ?? detectDefaultMs;
    this.dialMs = options.dialMs ?? dialDefaultMs;
    this.#weather = options.weather ?? (() => [1 + this.#random.below(5)]);
  }

  /** A peer's wire. A peer that joins again (a restarted browser) replaces its former wire, which is closed. */
  join(peer: PeerId): Wire {
    this.#wires.get(peer)?.shut();
    const wire = new MemoryWire(this, peer);
    this.#wires.set(peer, wire);
    for (const other of this.#wires.values()) other.settle();
    return wire;
  }

  /** Another machine with a copy of that peer's key: it reaches whom it wants, and what is sent to the peer goes to the first. */
  joinBeside(peer: PeerId): Wire {
    return new MemoryWire(this, peer);
  }

  /** The peer is gone without a word: nothing of its wire arrives or is taken any more. */
  crash(peer: PeerId): void {
    this.#wires.get(peer)?.shut();
    this.#wires.delete(peer);
  }

  setWeather(weather: Weather): void {
    this.#weather = weather;
  }

  /** From now on nothing goes from the one to the other (nor back, unless `oneWay`). */
  cut(from: PeerId, to: PeerId, oneWay = false): void {
    this.#cuts.add(`${from}>${to}`);
    if (!oneWay) this.#cuts.add(`${to}>${from}`);
    this.clock.after(this.detectMs, () => this.#dropDead(from, to));
  }

  /** Cuts every line between peers of different groups. */
  partition(...groups: readonly (readonly PeerId[])[]): void {
    groups.forEach((group, i) => {
      for (const other of groups.slice(i + 1)) for (const a of group) for (const b of other) this.cut(a, b);
    });
  }

  /** Mends one line, or all. */
  heal(a?: PeerId, b?: PeerId): void {
    if (a === undefined || b === undefined) this.#cuts.clear();
    else {
      this.#cuts.delete(`${a}>${b}`);
      this.#cuts.delete(`${b}>${a}`);
    }
    for (const line of this.#lanes.keys()) this.#flush(line);
    for (const wire of this.#wires.values()) wire.settle();
  }

  passes(from: PeerId, to: PeerId): boolean {
    return !this.#cuts.has(`${from}>${to}`);
  }

  wire(peer: PeerId): MemoryWire | undefined {
    return this.#wires.get(peer);
  }

  /** Calls `run` for every copy of a message that arrives, when it arrives. Lines may be cut meanwhile. */
  carry(from: PeerId, to: PeerId, bytes: number, run: () => void): void {
    if (!this.passes(from, to)) return;
    for (const delayMs of this.#weather(from, to, bytes)) this.#arrive(from, to, delayMs, run);
  }

  /** As `carry`, but in order and held back while the line is cut: what a transport's own repeats give streams. */
  carrySurely(from: PeerId, to: PeerId, run: () => void): void {
    const line = `${from}>${to}`;
    const lane = this.#lanes.get(line) ?? { waiting: [], due: 0 };
    this.#lanes.set(line, lane);
    lane.waiting.push(run);
    this.clock.after(1 + this.#random.below(5), () => {
      lane.due++;
      this.#flush(line);
    });
  }

  /** Tells who looks under a rendezvous key of those who are to be found there. */
  meet(wire: MemoryWire, keys: readonly RendezvousKey[]): void {
    for (const met of this.#meetings.values()) met.delete(wire);
    for (const mine of keys) {
      const name = hex(mine.key);
      const met = this.#meetings.get(name) ?? new Map<MemoryWire, RendezvousKey>();
      this.#meetings.set(name, met);
      const tell = (to: MemoryWire, of: MemoryWire) =>
        this.carrySurely(of.self, to.self, () => to.found(of.self, mine.key));
      for (const [other, theirs] of met) {
        if (mine.sought && theirs.announced) tell(wire, other);
        if (theirs.sought && mine.announced) tell(other, wire);
      }
      met.set(wire, mine);
    }
  }

  #arrive(from: PeerId, to: PeerId, delayMs: number, run: () => void): void {
    const line = `${from}>${to}`;
    let atMs = this.clock.monotonicMs() + delayMs;
    if (!this.#reorder) {
      atMs = Math.max(atMs, this.#lastArrivalMs.get(line) ?? 0);
      this.#lastArrivalMs.set(line, atMs);
    }
    this.clock.after(atMs - this.clock.monotonicMs(), () => {
      if (this.passes(from, to)) run();
    });
  }

  #flush(line: string): void {
    const lane = this.#lanes.get(line);
    for (; lane !== undefined && lane.due > 0 && !this.#cuts.has(line); lane.due--) lane.waiting.shift()?.();
  }

  #dropDead(a: PeerId, b: PeerId): void {
    if (this.passes(a, b) && this.passes(b, a)) return;
    // What is still on its way belongs to the lost connection. Lanes stay: their timers count on them.
    for (const line of [`${a}>${b}`, `${b}>${a}`]) this.#lanes.get(line)?.waiting.fill(() => undefined);
    this.#wires.get(a)?.lose(b);
    this.#wires.get(b)?.lose(a);
  }
}
