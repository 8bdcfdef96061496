import type { ChannelState, Description, PeerRequest, ProxiedConfiguration, ToTab } from './channel.ts';
import type { AnchorSession } from './session.ts';
import { ShimDataChannel } from './shim-channel.ts';
import { ShimCertificate, ShimIceCandidate, ShimSessionDescription } from './shim-values.ts';

/** What libp2p calls the channel that a dial begins with; see `@libp2p/webrtc`, `private-to-private/initiate-connection`. */
const dialChannel = 'init';

type Handler<E extends Event = Event> = ((event: E) => void) | null;
type CandidateEvent = Event & { readonly candidate: ShimIceCandidate | null };
type ChannelEvent = Event & { readonly channel: ShimDataChannel };

/** What a connection needs of the worker's host. */
export interface PeerHome {
  nextNumber(): number;
  /** Calls `begin` with the anchor's session, now or once there is one; or `fail` when none comes in time. */
  whenAnchored(begin: (session: AnchorSession) => void, fail: () => void): () => void;
}

/** The worker's side of a connection: the part of RTCPeerConnection that libp2p uses, under the same names. */
export class ShimPeerConnection extends EventTarget {
  readonly number: number;
  onicecandidate: Handler<CandidateEvent> = null;
  onicecandidateerror: Handler = null;
  onconnectionstatechange: Handler = null;
  ondatachannel: Handler<ChannelEvent> = null;
  #connectionState: RTCPeerConnectionState = 'new';
  #localDescription: ShimSessionDescription | null = null;
  readonly #home: PeerHome;
  #session: AnchorSession | undefined;
  readonly #begun: Promise<AnchorSession>;
  #cancelWait: () => void = () => undefined;
  readonly #early: ToTab[] = [];
  readonly #channels = new Set<ShimDataChannel>();

  constructor(home: PeerHome, configuration: RTCConfiguration = {}) {
    super();
    this.#home = home;
    this.number = home.nextNumber();
    this.addEventListener('icecandidate', (event) => this.onicecandidate?.(event as CandidateEvent));
    this.addEventListener('icecandidateerror', (event) => this.onicecandidateerror?.(event));
    this.addEventListener('connectionstatechange', (event) => this.onconnectionstatechange?.(event));
    this.addEventListener('datachannel', (event) => this.ondatachannel?.(event as ChannelEvent));
    const proxied = proxiedConfiguration(configuration);
    this.#begun = new Promise((resolve, reject) => {
      this.#cancelWait = home.whenAnchored(
        (session) => {
          this.#begin(session, proxied);
          resolve(session);
        },
        () => {
          reject(noAnchor());
          this.#forget('failed');
        },
      );
    });
    // Whoever calls a method hears of it there.
    this.#begun.catch(() => undefined);
  }

  get connectionState(): RTCPeerConnectionState {
    return this.#connectionState;
  }

  get localDescription(): ShimSessionDescription | null {
    return this.#localDescription;
  }

  createDataChannel(label: string, options: RTCDataChannelInit = {}): ShimDataChannel {
    if (this.#connectionState === 'closed')
      throw new DOMException('The connection is closed.', 'InvalidStateError');
    const state: ChannelState = { id: options.id ?? null, readyState: 'connecting' };
    const channel = new ShimDataChannel(this.#home.nextNumber(), label, options, state);
    this.#keep(channel);
    if (this.#session !== undefined) channel.bind(this.#session);
    this.#post({ kind: 'channel-open', peer: this.number, channel: channel.number, label, options });
    return channel;
  }

  createOffer(): Promise<Description> {
    return this.#describe({ method: 'createOffer' });
  }

  createAnswer(): Promise<Description> {
    return this.#describe({ method: 'createAnswer' });
  }

  async setLocalDescription(description?: RTCLocalSessionDescriptionInit): Promise<void> {
    const plain = description === undefined ? undefined : plainDescription(description);
    await this.#call({ method: 'setLocalDescription', description: plain });
  }

  async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
    await this.#call({ method: 'setRemoteDescription', description: plainDescription(description) });
  }

  async addIceCandidate(candidate: RTCIceCandidateInit | ShimIceCandidate): Promise<void> {
    const init = candidate instanceof ShimIceCandidate ? candidate.toJSON() : candidate;
    await this.#call({ method: 'addIceCandidate', candidate: init });
  }

  close(): void {
    if (this.#connectionState === 'closed') return;
    this.#connectionState = 'closed';
    this.#post({ kind: 'peer-close', peer: this.number });
    this.#forget('closed');
  }

  /** The anchor's word on the state of the connection. */
  setState(state: RTCPeerConnectionState): void {
    if (this.#connectionState === state || this.#connectionState === 'closed') return;
    this.#connectionState = state;
    if (state === 'closed') this.#forget('closed');
    this.dispatchEvent(new Event('connectionstatechange'));
  }

  candidate(init: RTCIceCandidateInit | null): void {
    const candidate = init === null ? null : new ShimIceCandidate(init);
    this.dispatchEvent(Object.assign(new Event('icecandidate'), { candidate }));
  }

  candidateError(text: string): void {
    this.dispatchEvent(Object.assign(new Event('icecandidateerror'), { errorText: text }));
  }

  incoming(number: number, label: string, protocol: string, state: ChannelState): void {
    const channel = new ShimDataChannel(number, label, { protocol }, state);
    // libp2p closes it on both sides. Closed here before the dialling side has looked, that one waits for its opening until the dial ends in vain.
    if (label === dialChannel) channel.leaveToOther();
    this.#keep(channel);
    if (this.#session !== undefined) channel.bind(this.#session);
    this.dispatchEvent(Object.assign(new Event('datachannel'), { channel }));
  }

  #begin(session: AnchorSession, configuration: ProxiedConfiguration): void {
    this.#session = session;
    session.addPeer(this);
    session.post({ kind: 'peer-open', peer: this.number, configuration });
    for (const channel of this.#channels) channel.bind(session);
    for (const message of this.#early.splice(0)) session.post(message);
  }

  #keep(channel: ShimDataChannel): void {
    this.#channels.add(channel);
    channel.addEventListener('close', () => this.#channels.delete(channel), { once: true });
  }

  async #describe(request: PeerRequest): Promise<Description> {
    const description = await this.#call(request);
    if (description === undefined)
      throw new DOMException('The browser made no description.', 'OperationError');
    return description;
  }

  async #call(request: PeerRequest): Promise<Description | undefined> {
    const session = await this.#begun;
    const answer = await session.call(this.number, request);
    if (answer.local !== undefined) this.#localDescription = new ShimSessionDescription(answer.local);
    return answer.description;
  }

  #post(message: ToTab): void {
    if (this.#session === undefined) this.#early.push(message);
    else this.#session.post(message);
  }

  /** Lets go of the anchor. Channels close after the caller is through, as they do in a browser. */
  #forget(state: 'failed' | 'closed'): void {
    this.#cancelWait();
    this.#early.length = 0;
    this.#session?.removePeer(this);
    const channels = [...this.#channels];
    queueMicrotask(() => {
      for (const channel of channels) channel.setState({ id: channel.id, readyState: 'closed' });
      if (state === 'failed') this.setState('failed');
    });
  }
}

function proxiedConfiguration(configuration: RTCConfiguration): ProxiedConfiguration {
  const { certificates = [], ...rest } = configuration;
  const numbers = (certificates as readonly unknown[]).flatMap((certificate) =>
    certificate instanceof ShimCertificate ? [certificate.number] : [],
  );
  return { ...rest, certificates: numbers };
}

function plainDescription<T extends RTCSessionDescriptionInit | RTCLocalSessionDescriptionInit>(
  description: T,
): { type: Exclude<T['type'], undefined>; sdp: string } | T {
  return description.type === undefined
    ? description
    : { type: description.type as Exclude<T['type'], undefined>, sdp: description.sdp ?? '' };
}

function noAnchor(): Error {
  return Object.assign(new Error('No tab is open that could hold a direct connection.'), {
    name: 'InvalidStateError',
  });
}
