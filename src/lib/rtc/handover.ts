import type { Clock, Log } from '../base/index.ts';
import { messageOf } from '../base/index.ts';
import type { ToTab, ToWorker } from './channel.ts';
import { channelVersion } from './channel.ts';
import { beatMs, beatsMissedMax } from './limits.ts';
import { AnchorSession } from './session.ts';

interface Tab {
  readonly name: string;
  readonly port: MessagePort;
  readonly stop: AbortController;
  /** In the order of their coming. */
  readonly order: number;
  able: boolean;
  visible: boolean;
  /** True after too many questions without an answer, until the tab says something again. */
  silent: boolean;
  lockWait: AbortController | undefined;
}

interface Serving {
  readonly tab: Tab;
  readonly session: AnchorSession;
  beatsAsked: number;
  beatsAnswered: number;
  cancelBeat: () => void;
}

export interface HandoverOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly locks: LockManager | undefined;
  /** A tab has become the anchor, or the anchor is gone and no tab can follow it for now. */
  readonly onAnchor: (session: AnchorSession | undefined) => void;
  /** Another side's tab closes and has told this. */
  readonly onLastWords: (words: Uint8Array<ArrayBuffer>) => void;
}

/**
 * Which of the connected tabs is the anchor. A tab that dies gives its Web Lock free at once; one that is frozen
 * keeps it, but no longer answers the heartbeat. Either way all that it held closes, and another tab follows.
 */
export class Handover {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #locks: LockManager | undefined;
  readonly #onAnchor: HandoverOptions['onAnchor'];
  readonly #onLastWords: HandoverOptions['onLastWords'];
  readonly #tabs = new Set<Tab>();
  #serving: Serving | undefined;
  #nextOrder = 0;

  constructor(options: HandoverOptions) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#locks = options.locks;
    this.#onAnchor = options.onAnchor;
    this.#onLastWords = options.onLastWords;
  }

  get session(): AnchorSession | undefined {
    return this.#serving?.session;
  }

  /** The name of the tab that is the anchor. */
  get anchor(): string | undefined {
    return this.#serving?.tab.name;
  }

  attach(port: MessagePort, name: string): () => void {
    const tab: Tab = {
      name,
      port,
      stop: new AbortController(),
      order: this.#nextOrder++,
      able: false,
      visible: false,
      silent: false,
      lockWait: undefined,
    };
    this.#tabs.add(tab);
    const { signal } = tab.stop;
    port.addEventListener('message', (event: MessageEvent<ToWorker>) => this.#take(tab, event.data), {
      signal,
    });
    // Newer browsers tell when the other end of a port is gone.
    port.addEventListener('close', () => this.#remove(tab, 'its port closed'), { signal });
    port.start();
    return () => this.#remove(tab, 'it was detached');
  }

  #take(tab: Tab, message: ToWorker): void {
    const wasSilent = tab.silent;
    tab.silent = false;
    switch (message.kind) {
      case 'hello':
        tab.able = message.able && message.version === channelVersion;
        tab.visible = message.visible;
        if (message.lock !== undefined) void this.#watchLock(tab, message.lock);
        break;
      case 'visible':
        tab.visible = message.visible;
        break;
      case 'goodbye':
        tab.able = false;
        tab.lockWait?.abort();
        this.#dismiss(tab, 'it was closed');
        break;
      case 'beat':
        if (this.#serving?.tab === tab)
          this.#serving.beatsAnswered = Math.max(message.count, this.#serving.beatsAnswered);
        break;
      default:
        if (this.#serving?.tab === tab) this.#serving.session.take(message);
        return;
    }
    if (wasSilent) this.#log.info(`tab ${tab.name} answers again`);
    this.#choose();
  }

  async #watchLock(tab: Tab, lock: string): Promise<void> {
    const locks = this.#locks;
    if (locks === undefined) return;
    tab.lockWait?.abort();
    const wait = new AbortController();
    const { signal } = wait;
    tab.lockWait = wait;
    try {
      // The tab holds it as it says so. A lock that is free to us all the same tells nothing of the tab: once a site's data were cleared, Chromium
      // keeps the locks of pages from before apart from those of workers after. The heartbeat alone watches such a tab.
      const seen = await locks.request(lock, { ifAvailable: true }, (free) => free === null);
      if (!seen) this.#log.info(`can't see the lock of tab ${tab.name}`);
      if (!seen || signal.aborted) return;
      await locks.request(lock, { signal }, () => {
        if (!signal.aborted) this.#remove(tab, 'it is gone');
      });
    } catch (error) {
      if (!signal.aborted) this.#log.warn(`can't watch tab ${tab.name}: ${messageOf(error)}`);
    }
  }

  #remove(tab: Tab, why: string): void {
    if (!this.#tabs.delete(tab)) return;
    tab.lockWait?.abort();
    this.#dismiss(tab, why);
    tab.stop.abort();
    tab.port.close();
    this.#choose();
  }

  /** Makes a tab anchor when there is none: a visible one rather than a hidden one, then the newest. */
  #choose(): void {
    if (this.#serving !== undefined) return;
    let best: Tab | undefined;
    for (const tab of this.#tabs) {
      if (!tab.able || tab.silent) continue;
      const better =
        best === undefined || (tab.visible === best.visible ? tab.order > best.order : tab.visible);
      if (better) best = tab;
    }
    if (best === undefined) return;
    const { port, name } = best;
    const session = new AnchorSession(
      (message, transfer) => port.postMessage(message, transfer),
      this.#onLastWords,
    );
    const serving: Serving = {
      tab: best,
      session,
      beatsAsked: 0,
      beatsAnswered: 0,
      cancelBeat: () => undefined,
    };
    this.#serving = serving;
    session.post({ kind: 'serve' });
    this.#log.info(`tab ${name} holds the direct connections now`);
    this.#beat(serving);
    this.#onAnchor(session);
  }

  #beat(serving: Serving): void {
    if (serving.beatsAsked - serving.beatsAnswered >= beatsMissedMax) {
      serving.tab.silent = true;
      this.#dismiss(serving.tab, 'it no longer answers');
      this.#choose();
      return;
    }
    serving.beatsAsked++;
    serving.session.post({ kind: 'beat', count: serving.beatsAsked });
    serving.cancelBeat = this.#clock.after(beatMs, () => this.#beat(serving));
  }

  /** Ends a tab's time as anchor, when it is the anchor. */
  #dismiss(tab: Tab, why: string): void {
    const serving = this.#serving;
    if (serving === undefined || serving.tab !== tab) return;
    this.#log.info(`tab ${tab.name} no longer holds the direct connections: ${why}`);
    this.#serving = undefined;
    serving.cancelBeat();
    // A frozen tab reads this when it thaws.
    const retire: ToTab = { kind: 'retire' };
    tab.port.postMessage(retire);
    serving.session.die();
    this.#onAnchor(undefined);
  }
}
