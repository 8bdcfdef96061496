/**
 * Stand-ins for a browser's WebRTC and Web Locks, for the tests of this room: two connections whose descriptions
 * were exchanged are joined in memory. Data channels hold what is sent until it is let out, so that a slow network
 * can be played.
 */

const connections = new Map<string, FakePeerConnection>();
let nextConnection = 1;

/** Forgets all connections, and counts those that were not closed. */
export function openFakeConnections(): number {
  return [...connections.values()].filter((connection) => connection.connectionState !== 'closed').length;
}

class Emitter {
  emit(type: string, fields: object = {}): void {
    const handler: unknown = Reflect.get(this, `on${type}`);
    if (typeof handler === 'function') handler.call(this, Object.assign(new Event(type), fields));
  }
}

export class FakeDataChannel extends Emitter {
  readonly label: string;
  readonly protocol = '';
  readonly id = 1;
  binaryType = 'arraybuffer';
  bufferedAmountLowThreshold = 0;
  bufferedAmount = 0;
  readyState: RTCDataChannelState = 'connecting';
  /** While true, what is sent stays in the buffer. */
  held = false;
  other: FakeDataChannel | undefined;
  readonly #waiting: (ArrayBuffer | string)[] = [];

  constructor(label: string) {
    super();
    this.label = label;
  }

  open(): void {
    this.readyState = 'open';
    this.emit('open');
  }

  send(data: ArrayBuffer | string): void {
    if (this.readyState !== 'open') throw new DOMException('not open', 'InvalidStateError');
    this.#waiting.push(data);
    this.bufferedAmount += typeof data === 'string' ? data.length : data.byteLength;
    if (!this.held) queueMicrotask(() => this.letOut());
  }

  letOut(): void {
    for (const data of this.#waiting.splice(0)) this.other?.emit('message', { data: structuredClone(data) });
    const had = this.bufferedAmount > 0;
    this.bufferedAmount = 0;
    if (had) this.emit('bufferedamountlow');
  }

  close(): void {
    for (const end of [this, this.other]) {
      if (end === undefined || end.readyState === 'closed') continue;
      end.readyState = 'closed';
      queueMicrotask(() => end.emit('close'));
    }
  }
}

export class FakePeerConnection extends Emitter {
  static readonly made: FakePeerConnection[] = [];
  connectionState: RTCPeerConnectionState = 'new';
  localDescription: RTCSessionDescriptionInit | null = null;
  readonly sctp = Object.assign(new Emitter(), { state: 'connected', transport: new Emitter() });
  readonly channels: FakeDataChannel[] = [];
  readonly #negotiated = new Map<number, FakeDataChannel>();
  readonly #name = `connection ${nextConnection++}`;
  #other: FakePeerConnection | undefined;

  constructor() {
    super();
    connections.set(this.#name, this);
    FakePeerConnection.made.push(this);
  }

  createDataChannel(label: string, options: RTCDataChannelInit = {}): FakeDataChannel {
    const channel = new FakeDataChannel(label);
    if (options.negotiated === true) {
      this.#negotiated.set(options.id ?? 0, channel);
      return channel;
    }
    this.channels.push(channel);
    if (this.#other !== undefined) this.#announce(channel);
    return channel;
  }

  createOffer(): Promise<RTCSessionDescriptionInit> {
    return Promise.resolve({ type: 'offer', sdp: this.#name });
  }

  createAnswer(): Promise<RTCSessionDescriptionInit> {
    return Promise.resolve({ type: 'answer', sdp: this.#name });
  }

  setLocalDescription(description: RTCSessionDescriptionInit): Promise<void> {
    this.localDescription = description;
    this.emit('icecandidate', { candidate: { toJSON: () => ({ candidate: `candidate of ${this.#name}` }) } });
    this.emit('icecandidate', { candidate: null });
    this.#join();
    return Promise.resolve();
  }

  setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
    const other = connections.get(description.sdp ?? '');
    if (other === undefined) return Promise.reject(new DOMException('bad description', 'InvalidAccessError'));
    this.#other = other;
    this.#join();
    return Promise.resolve();
  }

  addIceCandidate(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.connectionState = 'closed';
    for (const channel of [...this.channels, ...this.#negotiated.values()]) channel.close();
  }

  #join(): void {
    const other = this.#other;
    if (other === undefined || other.#other !== this || this.connectionState !== 'new') return;
    for (const side of [this, other]) {
      side.connectionState = 'connected';
      side.emit('connectionstatechange');
    }
    for (const side of [this, other]) for (const channel of [...side.channels]) side.#announce(channel);
    for (const [id, channel] of this.#negotiated) {
      const far = other.#negotiated.get(id);
      if (far === undefined) continue;
      [channel.other, far.other] = [far, channel];
      channel.open();
      far.open();
    }
  }

  #announce(channel: FakeDataChannel): void {
    const far = new FakeDataChannel(channel.label);
    far.other = channel;
    channel.other = far;
    this.#other?.channels.push(far);
    far.readyState = 'open';
    this.#other?.emit('datachannel', { channel: far });
    queueMicrotask(() => channel.open());
  }
}
