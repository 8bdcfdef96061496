import { messageOf } from '../base/index.ts';
import type { ChannelState, Description, PeerAnswer, PeerRequest, ToWorker } from './channel.ts';
import { sizeOf } from './channel.ts';
import { LastWordsChannel } from './last-words.ts';
import { acknowledgeBytes } from './limits.ts';

interface AnchoredPeerOptions {
  readonly id: number;
  readonly post: (message: ToWorker, transfer?: Transferable[]) => void;
  /** A number for a channel that the other side opened. */
  readonly newChannel: (owner: AnchoredPeer) => number;
  readonly dropChannel: (channel: number) => void;
}

interface AnchoredChannel {
  readonly channel: RTCDataChannel;
  /** Bytes taken from the worker. */
  takenBytes: number;
  /** Bytes the worker was told to have gone out. */
  toldBytes: number;
}

/** One real connection in the anchor tab, with its data channels. */
export class AnchoredPeer {
  readonly #id: number;
  readonly #post: AnchoredPeerOptions['post'];
  readonly #newChannel: AnchoredPeerOptions['newChannel'];
  readonly #dropChannel: AnchoredPeerOptions['dropChannel'];
  readonly #channels = new Map<number, AnchoredChannel>();
  readonly #ready: Promise<RTCPeerConnection>;
  #resolveReady: (connection: RTCPeerConnection) => void = () => undefined;
  #rejectReady: (error: unknown) => void = () => undefined;
  #connection: RTCPeerConnection | undefined;
  #lastWords: LastWordsChannel | undefined;
  readonly #early: (() => void)[] = [];
  #closed = false;

  constructor(options: AnchoredPeerOptions) {
    this.#id = options.id;
    this.#post = options.post;
    this.#newChannel = options.newChannel;
    this.#dropChannel = options.dropChannel;
    this.#ready = new Promise((resolve, reject) => {
      this.#resolveReady = resolve;
      this.#rejectReady = reject;
    });
    // Whoever waits for it is told; when nobody does, the state `failed` that is posted says it.
    this.#ready.catch(() => undefined);
  }

  start(configuration: RTCConfiguration): void {
    if (this.#closed) return;
    let connection: RTCPeerConnection;
    try {
      connection = new RTCPeerConnection(configuration);
    } catch (error) {
      // A bad configuration, or the browser's limit of connections (Chromium: 500 per page).
      this.#rejectReady(error);
      this.#post({ kind: 'peer-state', peer: this.#id, state: 'failed' });
      return;
    }
    const peer = this.#id;
    connection.onconnectionstatechange = () => {
      if (connection.connectionState === 'connected') this.#watchTransport(connection);
      this.#post({ kind: 'peer-state', peer, state: connection.connectionState });
    };
    connection.onicecandidate = ({ candidate }) =>
      this.#post({ kind: 'peer-candidate', peer, candidate: candidate?.toJSON() ?? null });
    connection.onicecandidateerror = (event) =>
      this.#post({ kind: 'peer-candidate-error', peer, text: `${event.errorCode} ${event.errorText}` });
    connection.ondatachannel = ({ channel }) => {
      const number = this.#newChannel(this);
      const { label, protocol } = channel;
      this.#post({ kind: 'peer-channel', peer, channel: number, label, protocol, state: stateOf(channel) });
      this.#adopt(number, channel);
    };
    this.#connection = connection;
    this.#lastWords = LastWordsChannel.open(connection, (data) =>
      this.#post({ kind: 'heard-last-words', data }, [data]),
    );
    for (const run of this.#early.splice(0)) run();
    this.#resolveReady(connection);
  }

  async call(request: PeerRequest): Promise<PeerAnswer> {
    const connection = await this.#ready;
    let description: RTCSessionDescriptionInit | undefined;
    switch (request.method) {
      case 'createOffer':
        description = await connection.createOffer();
        break;
      case 'createAnswer':
        description = await connection.createAnswer();
        break;
      case 'setLocalDescription':
        await connection.setLocalDescription(request.description);
        break;
      case 'setRemoteDescription':
        await connection.setRemoteDescription(request.description);
        break;
      case 'addIceCandidate':
        await connection.addIceCandidate(request.candidate);
        break;
    }
    return { description: plain(description), local: plain(connection.localDescription) };
  }

  openChannel(number: number, label: string, options: RTCDataChannelInit): void {
    const connection = this.#connection;
    if (connection === undefined) {
      this.#early.push(() => this.openChannel(number, label, options));
      return;
    }
    try {
      this.#adopt(number, connection.createDataChannel(label, options));
    } catch (error) {
      this.#post({ kind: 'channel-error', channel: number, text: messageOf(error) });
      this.#post({ kind: 'channel-state', channel: number, state: { id: null, readyState: 'closed' } });
      this.#dropChannel(number);
    }
  }

  send(number: number, data: ArrayBuffer | string): void {
    const entry = this.#channels.get(number);
    if (entry === undefined) return;
    try {
      if (typeof data === 'string') entry.channel.send(data);
      else entry.channel.send(data);
    } catch (error) {
      this.#post({ kind: 'channel-error', channel: number, text: messageOf(error) });
      entry.channel.close();
      return;
    }
    entry.takenBytes += sizeOf(data);
    const goneBytes = entry.takenBytes - entry.channel.bufferedAmount;
    if (entry.channel.bufferedAmount === 0 || goneBytes - entry.toldBytes >= acknowledgeBytes)
      this.#tell(number, entry);
  }

  /** Sent at once or not at all: the tab is closing. */
  sayLast(words: ArrayBuffer): void {
    this.#lastWords?.say(words);
  }

  closeChannel(number: number): void {
    this.#channels.get(number)?.channel.close();
  }

  close(): void {
    this.#closed = true;
    this.#rejectReady(new DOMException('The connection is closed.', 'InvalidStateError'));
    for (const [number, { channel }] of this.#channels) {
      mute(channel);
      this.#dropChannel(number);
    }
    this.#channels.clear();
    const connection = this.#connection;
    if (connection === undefined) return;
    connection.onconnectionstatechange = null;
    connection.onicecandidate = null;
    connection.onicecandidateerror = null;
    connection.ondatachannel = null;
    this.#lastWords?.mute();
    connection.close();
  }

  /**
   * When the other side closes in an orderly way, browsers leave the state of the connection at "connected" and only
   * end the transports below it. The worker hears at once that the connection is over, instead of by a lost ping.
   */
  #watchTransport(connection: RTCPeerConnection): void {
    const sctp = connection.sctp;
    if (sctp === null) return;
    const look = () => {
      const ended =
        sctp.state === 'closed' || sctp.transport.state === 'closed' || sctp.transport.state === 'failed';
      if (ended && !this.#closed) this.#post({ kind: 'peer-state', peer: this.#id, state: 'failed' });
    };
    sctp.onstatechange = look;
    sctp.transport.onstatechange = look;
  }

  #adopt(number: number, channel: RTCDataChannel): void {
    const entry: AnchoredChannel = { channel, takenBytes: 0, toldBytes: 0 };
    this.#channels.set(number, entry);
    channel.binaryType = 'arraybuffer';
    channel.bufferedAmountLowThreshold = 0;
    const tellState = () => this.#post({ kind: 'channel-state', channel: number, state: stateOf(channel) });
    channel.onopen = tellState;
    channel.onclosing = tellState;
    channel.onclose = () => {
      tellState();
      this.#channels.delete(number);
      this.#dropChannel(number);
    };
    channel.onerror = (event) =>
      this.#post({
        kind: 'channel-error',
        channel: number,
        text: event.error?.message ?? 'The channel failed.',
      });
    channel.onbufferedamountlow = () => this.#tell(number, entry);
    channel.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) =>
      this.#post({ kind: 'channel-message', channel: number, data }, typeof data === 'string' ? [] : [data]);
  }

  #tell(number: number, entry: AnchoredChannel): void {
    const bytes = entry.takenBytes - entry.channel.bufferedAmount;
    if (bytes === entry.toldBytes) return;
    entry.toldBytes = bytes;
    this.#post({ kind: 'channel-sent', channel: number, bytes });
  }
}

function stateOf(channel: RTCDataChannel): ChannelState {
  return { id: channel.id, readyState: channel.readyState };
}

function plain(description: RTCSessionDescriptionInit | null | undefined): Description | undefined {
  return description?.type === undefined ? undefined : { type: description.type, sdp: description.sdp ?? '' };
}

function mute(channel: RTCDataChannel): void {
  channel.onopen = null;
  channel.onclosing = null;
  channel.onclose = null;
  channel.onerror = null;
  channel.onmessage = null;
  channel.onbufferedamountlow = null;
}
