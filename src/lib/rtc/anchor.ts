import type { Log } from '../base/index.ts';
import { hex, messageOf, silentLog, systemRandom } from '../base/index.ts';
import { AnchoredPeer } from './anchored-peer.ts';
import type { ToTab, ToWorker } from './channel.ts';
import { channelVersion } from './channel.ts';

export interface AnchorOptions {
  readonly log?: Log;
  /** Called when this tab becomes the anchor (true) or stops being it (false). */
  readonly onServing?: (serving: boolean) => void;
}

/**
 * The tab's side: offers this tab to the worker as its anchor and, when chosen, owns the real connections. The
 * worker's `RtcHost.attach` gets the other end of the port.
 *
 * Returns a function that withdraws the tab.
 */
export function startAnchor(port: MessagePort, options: AnchorOptions = {}): () => void {
  const anchor = new Anchor(port, options.log ?? silentLog, options.onServing ?? (() => undefined));
  anchor.offer();
  return () => anchor.withdraw();
}

class Anchor {
  readonly #port: MessagePort;
  readonly #log: Log;
  readonly #onServing: (serving: boolean) => void;
  readonly #peers = new Map<number, AnchoredPeer>();
  readonly #channelPeers = new Map<number, AnchoredPeer>();
  readonly #certificates = new Map<number, Promise<RTCCertificate>>();
  readonly #stop = new AbortController();
  #releaseLock: (() => void) | undefined;
  #nextChannel = -1;
  #lastWords: ArrayBuffer | undefined;
  #serving = false;

  constructor(port: MessagePort, log: Log, onServing: (serving: boolean) => void) {
    this.#port = port;
    this.#log = log;
    this.#onServing = onServing;
    const { signal } = this.#stop;
    port.addEventListener('message', (event: MessageEvent<ToTab>) => this.#take(event.data), { signal });
    port.start();
    if (typeof document === 'undefined') return;
    document.addEventListener('visibilitychange', () => this.#post({ kind: 'visible', visible: visible() }), {
      signal,
    });
    // A page in the back/forward cache is frozen without a word: it says goodbye while it still can.
    addEventListener('pagehide', () => this.#leave(), { signal });
    addEventListener('pageshow', (event: PageTransitionEvent) => event.persisted && this.offer(), { signal });
  }

  offer(): void {
    const able = typeof RTCPeerConnection === 'function';
    const hello = (lock: string | undefined) =>
      this.#post({ kind: 'hello', version: channelVersion, lock, able, visible: visible() });
    const locks = typeof navigator === 'undefined' ? undefined : (navigator.locks as LockManager | undefined);
    // Pages that are no secure context have no Web Locks: there the heartbeat alone notices a dead tab.
    if (locks === undefined) {
      hello(undefined);
      return;
    }
    const name = `peerprint-tab-${hex(systemRandom.bytes(12))}`;
    void locks
      .request(name, () => {
        hello(name);
        return new Promise<void>((resolve) => (this.#releaseLock = resolve));
      })
      .catch((error: unknown) => {
        this.#log.warn(`no lock for this tab: ${messageOf(error)}`);
        hello(undefined);
      });
  }

  withdraw(): void {
    this.#leave();
    this.#stop.abort();
  }

  #leave(): void {
    this.#post({ kind: 'goodbye' });
    const words = this.#lastWords;
    if (words !== undefined) for (const peer of this.#peers.values()) peer.sayLast(words);
    this.#retire();
    this.#releaseLock?.();
    this.#releaseLock = undefined;
  }

  #take(message: ToTab): void {
    switch (message.kind) {
      case 'serve':
        this.#serving = true;
        this.#onServing(true);
        return;
      case 'retire':
        this.#retire();
        return;
      case 'beat':
        this.#post(message);
        return;
      case 'last-words':
        this.#lastWords = message.data;
        return;
      case 'certificate': {
        const made = RTCPeerConnection.generateCertificate(message.algorithm);
        made.catch((error: unknown) => this.#log.warn(`no certificate: ${messageOf(error)}`));
        this.#certificates.set(message.certificate, made);
        return;
      }
      case 'peer-open':
        this.#open(message.peer, message.configuration);
        return;
      case 'peer-call':
        void this.#call(message.peer, message.call, message.request);
        return;
      case 'peer-close':
        this.#close(message.peer);
        return;
      case 'channel-open': {
        const peer = this.#peers.get(message.peer);
        if (peer === undefined) return;
        this.#channelPeers.set(message.channel, peer);
        peer.openChannel(message.channel, message.label, message.options);
        return;
      }
      case 'channel-send':
        this.#channelPeers.get(message.channel)?.send(message.channel, message.data);
        return;
      case 'channel-close':
        this.#channelPeers.get(message.channel)?.closeChannel(message.channel);
        return;
    }
  }

  #open(id: number, configuration: Extract<ToTab, { kind: 'peer-open' }>['configuration']): void {
    const { certificates: numbers, ...rest } = configuration;
    const certificates = Promise.all(numbers.flatMap((number) => this.#certificates.get(number) ?? []));
    const peer = new AnchoredPeer({
      id,
      post: (message, transfer) => this.#post(message, transfer),
      newChannel: (owner) => {
        const channel = this.#nextChannel--;
        this.#channelPeers.set(channel, owner);
        return channel;
      },
      dropChannel: (channel) => this.#channelPeers.delete(channel),
    });
    this.#peers.set(id, peer);
    if (numbers.length === 0) peer.start(rest);
    else void certificates.then((made) => peer.start({ ...rest, certificates: made }));
  }

  async #call(
    id: number,
    call: number,
    request: Extract<ToTab, { kind: 'peer-call' }>['request'],
  ): Promise<void> {
    try {
      const peer = this.#peers.get(id);
      if (peer === undefined) throw new DOMException('The connection is closed.', 'InvalidStateError');
      this.#post({ kind: 'answered', call, answer: await peer.call(request) });
    } catch (error) {
      const name = error instanceof Error ? error.name : 'OperationError';
      this.#post({ kind: 'failed', call, name, text: messageOf(error) });
    }
  }

  #close(id: number): void {
    const peer = this.#peers.get(id);
    this.#peers.delete(id);
    peer?.close();
  }

  #retire(): void {
    for (const id of [...this.#peers.keys()]) this.#close(id);
    this.#channelPeers.clear();
    this.#certificates.clear();
    this.#lastWords = undefined;
    if (!this.#serving) return;
    this.#serving = false;
    this.#onServing(false);
  }

  #post(message: ToWorker, transfer: Transferable[] = []): void {
    this.#port.postMessage(message, transfer);
  }
}

function visible(): boolean {
  return typeof document === 'undefined' || document.visibilityState === 'visible';
}
