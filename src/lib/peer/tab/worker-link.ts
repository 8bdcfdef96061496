import { type Clock, type PeerId, type Result, delay, messageOf, ok, refuse } from '../../base/index.ts';
import { type PageMessage, type WorkerMessage, appBuild, portVersion } from '../messages.ts';

/** How long the worker may take to say a first word: it reads its key from disk and starts libp2p. */
export const welcomeTimeoutMs = 20_000;
/**
 * How long the first worker after one that died may take, in milliseconds; each try after it twice as long, up to `welcomeTimeoutMs`. Firefox gives a page
 * that asks at once the worker that is ending, which never answers (seen when a site's data were cleared); one that starts is there within a second.
 */
export const nextWelcomeMs = 2_500;
/** Between two tries to start a worker after the last one died: what it held is let go of within moments. */
export const restartMs = 500;

/** How often a page that was just loaded asks a worker of another version before it tells the person. */
export const openTriesMax = 3;

/** The part of MessagePort and Worker that both have. */
export interface PortLike {
  postMessage(message: PageMessage, transfer?: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<WorkerMessage>) => void): void;
  removeEventListener(type: 'message', listener: (event: MessageEvent<WorkerMessage>) => void): void;
  start?(): void;
}

export interface LinkOptions {
  readonly clock: Clock;
  readonly locks: LockManager;
  /** Finds the running worker, or starts one. `onFailed`: called when the browser could not load it. */
  readonly startWorker: (onFailed: () => void) => Result<PortLike>;
  readonly hello: (loaded: boolean) => Extract<PageMessage, { kind: 'hello' }>;
}

/** How the page stands with its worker. */
export type LinkState =
  /** `sameBuild`: as the page. `samePeer`: as the one that the page was first connected to. */
  | { readonly kind: 'connected'; readonly sameBuild: boolean; readonly samePeer: boolean }
  /** The worker ended (it crashed, or the browser ended it); another is being started. */
  | { readonly kind: 'lost' }
  /** The worker that runs now speaks another version: this tab must be reloaded. Nothing is tried any more. */
  | { readonly kind: 'foreign'; readonly text: string };

/**
 * The page's line to the peer's worker. A worker that dies lets go of the Web Lock that it named in its welcome: then the page starts
 * another one and goes on with it. Workers die when they crash, when the browser needs their memory, and when a person ends them.
 */
export class WorkerLink {
  readonly #options: LinkOptions;
  #port: PortLike;
  #watch = new AbortController();
  #closed = false;
  /** The lock of the newest worker. */
  #lock: string | undefined;
  readonly #peer: PeerId;
  #waiting: PageMessage[] = [];
  readonly #onMessage = (event: MessageEvent<WorkerMessage>) => this.onMessage(event.data);
  /** What the worker says after its welcome. */
  onMessage: (message: WorkerMessage) => void = () => undefined;
  /** Called on every change, after the new worker's port is in place. */
  onState: (state: LinkState) => void = () => undefined;
  state: LinkState;
  /** What the first worker of this page knew of the printers of this browser. */
  readonly notes: Readonly<Record<string, string>>;

  private constructor(options: LinkOptions, greeted: Greeted) {
    this.#options = options;
    this.#peer = greeted.peer;
    this.#port = greeted.port;
    this.notes = greeted.notes;
    this.state = this.#take(greeted);
  }

  /** Refused, with a sentence for the person, when there is no worker, when it is unable, or of another version. */
  static async open(options: LinkOptions): Promise<Result<WorkerLink>> {
    for (let tries = 1; ; tries++) {
      const greeted = await greet(options, true);
      if (greeted.ok) return ok(new WorkerLink(options, greeted.value));
      // An older worker without other pages ends itself when a newer page comes, and makes room.
      if (greeted.refusal.code !== 'other-version' || tries >= openTriesMax) return greeted;
      await delay(options.clock, restartMs);
    }
  }

  /** While there is no worker, what is asked waits for the next one; all else is set up anew with it and need not wait. */
  post(message: PageMessage, transfer: Transferable[] = []): void {
    if (this.state.kind === 'connected') this.#port.postMessage(message, transfer);
    else if (this.state.kind === 'lost' && message.kind === 'call') this.#waiting.push(message);
  }

  /** Says goodbye. No worker is started for this page again. */
  close(): void {
    this.post({ kind: 'bye' });
    this.#closed = true;
    this.#watch.abort();
  }

  #take({ port, lock, build, peer }: Greeted): LinkState {
    this.#port = port;
    port.addEventListener('message', this.#onMessage);
    const watch = new AbortController();
    this.#watch = watch;
    // A worker that answers lives, whatever its lock says: once a site's data were cleared, Chromium keeps the locks of pages from before
    // apart from those of workers after. Such a page can't watch its worker any more, until it is reloaded.
    const watchable = lock !== undefined && lock !== this.#lock;
    this.#lock = lock;
    if (watchable) {
      // Shared, so that every page hears at once.
      this.#options.locks
        .request(lock, { mode: 'shared', signal: watch.signal }, () => {
          if (!watch.signal.aborted) void this.#restart();
        })
        .catch((error: unknown) => {
          if (!watch.signal.aborted) throw error;
        });
    }
    return { kind: 'connected', sameBuild: build === appBuild, samePeer: peer === this.#peer };
  }

  async #restart(): Promise<void> {
    this.#watch.abort();
    this.#port.removeEventListener('message', this.#onMessage);
    this.#tell({ kind: 'lost' });
    const silent: PortLike[] = [];
    for (let tries = 0; !this.#closed; tries++) {
      const patienceMs = Math.min(welcomeTimeoutMs, nextWelcomeMs * 2 ** tries);
      const greeted = await greet(this.#options, false, patienceMs, (port) => silent.push(port));
      if (greeted.ok) {
        this.#tell(this.#take(greeted.value));
        for (const message of this.#waiting.splice(0)) this.post(message);
        // A worker that was only slow has this page twice by now. Not before it has it again: it would take the page for gone.
        for (const port of silent) port.postMessage({ kind: 'bye' });
        return;
      }
      if (greeted.refusal.code === 'other-version') {
        this.#tell({ kind: 'foreign', text: greeted.refusal.text });
        return;
      }
      await delay(this.#options.clock, restartMs);
    }
  }

  #tell(state: LinkState): void {
    this.state = state;
    this.onState(state);
  }
}

interface Greeted {
  readonly port: PortLike;
  readonly lock: string | undefined;
  readonly build: string;
  readonly notes: Readonly<Record<string, string>>;
  readonly peer: PeerId;
}

function greet(
  options: LinkOptions,
  loaded: boolean,
  patienceMs = welcomeTimeoutMs,
  onSilent?: (port: PortLike) => void,
): Promise<Result<Greeted>> {
  return new Promise((resolve) => {
    const started = options.startWorker(() =>
      giveUp(
        refuse(
          'no-worker',
          'This browser could not load PeerPrint’s worker. Check the connection, then try again.',
        ),
      ),
    );
    if (!started.ok) {
      resolve(started);
      return;
    }
    const port = started.value;
    function giveUp(refusal: ReturnType<typeof refuse>): void {
      cancelTimer();
      port.removeEventListener('message', onFirst);
      resolve(refusal);
    }
    const cancelTimer = options.clock.after(patienceMs, () => {
      onSilent?.(port);
      giveUp(
        refuse(
          'no-answer',
          'PeerPrint’s worker does not answer. Close every tab of PeerPrint in this browser, then open one again.',
        ),
      );
    });
    const onFirst = ({ data: message }: MessageEvent<WorkerMessage>) => {
      if (message.kind !== 'welcome' && message.kind !== 'unable') return;
      cancelTimer();
      port.removeEventListener('message', onFirst);
      if (message.version !== portVersion) resolve(otherVersion(message.version));
      else if (message.kind === 'unable') resolve(refuse(message.code, message.text));
      else {
        const { lock, build, peer, notes = {} } = message;
        resolve(ok({ port, lock, build, peer, notes }));
      }
    };
    port.addEventListener('message', onFirst);
    port.start?.();
    try {
      port.postMessage(options.hello(loaded));
    } catch (error) {
      cancelTimer();
      resolve(refuse('no-worker', `This browser could not reach PeerPrint’s worker: ${messageOf(error)}`));
    }
  });
}

/** Says which side is the older one, because that is the one to be reloaded. */
export function otherVersion(workerVersion: number) {
  return refuse(
    'other-version',
    workerVersion < portVersion
      ? 'Another tab runs an older version of PeerPrint. Reload or close that tab (not while it prints), then reload this one.'
      : 'PeerPrint was updated in another tab. Reload this one, once nothing prints in it.',
  );
}
