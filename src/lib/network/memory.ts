import type { Bytes, Clock, PeerId, Random } from '../base/index.ts';
import { messageOf } from '../base/index.ts';
import { newsFrameBytesMax, streamWindowBytes } from './limits.ts';
import type { MemoryEnd } from './memory-stream.ts';
import { memoryStreamPair } from './memory-stream.ts';
import type { PeerConnection, ProtocolId, ProtocolLimits, RelayStatus, Wire, WireStream } from './port.ts';

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

interface MessageHandler {
  readonly limits: ProtocolLimits;
  readonly onMessage: (from: PeerId, message: Bytes) => void;
}
interface RequestHandler {
  readonly limits: ProtocolLimits;
  readonly onRequest: (from: PeerId, request: Bytes) => Promise<Uint8Array>;
}
interface StreamHandler {
  readonly limits: ProtocolLimits;
  readonly onStream: (from: PeerId, stream: WireStream) => Promise<void>;
}

const detectDefaultMs = 6_000;
const dialDefaultMs = 20;
/** News are known again for this long. */
const newsSeenMs = 10_000;
const unreachableText = 'The peer can not be reached.';

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
  readonly #meetings = new Map<string, Set<MemoryWire>>();

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

  /** Tells every pair of peers under one rendezvous key of each other. */
  meet(wire: MemoryWire, keys: readonly string[]): void {
    for (const met of this.#meetings.values()) met.delete(wire);
    for (const key of keys) {
      const met = this.#meetings.get(key) ?? new Set();
      this.#meetings.set(key, met);
      for (const other of met) {
        this.carrySurely(other.self, wire.self, () => wire.found(other.self));
        this.carrySurely(wire.self, other.self, () => other.found(wire.self));
      }
      met.add(wire);
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

class MemoryWire implements Wire {
  readonly self: PeerId;
  readonly #network: MemoryNetwork;
  readonly #messages = new Map<ProtocolId, MessageHandler>();
  readonly #requests = new Map<ProtocolId, RequestHandler>();
  readonly #streams = new Map<ProtocolId, StreamHandler>();
  readonly #connected = new Set<PeerId>();
  readonly #ends = new Map<PeerId, Set<MemoryEnd>>();
  readonly #waitingBytes = new Map<string, number>();
  readonly #changeListeners = new Set<() => void>();
  readonly #foundListeners = new Set<(peer: PeerId) => void>();
  #topics: ReadonlySet<string> = new Set();
  #onNews: (topic: string, news: Bytes) => boolean = () => false;
  readonly #seenNews = new Set<object>();
  #wanted: ReadonlySet<PeerId> = new Set();
  #relays: readonly string[] = [];
  #open = true;

  constructor(network: MemoryNetwork, self: PeerId) {
    this.#network = network;
    this.self = self;
  }

  handleMessages(protocol: ProtocolId, limits: ProtocolLimits, onMessage: MessageHandler['onMessage']): void {
    this.#messages.set(protocol, { limits, onMessage });
  }

  send(to: PeerId, protocol: ProtocolId, message: Uint8Array): boolean {
    const limits = this.#messages.get(protocol)?.limits;
    if (!this.#open || limits === undefined || !this.#connected.has(to)) return false;
    if (message.length > limits.frameBytesMax) return false;
    const lane = `${to} ${protocol}`;
    const waiting = this.#waitingBytes.get(lane) ?? 0;
    if (waiting + message.length > limits.outboxBytesMax) return false;
    // The outbox empties as the clock moves: what is handed over in one moment counts together.
    this.#waitingBytes.set(lane, waiting + message.length);
    this.#network.clock.after(1, () => {
      this.#waitingBytes.set(lane, (this.#waitingBytes.get(lane) ?? message.length) - message.length);
    });
    const copy = message.slice() as Bytes;
    this.#network.carry(this.self, to, message.length, () => {
      const other = this.#network.wire(to);
      if (other?.has(this.self) === true) other.take(this.self, protocol, copy);
    });
    return true;
  }

  handleRequests(protocol: ProtocolId, limits: ProtocolLimits, onRequest: RequestHandler['onRequest']): void {
    this.#requests.set(protocol, { limits, onRequest });
  }

  request(to: PeerId, protocol: ProtocolId, request: Uint8Array, timeoutMs: number): Promise<Bytes> {
    const copy = request.slice() as Bytes;
    return new Promise((resolve, reject) => {
      const cancel = this.#network.clock.after(timeoutMs, () =>
        reject(new Error(`The peer did not answer within ${timeoutMs} ms.`)),
      );
      const end = (finish: () => void) => {
        cancel();
        finish();
      };
      this.#reach(to, (error) => {
        if (error !== undefined) return end(() => reject(error));
        this.#network.carrySurely(this.self, to, () => {
          const answer = this.#network.wire(to)?.answer(this.self, protocol, copy);
          void (answer ?? Promise.reject(new Error(unreachableText))).then(
            (bytes) => this.#network.carrySurely(to, this.self, () => end(() => resolve(bytes))),
            (problem: unknown) =>
              this.#network.carrySurely(to, this.self, () =>
                end(() => reject(new Error(messageOf(problem)))),
              ),
          );
        });
      });
    });
  }

  handleStreams(protocol: ProtocolId, limits: ProtocolLimits, onStream: StreamHandler['onStream']): void {
    this.#streams.set(protocol, { limits, onStream });
  }

  openStream(to: PeerId, protocol: ProtocolId, timeoutMs: number): Promise<WireStream> {
    return new Promise((resolve, reject) => {
      const cancel = this.#network.clock.after(timeoutMs, () =>
        reject(new Error(`The peer did not answer within ${timeoutMs} ms.`)),
      );
      this.#reach(to, (error) => {
        cancel();
        const handler = this.#network.wire(to)?.streamHandler(protocol);
        if (error !== undefined || handler === undefined) {
          reject(error ?? new Error(`The peer does not speak ${protocol}.`));
          return;
        }
        const [near, far] = memoryStreamPair({
          carry: (direction, run) =>
            direction === 'out'
              ? this.#network.carrySurely(this.self, to, run)
              : this.#network.carrySurely(to, this.self, run),
          frameBytesMax: handler.limits.frameBytesMax,
          windowBytes: Math.max(streamWindowBytes, 2 * handler.limits.frameBytesMax),
        });
        this.hold(to, near);
        this.#network.wire(to)?.hold(this.self, far);
        handler.onStream(this.self, far).then(
          () => void far.close(),
          (problem: unknown) => far.abort(messageOf(problem)),
        );
        resolve(near);
      });
    });
  }

  hear(topics: ReadonlySet<string>): void {
    this.#topics = new Set(topics);
  }

  publish(topic: string, news: Uint8Array): void {
    if (news.length <= newsFrameBytesMax) this.#spread({ topic, news: news.slice() as Bytes });
  }

  onNews(listener: (topic: string, news: Bytes) => boolean): void {
    this.#onNews = listener;
  }

  #spread(piece: { readonly topic: string; readonly news: Bytes }): void {
    this.#seenNews.add(piece);
    this.#network.clock.after(newsSeenMs, () => this.#seenNews.delete(piece));
    for (const peer of this.#connected) {
      this.#network.carry(this.self, peer, piece.news.length, () =>
        this.#network.wire(peer)?.takeNews(this.self, piece),
      );
    }
  }

  takeNews(from: PeerId, piece: { readonly topic: string; readonly news: Bytes }): void {
    if (!this.has(from) || !this.#topics.has(piece.topic) || this.#seenNews.has(piece)) return;
    if (this.#onNews(piece.topic, piece.news)) this.#spread(piece);
  }

  want(peers: ReadonlySet<PeerId>): void {
    this.#wanted = new Set(peers);
    this.settle();
  }

  hangUp(peer: PeerId): void {
    this.lose(peer);
    if (this.#network.wire(this.self) === this) this.#network.wire(peer)?.lose(this.self);
  }

  setRelays(addresses: readonly string[]): void {
    this.#relays = [...addresses];
    this.#changed();
  }

  rendezvous(keys: readonly Uint8Array[]): void {
    this.#network.meet(this, keys.map(String));
  }

  onFound(listener: (peer: PeerId) => void): () => void {
    this.#foundListeners.add(listener);
    return () => this.#foundListeners.delete(listener);
  }

  connections(): readonly PeerConnection[] {
    return [...this.#connected].map((peer) => ({ peer, path: 'direct', rttMs: undefined }));
  }

  relays(): readonly RelayStatus[] {
    return this.#relays.map((address) => ({
      address,
      state: 'connected',
      reachable: true,
      trouble: undefined,
    }));
  }

  onChange(listener: () => void): () => void {
    this.#changeListeners.add(listener);
    return () => this.#changeListeners.delete(listener);
  }

  close(): Promise<void> {
    this.shut();
    return Promise.resolve();
  }

  /** Drops everything at once, as a crash does. */
  shut(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#network.meet(this, []);
    for (const peer of [...this.#connected]) {
      this.lose(peer);
      this.#network.clock.after(this.#network.dialMs, () => this.#network.wire(peer)?.lose(this.self));
    }
  }

  has(peer: PeerId): boolean {
    return this.#open && this.#connected.has(peer);
  }

  take(from: PeerId, protocol: ProtocolId, message: Bytes): void {
    this.#messages.get(protocol)?.onMessage(from, message);
  }

  async answer(from: PeerId, protocol: ProtocolId, request: Bytes): Promise<Bytes> {
    const handler = this.#requests.get(protocol);
    if (handler === undefined) throw new Error(`The peer does not speak ${protocol}.`);
    if (request.length > handler.limits.frameBytesMax)
      throw new Error('The request is larger than its limit.');
    return (await handler.onRequest(from, request)).slice() as Bytes;
  }

  streamHandler(protocol: ProtocolId): StreamHandler | undefined {
    return this.#open ? this.#streams.get(protocol) : undefined;
  }

  hold(peer: PeerId, end: MemoryEnd): void {
    const ends = this.#ends.get(peer) ?? new Set();
    this.#ends.set(peer, ends);
    ends.add(end);
  }

  found(peer: PeerId): void {
    if (this.#open) for (const listener of this.#foundListeners) listener(peer);
  }

  /** The connection is gone: its streams break, and a wanted peer is dialled again. */
  lose(peer: PeerId): void {
    if (!this.#connected.delete(peer)) return;
    for (const end of this.#ends.get(peer) ?? []) end.break('The connection was lost.');
    this.#ends.delete(peer);
    this.#changed();
    this.settle();
  }

  /** Dials the wanted peers that are missing. */
  settle(): void {
    for (const peer of this.#wanted) if (!this.#connected.has(peer)) this.#reach(peer, () => undefined);
  }

  join(peer: PeerId): void {
    if (!this.#open || this.#connected.has(peer)) return;
    this.#connected.add(peer);
    this.#changed();
  }

  #reach(to: PeerId, done: (error: Error | undefined) => void): void {
    if (!this.#open) return done(new Error('The wire is closed.'));
    if (this.#connected.has(to)) return done(undefined);
    this.#network.clock.after(this.#network.dialMs, () => {
      const other = this.#network.wire(to);
      const line = this.#network.passes(this.self, to) && this.#network.passes(to, this.self);
      if (!this.#open || other === undefined || to === this.self || !line)
        return done(new Error(unreachableText));
      this.join(to);
      other.join(this.self);
      done(undefined);
    });
  }

  #changed(): void {
    for (const listener of this.#changeListeners) listener();
  }
}
