import type { Clock, Log } from '../base/index.ts';
import { assert, silentLog, systemClock } from '../base/index.ts';
import { Handover } from './handover.ts';
import { anchorWaitMs, lastWordsBytesMax } from './limits.ts';
import type { AnchorCounts, AnchorSession } from './session.ts';
import type { PeerHome } from './shim-peer.ts';
import { ShimPeerConnection } from './shim-peer.ts';
import { ShimCertificate, ShimIceCandidate, ShimSessionDescription } from './shim-values.ts';

/** What the worker is told of a tab when its port comes. */
export interface TabInfo {
  /** A name for the log and the diagnostics page. */
  readonly name: string;
}

/** The worker's side of WebRTC: hands the tabs' ports in, hears whether a tab holds the connections. */
export interface RtcHost {
  /** A tab's port, whose other end `startAnchor` has. The returned function takes the tab out. */
  attach(port: MessagePort, info: TabInfo): () => void;
  /** The name of the tab that is the anchor now. */
  readonly anchor: string | undefined;
  /** Called with true when a tab has become the anchor, with false when the anchor is gone. */
  onAnchor(listener: (anchored: boolean) => void): () => void;
  /**
   * What the anchor tells every other side when its tab closes, at the last moment, when no worker can be asked any more.
   * @param words at most `lastWordsBytesMax` bytes; undefined for nothing
   */
  prepareLastWords(words: Uint8Array | undefined): void;
  /** Called with the last words of another side's tab. */
  onLastWords(listener: (words: Uint8Array<ArrayBuffer>) => void): () => void;
  /** Figures for the diagnostics page. */
  readonly counts: AnchorCounts;
}

export interface RtcShimOptions {
  readonly clock?: Clock;
  readonly log?: Log;
}

/**
 * Gives this worker RTCPeerConnection, RTCSessionDescription and RTCIceCandidate that forward to the anchor tab.
 * Must run before `@libp2p/webrtc` is imported, which takes the globals at that moment.
 */
export function installRtcShim(options: RtcShimOptions = {}): RtcHost {
  const host = new ShimHost(options.clock ?? systemClock, options.log ?? silentLog);
  class RTCPeerConnection extends ShimPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(host, configuration);
    }

    static generateCertificate(algorithm: AlgorithmIdentifier): Promise<ShimCertificate> {
      return host.certificate(algorithm);
    }
  }
  Object.assign(globalThis, {
    RTCPeerConnection,
    RTCSessionDescription: ShimSessionDescription,
    RTCIceCandidate: ShimIceCandidate,
  });
  return host;
}

class ShimHost implements RtcHost, PeerHome {
  readonly #clock: Clock;
  readonly #handover: Handover;
  readonly #listeners = new Set<(anchored: boolean) => void>();
  readonly #waiting = new Set<(session: AnchorSession) => void>();
  readonly #lastWordsListeners = new Set<(words: Uint8Array<ArrayBuffer>) => void>();
  #lastWords: Uint8Array | undefined;
  #next = 1;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    const locks = typeof navigator === 'undefined' ? undefined : (navigator.locks as LockManager | undefined);
    this.#handover = new Handover({
      clock,
      log,
      locks,
      onAnchor: (session) => this.#changed(session),
      onLastWords: (words) => {
        for (const listener of this.#lastWordsListeners) listener(words);
      },
    });
  }

  attach(port: MessagePort, info: TabInfo): () => void {
    return this.#handover.attach(port, info.name);
  }

  get anchor(): string | undefined {
    return this.#handover.anchor;
  }

  get counts(): RtcHost['counts'] {
    return this.#handover.session?.size ?? { peers: 0, channels: 0, calls: 0, bufferedBytes: 0 };
  }

  onAnchor(listener: (anchored: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  prepareLastWords(words: Uint8Array | undefined): void {
    assert(words === undefined || words.length <= lastWordsBytesMax, 'last words are too long');
    this.#lastWords = words;
    this.#tellLastWords(this.#handover.session);
  }

  onLastWords(listener: (words: Uint8Array<ArrayBuffer>) => void): () => void {
    this.#lastWordsListeners.add(listener);
    return () => this.#lastWordsListeners.delete(listener);
  }

  nextNumber(): number {
    return this.#next++;
  }

  whenAnchored(begin: (session: AnchorSession) => void, fail: () => void): () => void {
    const session = this.#handover.session;
    if (session !== undefined) {
      begin(session);
      return () => undefined;
    }
    const start = (anchor: AnchorSession) => {
      stop();
      begin(anchor);
    };
    const cancelTimer = this.#clock.after(anchorWaitMs, () => {
      stop();
      fail();
    });
    const stop = () => {
      cancelTimer();
      this.#waiting.delete(start);
    };
    this.#waiting.add(start);
    return stop;
  }

  certificate(algorithm: AlgorithmIdentifier): Promise<ShimCertificate> {
    return new Promise((resolve, reject) => {
      this.whenAnchored(
        (session) => {
          const number = this.nextNumber();
          session.post({ kind: 'certificate', certificate: number, algorithm });
          resolve(new ShimCertificate(number));
        },
        () => reject(new Error('No tab is open that could make a certificate.')),
      );
    });
  }

  #changed(session: AnchorSession | undefined): void {
    if (session !== undefined) for (const start of [...this.#waiting]) start(session);
    if (this.#lastWords !== undefined) this.#tellLastWords(session);
    for (const listener of this.#listeners) listener(session !== undefined);
  }

  #tellLastWords(session: AnchorSession | undefined): void {
    const words = this.#lastWords;
    session?.post({ kind: 'last-words', data: words === undefined ? undefined : words.slice().buffer });
  }
}
