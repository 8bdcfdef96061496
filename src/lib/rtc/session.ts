import type { PeerAnswer, PeerRequest, ToTab, ToWorker } from './channel.ts';
import type { ShimDataChannel } from './shim-channel.ts';
import type { ShimPeerConnection } from './shim-peer.ts';

/** What a tab holds for the worker. */
export interface AnchorCounts {
  readonly peers: number;
  readonly channels: number;
  readonly calls: number;
  /** Bytes that were sent and have not left the tab, as far as the worker was told. */
  readonly bufferedBytes: number;
}

/** A tab's time as anchor, seen from the worker: the connections it holds for us. Ends for good with `die`. */
export class AnchorSession {
  readonly #post: (message: ToTab, transfer: Transferable[]) => void;
  readonly #peers = new Map<number, ShimPeerConnection>();
  readonly #channels = new Map<number, ShimDataChannel>();
  readonly #calls = new Map<
    number,
    { resolve: (answer: PeerAnswer) => void; reject: (error: Error) => void }
  >();
  #nextCall = 1;
  #alive = true;

  readonly #onLastWords: (words: Uint8Array<ArrayBuffer>) => void;

  constructor(
    post: (message: ToTab, transfer: Transferable[]) => void,
    onLastWords: (words: Uint8Array<ArrayBuffer>) => void,
  ) {
    this.#post = post;
    this.#onLastWords = onLastWords;
  }

  get alive(): boolean {
    return this.#alive;
  }

  get size(): AnchorCounts {
    let bufferedBytes = 0;
    for (const channel of this.#channels.values()) bufferedBytes += channel.bufferedAmount;
    return {
      peers: this.#peers.size,
      channels: this.#channels.size,
      calls: this.#calls.size,
      bufferedBytes,
    };
  }

  post(message: ToTab, transfer: Transferable[] = []): void {
    if (this.#alive) this.#post(message, transfer);
  }

  addPeer(peer: ShimPeerConnection): void {
    this.#peers.set(peer.number, peer);
  }

  removePeer(peer: ShimPeerConnection): void {
    this.#peers.delete(peer.number);
  }

  addChannel(channel: ShimDataChannel): void {
    this.#channels.set(channel.number, channel);
  }

  removeChannel(channel: ShimDataChannel): void {
    this.#channels.delete(channel.number);
  }

  call(peer: number, request: PeerRequest): Promise<PeerAnswer> {
    if (!this.#alive) return Promise.reject(gone());
    const call = this.#nextCall++;
    return new Promise((resolve, reject) => {
      this.#calls.set(call, { resolve, reject });
      this.post({ kind: 'peer-call', peer, call, request });
    });
  }

  /** What the tab says of its connections. Words about connections we have closed meanwhile are dropped. */
  take(message: ToWorker): void {
    if (!this.#alive) return;
    switch (message.kind) {
      case 'answered':
        this.#calls.get(message.call)?.resolve(message.answer);
        this.#calls.delete(message.call);
        return;
      case 'failed': {
        const call = this.#calls.get(message.call);
        this.#calls.delete(message.call);
        call?.reject(Object.assign(new Error(message.text), { name: message.name }));
        return;
      }
      case 'peer-state':
        this.#peers.get(message.peer)?.setState(message.state);
        return;
      case 'peer-candidate':
        this.#peers.get(message.peer)?.candidate(message.candidate);
        return;
      case 'peer-candidate-error':
        this.#peers.get(message.peer)?.candidateError(message.text);
        return;
      case 'peer-channel': {
        const peer = this.#peers.get(message.peer);
        if (peer === undefined) this.post({ kind: 'channel-close', channel: message.channel });
        else peer.incoming(message.channel, message.label, message.protocol, message.state);
        return;
      }
      case 'channel-state':
        this.#channels.get(message.channel)?.setState(message.state);
        return;
      case 'channel-error':
        this.#channels.get(message.channel)?.fail(message.text);
        return;
      case 'channel-message':
        this.#channels.get(message.channel)?.receive(message.data);
        return;
      case 'channel-sent':
        this.#channels.get(message.channel)?.acknowledge(message.bytes);
        return;
      case 'heard-last-words':
        this.#onLastWords(new Uint8Array(message.data));
        return;
      default:
        return;
    }
  }

  /** The tab is gone: everything it held closes, as if the other side had vanished. */
  die(): void {
    if (!this.#alive) return;
    this.#alive = false;
    for (const { reject } of this.#calls.values()) reject(gone());
    this.#calls.clear();
    const peers = [...this.#peers.values()];
    this.#peers.clear();
    for (const channel of [...this.#channels.values()])
      channel.setState({ id: channel.id, readyState: 'closed' });
    this.#channels.clear();
    for (const peer of peers) peer.setState('closed');
  }
}

function gone(): Error {
  return Object.assign(new Error('The tab that held this connection is gone.'), {
    name: 'InvalidStateError',
  });
}
