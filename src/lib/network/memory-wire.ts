import type { Bytes, PeerId } from '../base/index.ts';
import { messageOf } from '../base/index.ts';
import { newsFrameBytesMax, streamWindowBytes } from './limits.ts';
import type { MemoryNetwork } from './memory.ts';
import type { MemoryEnd } from './memory-stream.ts';
import { memoryStreamPair } from './memory-stream.ts';
import type {
  PeerConnection,
  ProtocolId,
  ProtocolLimits,
  RelayStatus,
  RendezvousKey,
  Wire,
  WireStream,
} from './port.ts';

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

/** News are known again for this long. */
const newsSeenMs = 10_000;
const unreachableText = 'The peer can not be reached.';

/** One peer's wire in a network in memory. */
export class MemoryWire implements Wire {
  readonly self: PeerId;
  readonly #network: MemoryNetwork;
  readonly #messages = new Map<ProtocolId, MessageHandler>();
  readonly #requests = new Map<ProtocolId, RequestHandler>();
  readonly #streams = new Map<ProtocolId, StreamHandler>();
  readonly #connected = new Set<PeerId>();
  readonly #ends = new Map<PeerId, Set<MemoryEnd>>();
  readonly #waitingBytes = new Map<string, number>();
  readonly #changeListeners = new Set<() => void>();
  readonly #foundListeners = new Set<(peer: PeerId, key: Uint8Array) => void>();
  #topics: ReadonlySet<string> = new Set();
  #onNews: (topic: string, news: Bytes) => boolean = () => false;
  readonly #seenNews = new Set<object>();
  #wanted: ReadonlySet<PeerId> = new Set();
  #only = false;
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

  want(peers: ReadonlySet<PeerId>, only = false): void {
    this.#wanted = new Set(peers);
    this.#only = only;
    const isFirst = this.#network.wire(this.self) === this;
    for (const peer of [...this.#connected].filter((each) => this.refuses(each))) {
      this.lose(peer);
      if (isFirst) this.#network.wire(peer)?.lose(this.self);
    }
    this.settle();
  }

  refuses(peer: PeerId): boolean {
    return this.#only && !this.#wanted.has(peer);
  }

  setRelays(addresses: readonly string[]): void {
    this.#relays = [...addresses];
    this.#changed();
  }

  rendezvous(keys: readonly RendezvousKey[]): void {
    this.#network.meet(this, keys);
  }

  onFound(listener: (peer: PeerId, key: Uint8Array) => void): () => void {
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

  found(peer: PeerId, key: Uint8Array): void {
    if (this.#open) for (const listener of this.#foundListeners) listener(peer, key);
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
      if (!this.#open || other === undefined || to === this.self || !line || other.refuses(this.self))
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
