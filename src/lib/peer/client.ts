import { type QueueId, type Result, messageOf, ok, refuse, systemClock } from '../base/index.ts';
import type {
  AppView,
  FileProgress,
  FileView,
  ListName,
  ListWatch,
  PageOf,
  PeerPrintClient,
  QueueView,
  Shown,
  StrategyPreview,
  WindowOf,
} from './api.ts';
import type { AppFacts, FileFacts, PageFacts, PreviewFacts, SettledFacts } from './view-facts.ts';
import { clientApiVersion } from './api.ts';
import { type CallName, calls } from './calls.ts';
import { PagePrinters } from './tab/local-printers.ts';
import { type WorkerMessage, appBuild, portVersion, sharedWorkerName } from './messages.ts';
import { onNetworkChanged } from './tab/network-change.ts';
import { offerAnchor } from './tab/page-anchor.ts';
import { openPrinterMemory } from './tab/printer-memory.ts';
import { noticeOf } from './tab/link-notice.ts';
import { saidApp, saidFile, saidPage, saidPreview, saidQueue, saidSettled } from './tab/said-views.ts';
import { refusedByStorage, storageDenied } from './tab/storage-access.ts';
import { type LinkState, type PortLike, WorkerLink } from './tab/worker-link.ts';

export type * from './api.ts';

interface Pending {
  readonly method: CallName;
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
  if (globalThis.indexedDB === undefined) return storageDenied;
  const defaultName = nameOfBrowser(navigator.userAgent);
  const ownRelays = await relaysOfThisSite();
  const persisted = (await navigator.storage?.persisted?.()) ?? false;
  const tab = crypto.randomUUID();
  const link = await WorkerLink.open({
    clock: systemClock,
    locks: navigator.locks,
    startWorker,
    hello: (loaded) => ({
      kind: 'hello',
      version: portVersion,
      tab,
      defaultName,
      ownRelays,
      persisted,
      build: appBuild,
      loaded,
    }),
  });
  if (!link.ok) return (await refusedByStorage(link.refusal, globalThis.indexedDB)) ?? link;
  const { notes } = link.value;
  openPrinterMemory(notes, (key, text) => link.value.post({ kind: 'keep-note', key, text }));
  const client = new PageClient(link.value);
  (globalThis as { peerprint?: PeerPrintClient }).peerprint = client;
  globalThis.dispatchEvent(new CustomEvent('peerprint', { detail: client }));
  return ok(client);
}

function startWorker(onFailed: () => void): Result<PortLike> {
  // An event that carries a message tells of a slip of a worker that runs; one without, that it was not loaded.
  const onError = (event: Event) => {
    if (!('message' in event) || event.message === undefined) onFailed();
  };
  try {
    if (typeof SharedWorker === 'function') {
      const worker = new SharedWorker(new URL('./peer.worker.ts', import.meta.url), {
        type: 'module',
        name: sharedWorkerName,
      });
      worker.addEventListener('error', onError);
      return ok(worker.port);
    }
    // No SharedWorker (older phones): a worker of this tab, which takes the profile's lock or says who has it.
    const worker = new Worker(new URL('./peer.worker.ts', import.meta.url), {
      type: 'module',
      name: sharedWorkerName,
    });
    worker.addEventListener('error', onError);
    return ok(worker);
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
  readonly #link: WorkerLink;
  readonly #pending = new Map<number, Pending>();
  readonly #appWatchers = new Map<number, (view: AppView) => void>();
  readonly #queueWatchers = new Map<number, Watcher>();
  #appView: AppFacts | undefined;
  #withdrawAnchor: () => void;
  readonly #listWatchers = new Map<number, ListWatcher>();
  #nextId = 1;

  constructor(link: WorkerLink) {
    this.#link = link;
    this.#withdrawAnchor = offerAnchor((message, transfer) => link.post(message, transfer));
    this.printers = new PagePrinters((message, transfer) => link.post(message, transfer), this);
    link.onMessage = (message) => this.#receive(message);
    link.onState = (state) => this.#linkChanged(state);
    // A page put into the back/forward cache keeps its ports: only a real end says goodbye.
    globalThis.addEventListener('pagehide', (event: PageTransitionEvent) => {
      if (!event.persisted) link.post({ kind: 'bye' });
    });
    onNetworkChanged(() => link.post({ kind: 'network-changed' }));
  }

  watchApp(listener: (view: AppView) => void): () => void {
    const id = this.#nextId++;
    this.#appWatchers.set(id, listener);
    this.#link.post({ kind: 'watch-app', id });
    return () => {
      this.#appWatchers.delete(id);
      this.#link.post({ kind: 'unwatch', id });
    };
  }

  watchQueue(queue: QueueId, listener: (view: QueueView) => void, shown: Partial<Shown> = {}): () => void {
    const id = this.#nextId++;
    const again = () => this.#link.post({ kind: 'watch-queue', id, queue, shown });
    this.#queueWatchers.set(id, { again, listener });
    again();
    return () => {
      this.#queueWatchers.delete(id);
      this.#link.post({ kind: 'unwatch', id });
    };
  }

  watchList<Name extends ListName>(
    queue: QueueId,
    list: Name,
    window: WindowOf<Name>,
    listener: (page: PageOf<Name>) => void,
  ): ListWatch<Name> {
    const id = this.#nextId++;
    let wanted = window;
    const again = () => this.#link.post({ kind: 'watch-list', id, queue, list, window: { ...wanted } });
    this.#listWatchers.set(id, {
      again,
      listener: (page) => listener(saidPage(list, page as PageFacts<Name>)),
    });
    again();
    return {
      show: (next) => {
        wanted = next;
        again();
      },
      stop: () => {
        this.#listWatchers.delete(id);
        this.#link.post({ kind: 'unwatch', id });
      },
    };
  }

  readonly setName = this.#method('setName');
  readonly setRelays = this.#method('setRelays');
  readonly previewLink = this.#method('previewLink');
  readonly leaveQueue = this.#method('leaveQueue');
  readonly orderQueues = this.#method('orderQueues');
  readonly goOnFrom = this.#method('goOnFrom');
  readonly rejoinQueue = this.#method('rejoinQueue');
  readonly readFile = this.#method('readFile');
  readonly addJob = this.#method('addJob');
  readonly changeJob = this.#method('changeJob');
  readonly moveJob = this.#method('moveJob');
  readonly deleteJob = this.#method('deleteJob');
  readonly duplicateJob = this.#method('duplicateJob');
  readonly releaseSet = this.#method('releaseSet');
  readonly decideCopies = this.#method('decideCopies');
  readonly pictureOf = this.#method('pictureOf');
  readonly printerNames = this.#method('printerNames');
  readonly figures = this.#method('figures');
  readonly census = this.#method('census');
  readonly exportHistory = this.#method('exportHistory');
  readonly invitations = this.#method('invitations');
  readonly revokeInvitation = this.#method('revokeInvitation');
  readonly setVoter = this.#method('setVoter');
  readonly renameMember = this.#method('renameMember');
  readonly setSettings = this.#method('setSettings');
  readonly setQueueRelays = this.#method('setQueueRelays');
  readonly leftPrints = this.#method('leftPrints');
  readonly forgetLeftPrint = this.#method('forgetLeftPrint');
  readonly setBed = this.#method('setBed');
  readonly enablePrinter = this.#method('enablePrinter');
  readonly renamePrinter = this.#method('renamePrinter');
  readonly changePrinter = this.#method('changePrinter');
  readonly resumePrinter = this.#method('resumePrinter');
  readonly removePrinter = this.#method('removePrinter');
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

  readonly invite: PeerPrintClient['invite'] = (queue, invitation) =>
    this.#call('invite', [queue, { ...invitation, origin: location.origin }]) as ReturnType<
      PeerPrintClient['invite']
    >;

  addFile(
    queue: QueueId,
    file: File,
    onProgress?: (progress: FileProgress) => void,
    signal?: AbortSignal,
  ): Promise<Result<FileView>> {
    const report =
      onProgress === undefined ? undefined : (value: unknown) => onProgress(value as FileProgress);
    const added = this.#call('addFile', [queue, file], report, signal) as Promise<Result<FileFacts>>;
    return added.then((facts) => (facts.ok ? ok(saidFile(facts.value)) : facts));
  }

  async previewStrategies(queue: QueueId): Promise<Result<readonly StrategyPreview[]>> {
    const seen = (await this.#call('previewStrategies', [queue])) as Result<readonly PreviewFacts[]>;
    return seen.ok ? ok(seen.value.map(saidPreview)) : seen;
  }

  exportQueue(
    queue: QueueId,
    onProgress?: (progress: FileProgress) => void,
    signal?: AbortSignal,
  ): Promise<Result<Blob>> {
    const report = (value: unknown) => onProgress?.(value as FileProgress);
    return this.#call('exportQueue', [queue], report, signal) as Promise<Result<Blob>>;
  }

  importQueue(
    archive: Blob,
    onProgress?: (progress: FileProgress) => void,
    signal?: AbortSignal,
  ): Promise<Result<QueueId>> {
    this.#askToPersist();
    const report = (value: unknown) => onProgress?.(value as FileProgress);
    return this.#call('importQueue', [archive], report, signal) as Promise<Result<QueueId>>;
  }

  close(): void {
    this.#withdrawAnchor();
    this.#link.close();
  }

  /**
   * That storage is kept can only be asked for in a page, and is best asked when there is something to keep. Nothing waits for the answer:
   * Firefox asks the person, who may take their time.
   */
  #askToPersist(): void {
    navigator.storage.persist().then(
      (persisted) => this.#link.post({ kind: 'persisted', persisted }),
      () => this.#link.post({ kind: 'persisted', persisted: false }),
    );
  }

  #method<Name extends CallName>(name: Name): PeerPrintClient[Name] {
    return ((...args: unknown[]) => this.#call(name, args)) as PeerPrintClient[Name];
  }

  #call(
    method: CallName,
    args: readonly unknown[],
    onProgress?: (value: unknown) => void,
    signal?: AbortSignal,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const { state } = this.#link;
      if (state.kind === 'foreign') {
        reject(new Error(state.text));
        return;
      }
      const id = this.#nextId++;
      this.#pending.set(id, { method, resolve, reject, onProgress });
      signal?.addEventListener('abort', () => this.#link.post({ kind: 'abort', id }), { once: true });
      this.#link.post({ kind: 'call', id, method, args });
    });
  }

  /** The worker died, or another one took its place: what this page had with the old one is set up again with the new. */
  #linkChanged(state: LinkState): void {
    if (state.kind === 'connected') {
      this.#withdrawAnchor();
      this.#withdrawAnchor = offerAnchor((message, transfer) => this.#link.post(message, transfer));
      this.printers.rewire();
      for (const id of this.#appWatchers.keys()) this.#link.post({ kind: 'watch-app', id });
      for (const { again } of this.#queueWatchers.values()) again();
      for (const { again } of this.#listWatchers.values()) again();
      return;
    }
    for (const [id, pending] of this.#pending) {
      this.#pending.delete(id);
      if (calls[pending.method] === 'settled') pending.resolve(lostCommand);
      else pending.reject(new Error('PeerPrint’s worker ended before it could answer.'));
    }
    const view = this.#appView;
    if (view !== undefined) for (const listener of this.#appWatchers.values()) listener(this.#withLink(view));
  }

  /** What only the page can know of its worker, among the worker's own notices. */
  #withLink(facts: AppFacts): AppView {
    const view = saidApp(facts);
    const notice = noticeOf(this.#link.state);
    return notice === undefined ? view : { ...view, notices: [notice, ...view.notices] };
  }

  #answer(id: number, value: unknown): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    const isSettled = calls[pending.method] === 'settled';
    pending.resolve(isSettled ? saidSettled(value as SettledFacts) : value);
  }

  #receive(message: WorkerMessage): void {
    switch (message.kind) {
      case 'result':
        this.#answer(message.id, message.value);
        break;
      case 'failed':
        this.#pending.get(message.id)?.reject(new Error(message.text));
        this.#pending.delete(message.id);
        break;
      case 'progress':
        this.#pending.get(message.id)?.onProgress?.(message.value);
        break;
      case 'app-view':
        this.#appView = message.view;
        this.#appWatchers.get(message.id)?.(this.#withLink(message.view));
        break;
      case 'queue-view':
        this.#queueWatchers.get(message.id)?.listener(saidQueue(message.view));
        break;
      case 'list-page':
        this.#listWatchers.get(message.id)?.listener(message.page);
        break;
      case 'welcome':
      case 'unable':
        break;
    }
  }
}

/** `again`: asks the worker, and the next one when this one has died. */
interface Watcher {
  readonly again: () => void;
  readonly listener: (view: QueueView) => void;
}

interface ListWatcher {
  readonly again: () => void;
  readonly listener: (page: unknown) => void;
}

const lostCommand = saidSettled({ kind: 'unknown', why: 'worker-ended' });
