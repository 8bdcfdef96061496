import {
  type FileId,
  type PeerId,
  type PrinterId,
  type QueueId,
  RefusalError,
  messageOf,
} from '../../base/index.ts';
import { alertsOf } from './alerts.ts';
import { exportQueue, importQueue } from './archiving.ts';
import type { ListName, Notice, Shown, WindowOf } from '../api.ts';
import type { AppFacts } from '../view-facts.ts';
import { shownByDefault } from '../api.ts';
import { isCall, refusedCall } from '../calls.ts';
import { unfitArguments } from './call-shapes.ts';
import { pageOf } from './list-pages.ts';
import { remedyFor } from '../replica/halting.ts';
import { viewMinMs } from '../limits.ts';
import type { PageMessage, PeerToPrinter, PrinterToPeer, WorkerMessage } from '../messages.ts';
import { appBuild, portVersion } from '../messages.ts';
import { printerPresence } from '../printing/my-presence.ts';
import type { Peer } from '../peer.ts';
import type { PrinterNotes } from '../printing/printer-notes.ts';
import type { QueueHost } from '../host/queue-host.ts';
import { askingPrinters, heirViewsOf, summaryOf, viewOf } from './queue-view.ts';
import { fileView } from './row-views.ts';
import { Service } from './service.ts';
import { toldPrinters } from './told-printers.ts';
import type { ViewSources } from './view-sources.ts';

/** The part of a MessagePort that serving a page needs. */
export interface ServedPort {
  postMessage(message: WorkerMessage): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<PageMessage>) => void): void;
  /** Fires in browsers that tell when the other end of a port is gone. */
  addEventListener(type: 'close', listener: () => void): void;
}

export interface ServerPorts {
  /** Takes a tab's port for the direct connections. */
  readonly attachRtc: (port: MessagePort, tab: string) => void;
  /** Whether a tab holds the direct connections. */
  readonly direct: () => boolean;
  /** Called with the number of pages when it changes. */
  readonly onPages?: (count: number) => void;
  /** What pages note of the printers of this browser. */
  readonly notes?: PrinterNotes;
  /** What became of this browser's data before the peer began. */
  readonly notices?: readonly Notice[];
  /** A page was told by its browser that the network is another one, or is there again. */
  readonly onNetworkChanged?: () => void;
  /** The Web Lock that ends with this worker. */
  readonly lifeLock?: string;
  /** Ends this worker, so that its pages start the newer one that they were loaded with. */
  readonly retire?: () => void;
}

/** What a page is kept told of. `sent`: the last list page as text, so that the same is not sent twice. */
type Watch =
  | { readonly kind: 'app'; readonly queue?: undefined }
  | { readonly kind: 'queue'; readonly queue: QueueId; readonly shown: Shown }
  | {
      readonly kind: 'list';
      readonly queue: QueueId;
      readonly list: ListName;
      readonly window: WindowOf<ListName>;
      sent: string;
    };

interface Page {
  readonly port: ServedPort;
  readonly tab: string;
  /** The build that the page was loaded with, when that was while this worker ran. */
  readonly build: string | undefined;
  readonly watches: Map<number, Watch>;
  readonly aborts: Map<number, AbortController>;
}

type Method = (...args: never[]) => Promise<unknown>;

/** Serves the pages of this browser: answers their calls, and sends them views when something changed. */
export class Server {
  readonly #peer: Peer;
  readonly #ports: ServerPorts;
  readonly #service: Service;
  readonly #pages = new Set<Page>();
  readonly #changed = new Set<QueueId | 'app'>();
  #viewsDue = false;
  #persisted = false;

  constructor(peer: Peer, ports: ServerPorts) {
    this.#peer = peer;
    this.#ports = ports;
    this.#service = new Service(peer, (host, file) => this.#fileView(host, file));
    peer.onChange((queue) => {
      this.#changed.add('app');
      if (queue === undefined) for (const each of peer.hosts.keys()) this.#changed.add(each);
      else this.#changed.add(queue);
      this.#sendSoon();
    });
  }

  /** How many pages are connected. */
  get pages(): number {
    return this.#pages.size;
  }

  /** Greets a page whose `hello` has come, and serves it from now on. */
  serve(port: ServedPort, hello: Extract<PageMessage, { kind: 'hello' }>): void {
    const build = hello.loaded ? hello.build : undefined;
    const page: Page = { port, tab: hello.tab, build, watches: new Map(), aborts: new Map() };
    this.#pages.add(page);
    this.#ports.onPages?.(this.#pages.size);
    this.#persisted ||= hello.persisted;
    port.addEventListener('message', (event) => this.#receive(page, event.data));
    port.addEventListener('close', () => this.#leave(page));
    port.postMessage({
      kind: 'welcome',
      version: portVersion,
      peer: this.#peer.identity.peer,
      lock: this.#ports.lifeLock,
      build: appBuild,
      notes: this.#ports.notes?.all() ?? {},
    });
    if (hello.ownRelays.length > 0) this.#peer.relays.serve(hello.ownRelays);
    void this.#makeRoom();
  }

  /**
   * After an update every page is of the new build, one after the other, and only this worker is not: it has always had a page. It ends,
   * and the pages go on with the new one. Never while it would be in the way of a print, and never for an older page.
   */
  async #makeRoom(): Promise<void> {
    if (!this.#isInTheWay()) return;
    await this.#peer.handOver();
    if (this.#isInTheWay()) this.#ports.retire?.();
  }

  #isInTheWay(): boolean {
    const newer = [...this.#pages].every((page) => page.build !== undefined && page.build > appBuild);
    return newer && this.#pages.size > 0 && !this.#peer.desk.printing;
  }

  #receive(page: Page, message: PageMessage): void {
    switch (message.kind) {
      case 'hello':
        break;
      case 'call':
        void this.#call(page, message.id, message.method, message.args);
        break;
      case 'abort':
        page.aborts.get(message.id)?.abort(new Error('cancelled'));
        break;
      case 'watch-app':
        this.#watch(page, message.id, { kind: 'app' });
        break;
      case 'watch-queue':
        this.#watch(page, message.id, {
          kind: 'queue',
          queue: message.queue,
          shown: { ...shownByDefault, ...message.shown },
        });
        break;
      case 'watch-list': {
        const { queue, list, window } = message;
        this.#watch(page, message.id, { kind: 'list', queue, list, window, sent: '' });
        break;
      }
      case 'unwatch':
        page.watches.delete(message.id);
        break;
      case 'rtc-port':
        this.#ports.attachRtc(message.port, page.tab);
        break;
      case 'printer-port':
        this.#attachPrinter(message.port);
        break;
      case 'persisted':
        this.#persisted = message.persisted;
        this.#changed.add('app');
        this.#sendSoon();
        break;
      case 'keep-note':
        void this.#ports.notes?.keep(message.key, message.text);
        break;
      case 'network-changed':
        this.#ports.onNetworkChanged?.();
        break;
      case 'bye':
        this.#leave(page);
        break;
    }
  }

  async #call(page: Page, id: number, method: string, args: readonly unknown[]): Promise<void> {
    const abort = new AbortController();
    page.aborts.set(id, abort);
    try {
      const value = await this.#invoke(page, id, method, args, abort.signal);
      page.port.postMessage({ kind: 'result', id, value });
    } catch (error) {
      this.#peer.ports.log.error(`${method} broke: ${messageOf(error)}`);
      // What storage refuses, for one, is thrown from the depth: the caller sees it as every other refusal.
      const value = error instanceof RefusalError ? refusedCall(method, error) : undefined;
      if (value === undefined) page.port.postMessage({ kind: 'failed', id, text: messageOf(error) });
      else page.port.postMessage({ kind: 'result', id, value });
    } finally {
      page.aborts.delete(id);
    }
  }

  async #invoke(
    page: Page,
    id: number,
    method: string,
    args: readonly unknown[],
    signal: AbortSignal,
  ): Promise<unknown> {
    if (!isCall(method)) throw new Error(`This peer has no method “${method}”.`);
    const unfit = unfitArguments(method, args);
    if (unfit !== undefined) throw new RefusalError(unfit);
    const onProgress = (value: unknown) => page.port.postMessage({ kind: 'progress', id, value });
    switch (method) {
      case 'addFile': {
        const [queue, file] = args as [QueueId, File];
        return this.#service.addFile(queue, file, onProgress, signal);
      }
      case 'exportQueue':
        return exportQueue(this.#peer, args[0] as QueueId, onProgress, signal);
      case 'importQueue':
        return importQueue(this.#peer, args[0] as Blob, onProgress, signal);
    }
    const service: Readonly<Record<typeof method, Method>> = this.#service;
    return service[method](...(args as never[]));
  }

  /** The last page to leave takes the browser's part in every queue with it: leaders hand over while they can. */
  #leave(page: Page): void {
    if (!this.#pages.delete(page)) return;
    this.#ports.onPages?.(this.#pages.size);
    for (const abort of page.aborts.values()) abort.abort(new Error('the page was closed'));
    if (this.#pages.size === 0) void this.#peer.handOver();
    else void this.#makeRoom();
  }

  #attachPrinter(port: MessagePort): void {
    const printerPort = { post: (message: PeerToPrinter) => port.postMessage(message) };
    let printer: PrinterId | undefined;
    port.addEventListener('message', (event: MessageEvent<PrinterToPeer>) => {
      printer = this.#peer.desk.receive(printerPort, printer, event.data);
    });
    port.addEventListener('close', () => this.#peer.desk.lost(printerPort));
    port.start();
  }

  #sendSoon(): void {
    if (this.#viewsDue) return;
    this.#viewsDue = true;
    this.#peer.ports.clock.after(viewMinMs, () => {
      this.#viewsDue = false;
      void this.#makeRoom();
      const changed = new Set(this.#changed);
      this.#changed.clear();
      const sources = new Map<QueueId, ViewSources>();
      for (const page of this.#pages) {
        // A queue's view comes after its lists: who sees its index has seen everything up to there.
        const due = [...page.watches].filter(([, watch]) => changed.has(watch.queue ?? 'app'));
        const lists = due.filter(([, watch]) => watch.kind === 'list');
        const views = due.filter(([, watch]) => watch.kind !== 'list');
        for (const [id, watch] of [...lists, ...views]) void this.#send(page, id, watch, sources);
      }
    });
  }

  #watch(page: Page, id: number, watch: Watch): void {
    page.watches.set(id, watch);
    void this.#send(page, id, watch, new Map());
  }

  /** `made`: what was gathered of each queue for the views that are sent together. */
  async #send(page: Page, id: number, watch: Watch, made: Map<QueueId, ViewSources>): Promise<void> {
    try {
      if (watch.kind === 'app') {
        const view = await this.#appView();
        if (page.watches.has(id)) page.port.postMessage({ kind: 'app-view', id, view });
        return;
      }
      const host = this.#peer.hosts.get(watch.queue);
      if (host === undefined) return;
      const sources = made.get(watch.queue) ?? this.#sources(host);
      made.set(watch.queue, sources);
      if (watch.kind === 'queue') {
        page.port.postMessage({ kind: 'queue-view', id, view: viewOf(sources, watch.shown) });
        return;
      }
      const shown = pageOf(sources, watch.list, watch.window);
      const text = JSON.stringify(shown);
      if (text === watch.sent) return;
      watch.sent = text;
      page.port.postMessage({ kind: 'list-page', id, page: shown });
    } catch (error) {
      this.#peer.ports.log.error(`a view could not be made: ${messageOf(error)}`);
    }
  }

  async #appView(): Promise<AppFacts> {
    const peer = this.#peer;
    const { wire, store } = peer.ports;
    const estimate = await store.estimate();
    return {
      self: { peer: peer.identity.peer, name: peer.identity.name },
      queues: [
        ...peer.order.sort(peer.hosts).map((host) => summaryOf(host, this.#heirs(host))),
        ...[...peer.broken].map(([key, { code, text, name }]) => ({
          queue: key as QueueId,
          name,
          condition: 'stopped' as const,
          text,
          remedy: remedyFor(code),
          ...noHeirs,
          printing: 0,
          waiting: 0,
        })),
        ...[...peer.joinings.values()]
          .filter(({ join }) => !peer.hosts.has(join.link.queue))
          .map(({ join }) => ({
            queue: join.link.queue,
            name: join.link.name,
            condition: 'joining' as const,
            text: 'Asking the queue’s peers. Keep this tab open; it goes on until one of them answers.',
            remedy: undefined,
            ...noHeirs,
            printing: 0,
            waiting: 0,
          })),
      ],
      relays: wire.relays().map(({ address, state, reachable, trouble }) => ({
        address,
        state,
        reachable,
        text:
          trouble ??
          (reachable
            ? 'Others can reach you through it.'
            : state === 'connected'
              ? 'Others cannot reach you through it yet.'
              : 'Connecting …'),
        queues: [...this.#peer.hosts.values()].flatMap(({ state: { head } }) =>
          head.relays.includes(address) ? [head.name] : [],
        ),
      })),
      storage: { ...estimate, persisted: estimate.persisted || this.#persisted },
      direct: this.#ports.direct(),
      alerts: alertsOf(
        [...peer.hosts.values()].map((host) => ({
          queue: host.queue,
          name: host.state.head.name,
          printers: askingPrinters(this.#sources(host)),
        })),
      ),
      notices: this.#ports.notices ?? [],
    };
  }

  #fileView(host: QueueHost, file: FileId) {
    const known = host.state.files.get(file);
    return known === undefined ? undefined : fileView(this.#sources(host), known);
  }

  #heirs(host: QueueHost) {
    return heirViewsOf(host, this.#peer.heirs, this.#peer.hosts);
  }

  #sources(host: QueueHost): ViewSources {
    const { wire } = this.#peer.ports;
    const printers = this.#peer.desk.printers();
    const heard = host.presence.all();
    const speakers = new Set(heard.map(([peer]) => peer));
    const told = new Map(
      heard.flatMap(([, presence]) => presence.printers.map((printer) => [printer.printer, printer])),
    );
    for (const printer of printers) told.set(printer.id, printerPresence(printer));
    const presenceOf = (printer: PrinterId) => told.get(printer);
    const paths = new Map(wire.connections().map(({ peer, path, rttMs }) => [peer, { path, rttMs }]));
    let driven: ReadonlyMap<PeerId, readonly string[]> | undefined;
    return {
      host,
      self: this.#peer.identity.peer,
      heirs: this.#heirs(host),
      keeper: this.#peer.files.keeper,
      printers,
      paths,
      pictures: this.#peer.files.pictures,
      printersOf: (peer) => {
        driven ??= drivenBy(host);
        return driven.get(peer) ?? [];
      },
      presenceOf,
      told: toldPrinters({
        state: host.state,
        presenceOf,
        isSilent: (peer) => paths.has(peer) && !speakers.has(peer),
      }),
    };
  }
}

/** Names of the printers of each peer. */
function drivenBy(host: QueueHost): ReadonlyMap<PeerId, readonly string[]> {
  const driven = new Map<PeerId, string[]>();
  for (const { peer, name } of host.state.printers.values())
    driven.set(peer, [...(driven.get(peer) ?? []), name]);
  return driven;
}

/** Of a queue that is not open. */
const noHeirs = { heirs: [], continues: undefined, mayGoOn: false, keptBehind: 0 } as const;
