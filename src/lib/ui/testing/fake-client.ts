import type { FileId, PrinterId, QueueId } from '../../base/ids.ts';
import { delay, systemClock } from '../../base/clock.ts';
import { ok, refuse } from '../../base/result.ts';
import type { Result } from '../../base/result.ts';
import type { AppView, Diagnostics, PeerPrintClient, QueueView, LeftPrint } from '../../peer/api.ts';
import { shownByDefault } from '../../peer/api.ts';
import { fakeCounts } from './fake-lists.ts';
import { FakePrinters } from './fake-printers.ts';
import { FakeQueue } from './fake-queue.ts';
import type { FakeOptions } from './fake-scenes.ts';
import { alertsOf, insecure } from './fake-scenes.ts';
import { ada, fakeApp, fakeEmpty, fakeFarm, files, livePrint, workshop } from './fake-views.ts';

/** What the layout calls in `vite dev --mode fake`; the scene is in the address: `?scene=farm`. */
export function connectFake(address: string): Promise<Result<PeerPrintClient>> {
  const scene = new URL(address).searchParams.get('scene') ?? 'farm';
  if (scene === 'insecure') return Promise.resolve({ ok: false, refusal: insecure });
  return Promise.resolve(ok(new FakeClient({ scene, latencyMs: scene === 'slow' ? 8000 : 250 })));
}

type Listener<T> = (view: T) => void;

export class FakeClient extends FakeQueue implements PeerPrintClient {
  readonly version = 2;
  readonly #appListeners = new Set<Listener<AppView>>();
  readonly #queueListeners = new Set<Listener<QueueView>>();
  #app: AppView;
  #progress = 0.41;
  #stopped = false;

  constructor(options: FakeOptions) {
    super(options);
    this.#app = fakeApp();
    if (options.scene !== 'first') this.summarise();
    this.printers = new FakePrinters(options.scene, this.calls, (printer, name) =>
      this.#showVirtual(printer, name),
    );
    this.#tick();
  }

  readonly printers: FakePrinters;

  leftPrints(): Promise<readonly LeftPrint[]> {
    return Promise.resolve([]);
  }
  forgetLeftPrint(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  watchApp(listener: Listener<AppView>): () => void {
    this.#appListeners.add(listener);
    listener(this.#app);
    return () => this.#appListeners.delete(listener);
  }

  watchQueue(queue: QueueId, listener: Listener<QueueView>): () => void {
    this.#queueListeners.add(listener);
    if (queue === this.view.queue) listener(this.#shown());
    return () => this.#queueListeners.delete(listener);
  }

  async setName(name: string): Promise<Result<undefined>> {
    await this.wait();
    this.#app = { ...this.#app, self: { ...this.#app.self, name } };
    this.emit();
    return ok(undefined);
  }

  async setRelays(addresses: readonly string[]): Promise<Result<undefined>> {
    await this.wait();
    const bad = addresses.find((address) => !/^(\/|wss?:\/\/|https?:\/\/)/.test(address));
    if (bad !== undefined)
      return refuse('bad-address', `“${bad}” is not an address. It looks like wss://relay.example.org.`);
    const relays = addresses.map(
      (address) =>
        ({ address, state: 'connecting', reachable: false, text: 'Connecting.', queues: [] }) as const,
    );
    this.#app = { ...this.#app, relays };
    this.emit();
    return ok(undefined);
  }

  async createQueue(options: { readonly name: string; readonly lan: boolean }): Promise<Result<QueueId>> {
    await this.wait();
    this.calls.push(`createQueue ${options.name} ${String(options.lan)}`);
    this.view = fakeEmpty(options.name);
    this.summarise();
    this.emit();
    return ok(this.view.queue);
  }

  async previewLink(text: string): ReturnType<PeerPrintClient['previewLink']> {
    await this.wait();
    if (text.includes('expired'))
      return refuse('link-expired', 'This link ended yesterday. Ask for a new one.');
    if (text.length < 12)
      return refuse('link-cut', 'This link is not whole: the end is missing. Copy it again, all of it.');
    return ok({
      queue: workshop,
      name: 'Workshop',
      role: text.includes('viewer') ? 'viewer' : text.includes('guest') ? 'submitter' : 'operator',
      voter: !/viewer|guest/.test(text),
      relays: ['/dns4/relay.example.org/tcp/443/wss'],
      expiresWallMs: systemClock.wallMs() + 86_400_000,
      known: text.includes('known'),
    });
  }

  async joinQueue(text: string): Promise<Result<QueueId>> {
    await this.wait();
    this.calls.push(`joinQueue ${text}`);
    this.view = fakeFarm();
    this.summarise();
    this.emit();
    return ok(workshop);
  }

  async orderQueues(queues: readonly QueueId[]): Promise<Result<undefined>> {
    await this.wait();
    this.calls.push(`orderQueues ${queues.join(' ')}`);
    const place = (queue: QueueId) => (queues.includes(queue) ? queues.indexOf(queue) : queues.length);
    this.#app = {
      ...this.#app,
      queues: [...this.#app.queues].sort((a, b) => place(a.queue) - place(b.queue)),
    };
    this.emit();
    return ok(undefined);
  }

  async leaveQueue(queue: QueueId): Promise<Result<undefined>> {
    await this.wait();
    this.#app = { ...this.#app, queues: this.#app.queues.filter((summary) => summary.queue !== queue) };
    this.emit();
    return ok(undefined);
  }

  async goOnFrom(queue: QueueId): Promise<Result<QueueId>> {
    await this.wait();
    this.calls.push(`goOnFrom ${queue}`);
    return ok(queue);
  }

  async rejoinQueue(queue: QueueId): Promise<Result<QueueId>> {
    await this.wait();
    this.calls.push(`rejoinQueue ${queue}`);
    return ok(queue);
  }

  async makeLink(
    queue: QueueId,
    options: { readonly role: 'trusted' | 'guest'; readonly lifeMs: number },
  ): ReturnType<PeerPrintClient['makeLink']> {
    await this.wait();
    const text = `pp1${options.role}${queue}${'AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8w'.repeat(3)}`;
    const expiresWallMs = systemClock.wallMs() + options.lifeMs;
    return ok({ url: `https://print.example.org/join#${text}`, text, role: options.role, expiresWallMs });
  }

  async addFile(
    queue: QueueId,
    file: File,
    onProgress?: (progress: { doneBytes: number; totalBytes: number }) => void,
    signal?: AbortSignal,
  ): ReturnType<PeerPrintClient['addFile']> {
    this.calls.push(`addFile ${queue} ${file.name}`);
    for (let step = 0; step <= 10; step++) {
      if (signal?.aborted === true) return refuse('aborted', 'Stopped. Nothing was added.');
      onProgress?.({ doneBytes: (file.size * step) / 10, totalBytes: file.size });
      await delay(systemClock, this.options.latencyMs / 4);
    }
    if (file.size === 0)
      return refuse('file-empty', `“${file.name}” is empty. Slice it again and drop the new file.`);
    if (!/\.(gcode|gco|g)$/i.test(file.name)) {
      return refuse(
        'not-gcode',
        `“${file.name}” is not G-code. Slice the model first, then drop the .gcode file here.`,
      );
    }
    const [template] = files;
    if (template === undefined) return refuse('none', 'No files.');
    const view = {
      ...template,
      name: file.name,
      file: `bafkrei-${file.name}` as FileId,
      sizeBytes: file.size,
      hereBytes: file.size,
    };
    this.set({ files: [...this.view.files.filter((known) => known.file !== view.file), view] });
    return ok(view);
  }

  readFile(): Promise<Result<Blob>> {
    return Promise.resolve(ok(new Blob(['; a file\n'])));
  }

  exportQueue(): Promise<Result<Blob>> {
    return Promise.resolve(ok(new Blob(['a queue'])));
  }

  importQueue(): Promise<Result<QueueId>> {
    return Promise.resolve(ok(this.view.queue));
  }

  diagnostics(): Promise<Diagnostics> {
    return Promise.resolve({
      versions: { build: 'fake', port: 1, browser: undefined },
      peer: ada,
      relays: [],
      connections: [],
      surroundings: undefined,
      storage: { usedBytes: 0, quotaBytes: 0, persisted: false },
      files: this.view.files.length,
      queues: [],
      dropped: [],
      broken: [],
      problems: [],
      log: [],
    });
  }

  close(): void {
    this.#stopped = true;
  }

  protected summarise(): void {
    const { queue, name, condition, text, remedy, printing, waiting, heirs, continues, mayGoOn, keptBehind } =
      this.view;
    const own = {
      queue,
      name,
      condition,
      text,
      remedy,
      printing,
      waiting,
      heirs,
      continues,
      mayGoOn,
      keptBehind,
    };
    const other = {
      queue: 'bafyreiattic' as QueueId,
      name: 'Attic',
      condition: 'waiting',
      remedy: undefined,
      heirs: [],
      continues: undefined,
      mayGoOn: false,
      keptBehind: 0,
      printing: 0,
      waiting: 4,
    } as const;
    const rest =
      this.options.scene === 'many'
        ? [{ ...other, text: 'One of two trusted peers is away. Changes wait for it.' }]
        : [];
    const going = rest.length === 0 ? own : { ...own, continues: other.queue };
    const alerts = alertsOf(this.options.scene, this.view);
    this.#app = { ...this.#app, queues: [going, ...rest], alerts };
  }

  #showVirtual(printer: PrinterId, name: string): void {
    const [template] = fakeFarm().printers;
    if (template === undefined) return;
    const view = { ...template, printer, name, virtual: true, model: 'Virtual', state: 'ready' } as const;
    this.set({
      printers: [
        ...this.view.printers,
        { ...view, text: 'Ready.', bed: 'clear', print: undefined, next: 'Nothing waits.' },
      ],
    });
  }

  protected emit(): void {
    for (const listener of this.#appListeners) listener(this.#app);
    const shown = this.#shown();
    for (const listener of this.#queueListeners) listener(shown);
    for (const send of this.listSenders) send();
  }

  /** As the real one: beginnings of the lists, and how many there are. */
  #shown(): QueueView {
    const view = this.view;
    return {
      ...view,
      counts: fakeCounts(view),
      jobs: view.jobs.slice(0, shownByDefault.jobs),
      printers: view.printers.slice(0, shownByDefault.printers),
    };
  }

  #tick(): void {
    if (this.#stopped || this.options.scene === 'first') return;
    systemClock.after(1000, () => {
      this.#progress = Math.min(1, this.#progress + 0.0008);
      const print = livePrint(this.#progress);
      const alive = this.view.printers.map((printer) =>
        printer.print?.print === print.print ? { ...printer, print } : printer,
      );
      this.view = { ...this.view, printers: alive };
      this.printers.progress(this.#progress, print.secondsLeft);
      this.emit();
      this.#tick();
    });
  }
}
