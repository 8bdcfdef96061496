import type { Bytes, PeerId } from '../base/index.ts';

/** A protocol's id on the wire: `/peerprint/<name>/<version>`. The list stands in protocols.ts. */
export type ProtocolId = `/peerprint/${string}/${string}`;

/** How a peer is reached: straight, or with every byte through a relay (slow, and cut off at the relay's limit). */
export type Path = 'direct' | 'relayed';

export interface PeerConnection {
  readonly peer: PeerId;
  readonly path: Path;
  /** Round trip of the last ping in milliseconds, when one was measured. */
  readonly rttMs: number | undefined;
}

/** A relay the person's links or settings name, and how it stands. */
export interface RelayStatus {
  /** Multiaddr as given, ending in `/p2p/<relay's PeerId>`. */
  readonly address: string;
  readonly state: 'connecting' | 'connected' | 'unreachable';
  /** True once the relay holds a reservation for us, so that others can reach us through it. */
  readonly reachable: boolean;
  /** One sentence when something is wrong: what, and what to do. */
  readonly trouble: string | undefined;
}

/** A key of the relays' DHT under which peers find each other. */
export interface RendezvousKey {
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** Whether this peer is to be found under it. */
  readonly announced: boolean;
  /** Whether others are looked for under it. */
  readonly sought: boolean;
}

/** A framed two-way stream. Frames keep their boundaries; a frame is at most the protocol's `frameBytesMax`. */
export interface WireStream {
  /** Resolves when there is room for more (back-pressure). Rejects once the stream is broken. */
  write(frame: Uint8Array): Promise<void>;
  /** The next frame, or undefined once the other side has closed cleanly. Rejects when the stream breaks. */
  read(): Promise<Bytes | undefined>;
  /** Ends our side after what was written has gone out. */
  close(): Promise<void>;
  /** Breaks the stream off at once, in both directions. */
  abort(reason: string): void;
}

export interface ProtocolLimits {
  /** Largest frame in bytes. A larger one breaks its stream. */
  readonly frameBytesMax: number;
  /** Bytes waiting for one peer before `send` refuses more. */
  readonly outboxBytesMax: number;
}

/**
 * The wire: messages, requests and streams to other peers, named by PeerId. Who may say what is decided above,
 * by the protocol's handler: a connection proves the key of the other side and nothing else.
 */
export interface Wire {
  readonly self: PeerId;

  /** One-way messages, kept in order per peer while a connection lasts, lost otherwise. */
  handleMessages(
    protocol: ProtocolId,
    limits: ProtocolLimits,
    onMessage: (from: PeerId, message: Bytes) => void,
  ): void;
  /** Hands one message over for sending. False when there is no connection or the outbox is full: it is lost. */
  send(to: PeerId, protocol: ProtocolId, message: Uint8Array): boolean;

  /** One answer per request. A handler that throws ends the request without an answer. */
  handleRequests(
    protocol: ProtocolId,
    limits: ProtocolLimits,
    onRequest: (from: PeerId, request: Bytes) => Promise<Uint8Array>,
  ): void;
  /** Connects when needed. Rejects when the peer can't be reached, breaks off or does not answer in time. */
  request(to: PeerId, protocol: ProtocolId, request: Uint8Array, timeoutMs: number): Promise<Bytes>;

  handleStreams(
    protocol: ProtocolId,
    limits: ProtocolLimits,
    onStream: (from: PeerId, stream: WireStream) => Promise<void>,
  ): void;
  openStream(to: PeerId, protocol: ProtocolId, timeoutMs: number): Promise<WireStream>;

  /** The topics to hear news of, over other peers that hear them: they may come late, twice or never. Replaces the former set. */
  hear(topics: ReadonlySet<string>): void;
  /** Tells news to all who hear the topic. Dropped when larger than `newsFrameBytesMax`. */
  publish(topic: string, news: Uint8Array): void;
  /** Called with news. What returns false is not passed on to others. */
  onNews(listener: (topic: string, news: Bytes) => boolean): void;

  /**
   * The peers that connections are to be held with, for as long as they are wanted. Replaces the former set. All others are strangers: a wire
   * with buffers gives them few streams and small frames.
   * @param only connections with others are ended, and none are taken from them
   */
  want(peers: ReadonlySet<PeerId>, only?: boolean): void;
  /** The relays to be connected to, as multiaddrs. Replaces the former set. */
  setRelays(addresses: readonly string[]): void;
  /** Where to be found, and where to look for others; the first are the most important. Replaces the former set. */
  rendezvous(keys: readonly RendezvousKey[]): void;
  /** Called with a peer that was found, and the key under which it was. */
  onFound(listener: (peer: PeerId, key: Uint8Array) => void): () => void;

  connections(): readonly PeerConnection[];
  relays(): readonly RelayStatus[];
  /** Called when `connections()` or `relays()` changed. */
  onChange(listener: () => void): () => void;

  close(): Promise<void>;
}
