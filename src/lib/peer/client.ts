import { type QueueId, type Result, messageOf, ok, refuse, systemClock } from '../base/index.ts';
import type { AppView, FileProgress, FileView, PeerPrintClient, QueueView } from './api.ts';
import { clientApiVersion } from './api.ts';
import { PagePrinters } from './local-printers.ts';
import { type PageMessage, type WorkerMessage, portVersion, sharedWorkerName } from './messages.ts';
import { offerAnchor } from './page-anchor.ts';

export type * from './api.ts';

/** How long the worker may take to say a first word: it reads its key from disk and starts libp2p. */
const welcomeTimeoutMs = 20_000;

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress: ((value: unknown) => void) | undefined;
}

/**
 * Starts or finds this browser's peer and connects the page to it. Refused, with a sentence for the person, where the browser or the
 * address lacks what a peer needs.
 */
export async function connectPeer(): Promise<Result<PeerPrintClient>> {
  if (!globalThis.isSecureContext) {
    return refuse(
      'insecure-context',
      'At this address your browser keeps back what PeerPrint needs (storage locks, printers, offline use). Open it at ' +
        'http://localhost on this computer (run “npm start” here, then paste the link), or over https.',
    );
  }
  if (globalThis.indexedDB === undefined) {
    return refuse(
      'storage-denied',
      'This browser window keeps no data, so it cannot hold a queue. Allow site data for this address, or use an ordinary window.',
    );
  }
  const started = startWorker();
  if (!started.ok) return started;
  const { port, takesRtc } = started.value;
  const defaultName = nameOfBrowser(navigator.userAgent);
  const ownRelays = await relaysOfThisSite();
  const persisted = (await navigator.storage?.persisted?.()) ?? false;

  return new Promise((resolve) => {
    const cancelTimer = systemClock.after(welcomeTimeoutMs, () => {
      resolve(
        refuse(
          'no-answer',
          'PeerPrint’s worker does not answer. Close every tab of PeerPrint in this browser, then open one again.',
        ),
      );
    });
    const onFirst = (event: MessageEvent<WorkerMessage>) => {
      const message = event.data;
      if (message.kind !== 'welcome' && message.kind !== 'unable') return;
      cancelTimer();
      port.removeEventListener('message', onFirst);
      if (message.version !== portVersion) {
        resolve(
          refuse(
            'other-version',
            'Another tab runs an older version of PeerPrint. Close all its tabs (not while one prints), then open one again.',
          ),
        );
      } else if (message.kind === 'unable') {
        resolve(refuse(message.code, message.text));
      } else {
        if (takesRtc) offerAnchor((message, transfer) => port.postMessage(message, transfer));
        const client = new PageClient(port);
        (globalThis as { peerprint?: PeerPrintClient }).peerprint = client;
        resolve(ok(client));
      }
    };
    port.addEventListener('message', onFirst);
    port.start?.();
    const hello: PageMessage = {
      kind: 'hello',
      version: portVersion,
      tab: crypto.randomUUID(),
      defaultName,
      ownRelays,
      persisted,
    };
    port.postMessage(hello);
  });
}

/** The part of MessagePort and Worker that both have. */
interface PortLike {
  postMessage(message: PageMessage, transfer?: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<WorkerMessage>) => void): void;
  removeEventListener(type: 'message', listener: (event: MessageEvent<WorkerMessage>) => void): void;
  start?(): void;
}

function startWorker(): Result<{ port: PortLike; takesRtc: boolean }> {
  try {
    if (typeof SharedWorker === 'function') {
      const worker = new SharedWorker(new URL('./peer.worker.ts', import.meta.url), {
        type: 'module',
        name: sharedWorkerName,
      });
      return ok({ port: worker.port, takesRtc: true });
    }
    // No SharedWorker (older phones): a worker of this tab, which takes the profile's lock or says who has it.
    const worker = new Worker(new URL('./peer.worker.ts', import.meta.url), {
      type: 'module',
      name: sharedWorkerName,
    });
    return ok({ port: worker, takesRtc: true });
  } catch (error) {
    return refuse('no-worker', `This browser could not start PeerPrint’s worker: ${messageOf(error)}`);
  }
}

/** The relay that serves this page, if one does, from its well-known document. */
async function relaysOfThisSite(): Promise<readonly string[]> {
  try {
    const answer = await fetch('/.well-known/peerprint.json', { signal: AbortSignal.timeout(3_000) });
    if (!answer.ok || !(answer.headers.get('content-type') ?? '').includes('json')) return [];
    const body: unknown = await answer.json();
    if (typeof body !== 'object' || body === null || !('addresses' in body) || !Array.isArray(body.addresses))
      return [];
    return body.addresses.filter((address): address is string => typeof address === 'string').slice(0, 8);
  } catch {
    // A site without a relay, or offline: relays then come from links and settings alone.
    return [];
  }
}

/** "Firefox on Linux": what a peer is called until a person names it. */
export function nameOfBrowser(agent: string): string {
  const browser = /Edg\//.test(agent)
    ? 'Edge'
    : /Firefox\//.test(agent)
      ? 'Firefox'
      : /Chrome\//.test(agent)
        ? 'Chrome'
        : /Safari\//.test(agent)
          ? 'Safari'
          : 'Browser';
  const system = /Android/.test(agent)
    ? 'Android'
    : /iPhone|iPad/.test(agent)
      ? 'iOS'
      : /Windows/.test(agent)
        ? 'Windows'
        : /Mac OS/.test(agent)
          ? 'Mac'
          : /Linux|X11/.test(agent)
            ? 'Linux'
            : 'this device';
  return `${browser} on ${system}`;
}

/** Forwards each call over the port. Method names and arguments are those of `PeerPrintClient`. */
class PageClient implements PeerPrintClient {
  readonly version = clientApiVersion;
  readonly printers: PagePrinters;
  readonly #port: PortLike;
  readonly #pending = new Map<number, Pending>();
  readonly #appWatchers = new Map<number, (view: AppView) => void>();
  readonly #queueWatchers = new Map<number, (view: QueueView) => void>();
  #nextId = 1;

  constructor(port: PortLike) {
    this.#port = port;
    this.printers = new PagePrinters((message, transfer) => port.postMessage(message, transfer));
    port.addEventListener('message', (event) => this.#receive(event.data));
    // A page put into the back/forward cache keeps its ports: only a real end says goodbye.
    globalThis.addEventListener('pagehide', (event: PageTransitionEvent) => {
      if (!event.persisted) port.postMessage({ kind: 'bye' });
    });
  }

  watchApp(listener: (view: AppView) => void): () => void {
    const id = this.#nextId++;
    this.#appWatchers.set(id, listener);
    this.#port.postMessage({ kind: 'watch-app', id });
    return () => {
      this.#appWatchers.delete(id);
      this.#port.postMessage({ kind: 'unwatch', id });
    };
  }

  watchQueue(queue: QueueId, listener: (view: QueueView) => void): () => void {
    const id = this.#nextId++;
    this.#queueWatchers.set(id, listener);
    this.#port.postMessage({ kind: 'watch-queue', id, queue });
    return () => {
      this.#queueWatchers.delete(id);
      this.#port.postMessage({ kind: 'unwatch', id });
    };
  }

  readonly setName = this.#method('setName');
  readonly setRelays = this.#method('setRelays');
  readonly previewLink = this.#method('previewLink');
  readonly leaveQueue = this.#method('leaveQueue');
  readonly readFile = this.#method('readFile');
  readonly addJob = this.#method('addJob');
  readonly changeJob = this.#method('changeJob');
  readonly moveJob = this.#method('moveJob');
  readonly deleteJob = this.#method('deleteJob');
  readonly setBed = this.#method('setBed');
  readonly enablePrinter = this.#method('enablePrinter');
  readonly renamePrinter = this.#method('renamePrinter');
  readonly changePrinter = this.#method('changePrinter');
  readonly resumePrinter = this.#method('resumePrinter');
  readonly cancelPrint = this.#method('cancelPrint');
  readonly resolvePrint = this.#method('resolvePrint');
  readonly setMember = this.#method('setMember');
  readonly removeMember = this.#method('removeMember');
  readonly renameQueue = this.#method('renameQueue');
  readonly diagnostics = this.#method('diagnostics');

  readonly createQueue: PeerPrintClient['createQueue'] = async (options) => {
    this.#askToPersist();
    return this.#call('createQueue', [options]) as ReturnType<PeerPrintClient['createQueue']>;
  };

  readonly joinQueue: PeerPrintClient['joinQueue'] = async (text) => {
    this.#askToPersist();
    return this.#call('joinQueue', [text]) as ReturnType<PeerPrintClient['joinQueue']>;
  };

  readonly makeLink: PeerPrintClient['makeLink'] = (queue, options) =>
    this.#call('makeLink', [queue, { ...options, origin: location.origin }]) as ReturnType<
      PeerPrintClient['makeLink']
    >;

  addFile(
    queue: QueueId,
    file: File,
    onProgress?: (progress: FileProgress) => void,
    signal?: AbortSignal,
  ): Promise<Result<FileView>> {
    const report =
      onProgress === undefined ? undefined : (value: unknown) => onProgress(value as FileProgress);
    return this.#call('addFile', [queue, file], report, signal) as Promise<Result<FileView>>;
  }

  close(): void {
    this.#port.postMessage({ kind: 'bye' });
  }

  /**
   * That storage is kept can only be asked for in a page, and is best asked when there is something to keep. Nothing waits for the answer:
   * Firefox asks the person, who may take their time.
   */
  #askToPersist(): void {
    navigator.storage.persist().then(
      (persisted) => this.#port.postMessage({ kind: 'persisted', persisted }),
      () => this.#port.postMessage({ kind: 'persisted', persisted: false }),
    );
  }

  #method<Name extends keyof PeerPrintClient>(name: Name): PeerPrintClient[Name] {
    return ((...args: unknown[]) => this.#call(name, args)) as PeerPrintClient[Name];
  }

  #call(
    method: string,
    args: readonly unknown[],
    onProgress?: (value: unknown) => void,
    signal?: AbortSignal,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#pending.set(id, { resolve, reject, onProgress });
      signal?.addEventListener('abort', () => this.#port.postMessage({ kind: 'abort', id }), { once: true });
      this.#port.postMessage({ kind: 'call', id, method, args });
    });
  }

  #receive(message: WorkerMessage): void {
    switch (message.kind) {
      case 'result':
        this.#pending.get(message.id)?.resolve(message.value);
        this.#pending.delete(message.id);
        break;
      case 'failed':
        this.#pending.get(message.id)?.reject(new Error(message.text));
        this.#pending.delete(message.id);
        break;
      case 'progress':
        this.#pending.get(message.id)?.onProgress?.(message.value);
        break;
      case 'app-view':
        this.#appWatchers.get(message.id)?.(message.view);
        break;
      case 'queue-view':
        this.#queueWatchers.get(message.id)?.(message.view);
        break;
      case 'welcome':
      case 'unable':
        break;
    }
  }
}
