import { type FileId, type PrinterId, type QueueId, messageOf } from '../base/index.ts';
import { alertsOf } from './alerts.ts';
import type { AppView } from './api.ts';
import { remedyFor } from './halting.ts';
import { viewMinMs } from './limits.ts';
import type { PageMessage, PeerToPrinter, PrinterToPeer, WorkerMessage } from './messages.ts';
import { appBuild, portVersion } from './messages.ts';
import { printerPresence } from './my-presence.ts';
import type { Peer } from './peer.ts';
import type { QueueHost } from './queue-host.ts';
import { type ViewSources, printersOf, summaryOf, viewOf } from './queue-view.ts';
import { Service } from './service.ts';

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
  /** The Web Lock that ends with this worker. */
  readonly lifeLock?: string;
  /** Ends this worker, so that its pages start the newer one that they were loaded with. */
  readonly retire?: () => void;
}

interface Page {
  readonly port: ServedPort;
  readonly tab: string;
  /** The build that the page was loaded with, when that was while this worker ran. */
  readonly build: string | undefined;
  readonly watches: Map<number, QueueId | 'app'>;
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
    this.#persisted ||= hello.persisted;
    port.addEventListener('message', (event) => this.#receive(page, event.data));
    port.addEventListener('close', () => this.#leave(page));
    port.postMessage({
      kind: 'welcome',
      version: portVersion,
      peer: this.#peer.identity.peer,
      lock: this.#ports.lifeLock,
      build: appBuild,
    });
    if (hello.ownRelays.length > 0) this.#peer.addRelays(hello.ownRelays);
    this.#makeRoom();
  }

  /**
   * After an update every page is of the new build, one after the other, and only this worker is not: it has always had a page. It ends,
   * and the pages go on with the new one. Never while it would be in the way of a print, and never for an older page.
   */
  #makeRoom(): void {
    const newer = [...this.#pages].every((page) => page.build !== undefined && page.build > appBuild);
    if (!newer || this.#pages.size === 0 || this.#peer.desk.printing) return;
    this.#peer.handOver();
    this.#ports.retire?.();
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
        page.watches.set(message.id, 'app');
        void this.#send(page, message.id, 'app');
        break;
      case 'watch-queue':
        page.watches.set(message.id, message.queue);
        void this.#send(page, message.id, message.queue);
        break;
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
      page.port.postMessage({ kind: 'failed', id, text: messageOf(error) });
    } finally {
      page.aborts.delete(id);
    }
  }

  #invoke(
    page: Page,
    id: number,
    method: string,
    args: readonly unknown[],
    signal: AbortSignal,
  ): Promise<unknown> {
    if (method === 'addFile') {
      const [queue, file] = args as [QueueId, File];
      const onProgress = (value: unknown) => page.port.postMessage({ kind: 'progress', id, value });
      return this.#service.addFile(queue, file, onProgress, signal);
    }
    if (!isMethod(method)) throw new Error(`This peer has no method “${method}”.`);
    const service = this.#service as unknown as Record<string, Method>;
    const run = service[method];
    if (run === undefined) throw new Error(`This peer has no method “${method}”.`);
    return run.apply(service, args as never[]);
  }

  /** The last page to leave takes the browser's part in every queue with it: leaders hand over while they can. */
  #leave(page: Page): void {
    if (!this.#pages.delete(page)) return;
    for (const abort of page.aborts.values()) abort.abort(new Error('the page was closed'));
    if (this.#pages.size === 0) this.#peer.handOver();
    else this.#makeRoom();
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
      this.#makeRoom();
      const changed = new Set(this.#changed);
      this.#changed.clear();
      for (const page of this.#pages) {
        for (const [id, topic] of page.watches) if (changed.has(topic)) void this.#send(page, id, topic);
      }
    });
  }

  async #send(page: Page, id: number, topic: QueueId | 'app'): Promise<void> {
    try {
      if (topic === 'app') {
        const view = await this.#appView();
        if (page.watches.has(id)) page.port.postMessage({ kind: 'app-view', id, view });
        return;
      }
      const host = this.#peer.hosts.get(topic);
      if (host !== undefined)
        page.port.postMessage({ kind: 'queue-view', id, view: viewOf(this.#sources(host)) });
    } catch (error) {
      this.#peer.ports.log.error(`a view could not be made: ${messageOf(error)}`);
    }
  }

  async #appView(): Promise<AppView> {
    const peer = this.#peer;
    const { wire, store } = peer.ports;
    const estimate = await store.estimate();
    return {
      self: { peer: peer.identity.peer, name: peer.identity.name },
      queues: [
        ...[...peer.hosts.values()].map((host) => summaryOf(host)),
        ...[...peer.broken].map(([key, { code, text, name }]) => ({
          queue: key as QueueId,
          name,
          condition: 'stopped' as const,
          text,
          remedy: remedyFor(code),
          printing: 0,
          waiting: 0,
        })),
        ...[...peer.joinings.values()].map(({ join }) => ({
          queue: join.link.queue,
          name: join.link.name,
          condition: 'joining' as const,
          text: 'Asking the queue’s peers. Keep this tab open; it goes on until one of them answers.',
          remedy: undefined,
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
            ? 'Connected; others can reach you through it.'
            : state === 'connected'
              ? 'Connected.'
              : 'Connecting …'),
      })),
      storage: { ...estimate, persisted: estimate.persisted || this.#persisted },
      direct: this.#ports.direct(),
      alerts: alertsOf(
        [...peer.hosts.values()].map((host) => ({
          queue: host.queue,
          name: host.state.head.name,
          printers: printersOf(this.#sources(host)),
        })),
      ),
      notices: [],
    };
  }

  #fileView(host: QueueHost, file: FileId) {
    return viewOf(this.#sources(host)).files.find((view) => view.file === file);
  }

  #sources(host: QueueHost): ViewSources {
    const { wire } = this.#peer.ports;
    const printers = this.#peer.desk.printers();
    const told = new Map(
      host.presence
        .all()
        .flatMap(([, presence]) => presence.printers.map((printer) => [printer.printer, printer])),
    );
    for (const printer of printers) told.set(printer.id, printerPresence(printer));
    return {
      host,
      self: this.#peer.identity.peer,
      keeper: this.#peer.files.keeper,
      printers,
      paths: new Map(wire.connections().map(({ peer, path, rttMs }) => [peer, { path, rttMs }])),
      thumbnails: this.#peer.files.thumbnails,
      presenceOf: (printer) => told.get(printer),
    };
  }
}

/** Methods of the service that a page may call by name. */
const methods = new Set([
  'setName',
  'setRelays',
  'createQueue',
  'previewLink',
  'joinQueue',
  'leaveQueue',
  'rejoinQueue',
  'makeLink',
  'readFile',
  'addJob',
  'changeJob',
  'moveJob',
  'deleteJob',
  'setBed',
  'enablePrinter',
  'renamePrinter',
  'changePrinter',
  'resumePrinter',
  'cancelPrint',
  'resolvePrint',
  'setMember',
  'removeMember',
  'renameQueue',
  'diagnostics',
]);

function isMethod(name: string): boolean {
  return methods.has(name);
}
