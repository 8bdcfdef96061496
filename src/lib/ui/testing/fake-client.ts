import type { FileId, JobId, PeerId, PrinterId, PrintId, QueueId, SetId } from '../../base/ids.ts';
import { delay, systemClock } from '../../base/clock.ts';
import { ok, refuse } from '../../base/result.ts';
import type { Result } from '../../base/result.ts';
import type { Diagnostics, AppView, JobView, PeerPrintClient, QueueView, Settled } from '../../peer/api.ts';
import { arranged } from '../order.ts';
import { FakePrinters } from './fake-printers.ts';
import { insecure, queueOf } from './fake-scenes.ts';
import { ada, fakeApp, fakeEmpty, fakeFarm, files, job, livePrint, workshop } from './fake-views.ts';

/**
 * A peer that is only pretended, to look at the pages and to test them without a network. `scene` picks what is
 * shown: first, alone, two, farm, many, away, refuse, unknown, slow, done, gone, insecure.
 */
export interface FakeOptions {
  readonly scene: string;
  /** Milliseconds until a command settles. */
  readonly latencyMs: number;
}

/** What the layout calls in `vite dev --mode fake`; the scene is in the address: `?scene=farm`. */
export function connectFake(address: string): Promise<Result<PeerPrintClient>> {
  const scene = new URL(address).searchParams.get('scene') ?? 'farm';
  if (scene === 'insecure') return Promise.resolve({ ok: false, refusal: insecure });
  return Promise.resolve(ok(new FakeClient({ scene, latencyMs: scene === 'slow' ? 8000 : 250 })));
}

type Listener<T> = (view: T) => void;

export class FakeClient implements PeerPrintClient {
  readonly version = 1;
  readonly calls: string[] = [];
  readonly #options: FakeOptions;
  readonly #appListeners = new Set<Listener<AppView>>();
  readonly #queueListeners = new Set<Listener<QueueView>>();
  #app: AppView;
  #queue: QueueView;
  #count = 0;
  #progress = 0.41;
  #stopped = false;

  constructor(options: FakeOptions) {
    this.#options = options;
    this.#queue = queueOf(options.scene);
    this.#app = fakeApp();
    if (options.scene !== 'first') this.#summarise();
    this.printers = new FakePrinters(options.scene, this.calls, (printer, name) =>
      this.#showVirtual(printer, name),
    );
    this.#tick();
  }

  readonly printers: FakePrinters;

  watchApp(listener: Listener<AppView>): () => void {
    this.#appListeners.add(listener);
    listener(this.#app);
    return () => this.#appListeners.delete(listener);
  }

  watchQueue(queue: QueueId, listener: Listener<QueueView>): () => void {
    this.#queueListeners.add(listener);
    if (queue === this.#queue.queue) listener(this.#queue);
    return () => this.#queueListeners.delete(listener);
  }

  async setName(name: string): Promise<Result<undefined>> {
    await this.#wait();
    this.#app = { ...this.#app, self: { ...this.#app.self, name } };
    this.#emit();
    return ok(undefined);
  }

  async setRelays(addresses: readonly string[]): Promise<Result<undefined>> {
    await this.#wait();
    const bad = addresses.find((address) => !/^(\/|wss?:\/\/|https?:\/\/)/.test(address));
    if (bad !== undefined)
      return refuse('bad-address', `“${bad}” is not an address. It looks like wss://relay.example.org.`);
    const relays = addresses.map(
      (address) => ({ address, state: 'connecting', reachable: false, text: 'Connecting.' }) as const,
    );
    this.#app = { ...this.#app, relays };
    this.#emit();
    return ok(undefined);
  }

  async createQueue(options: { readonly name: string; readonly lan: boolean }): Promise<Result<QueueId>> {
    await this.#wait();
    this.calls.push(`createQueue ${options.name} ${String(options.lan)}`);
    this.#queue = fakeEmpty(options.name);
    this.#summarise();
    this.#emit();
    return ok(this.#queue.queue);
  }

  async previewLink(text: string): ReturnType<PeerPrintClient['previewLink']> {
    await this.#wait();
    if (text.includes('expired'))
      return refuse('link-expired', 'This link ended yesterday. Ask for a new one.');
    if (text.length < 12)
      return refuse('link-cut', 'This link is not whole: the end is missing. Copy it again, all of it.');
    return ok({
      queue: workshop,
      name: 'Workshop',
      role: text.includes('guest') ? 'guest' : 'trusted',
      relays: ['/dns4/relay.example.org/tcp/443/wss'],
      expiresWallMs: systemClock.wallMs() + 86_400_000,
      known: text.includes('known'),
    });
  }

  async joinQueue(text: string): Promise<Result<QueueId>> {
    await this.#wait();
    this.calls.push(`joinQueue ${text}`);
    this.#queue = fakeFarm();
    this.#summarise();
    this.#emit();
    return ok(workshop);
  }

  async leaveQueue(queue: QueueId): Promise<Result<undefined>> {
    await this.#wait();
    this.#app = { ...this.#app, queues: this.#app.queues.filter((summary) => summary.queue !== queue) };
    this.#emit();
    return ok(undefined);
  }

  async rejoinQueue(queue: QueueId): Promise<Result<QueueId>> {
    await this.#wait();
    this.calls.push(`rejoinQueue ${queue}`);
    return ok(queue);
  }

  async makeLink(
    queue: QueueId,
    options: { readonly role: 'trusted' | 'guest'; readonly lifeMs: number },
  ): ReturnType<PeerPrintClient['makeLink']> {
    await this.#wait();
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
      await delay(systemClock, this.#options.latencyMs / 4);
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
    this.#set({ files: [...this.#queue.files.filter((known) => known.file !== view.file), view] });
    return ok(view);
  }

  readFile(): Promise<Result<Blob>> {
    return Promise.resolve(ok(new Blob(['; a file\n'])));
  }

  addJob(_queue: QueueId, options: Parameters<PeerPrintClient['addJob']>[1]): Promise<Settled> {
    return this.#settle(`addJob ${options.name} ${options.copies}`, () => {
      const sets = options.sets.map((set, at) => ({
        set: `set-${++this.#count}-${at}` as SetId,
        file: set.file,
        fileName: this.#queue.files.find((file) => file.file === set.file)?.name ?? 'file',
        count: set.count,
        good: 0,
        remaining: set.count * options.copies,
        needs: '',
        prints: [],
        why: undefined,
      }));
      const added: JobView = {
        ...job(options.name, { copies: options.copies, draft: options.draft, notes: options.notes }),
        job: `job-${++this.#count}` as JobId,
        sets,
        remaining: sets.reduce((sum, set) => sum + set.remaining, 0),
        why: 'No printer is free.',
      };
      this.#set({ jobs: [...this.#queue.jobs, added] });
    });
  }

  changeJob(
    _queue: QueueId,
    id: JobId,
    change: Parameters<PeerPrintClient['changeJob']>[2],
  ): Promise<Settled> {
    return this.#settle(`changeJob ${id}`, () =>
      this.#set({
        jobs: this.#queue.jobs.map((known) => (known.job === id ? { ...known, ...change } : known)),
      }),
    );
  }

  moveJob(_queue: QueueId, id: JobId, after: JobId | null): Promise<Settled> {
    return this.#settle(`moveJob ${id} ${String(after)}`, () =>
      this.#set({ jobs: arranged(this.#queue.jobs, [{ job: id, after }]) }),
    );
  }

  deleteJob(_queue: QueueId, id: JobId): Promise<Settled> {
    return this.#settle(`deleteJob ${id}`, () =>
      this.#set({ jobs: this.#queue.jobs.filter((known) => known.job !== id) }),
    );
  }

  setBed(
    _queue: QueueId,
    printer: PrinterId,
    bed: 'clear' | 'occupied',
    verdict?: 'good' | 'failed',
  ): Promise<Settled> {
    return this.#settle(`setBed ${printer} ${bed} ${String(verdict)}`, () => this.#printer(printer, { bed }));
  }

  enablePrinter(_queue: QueueId, printer: PrinterId, enabled: boolean): Promise<Settled> {
    return this.#settle(`enablePrinter ${printer} ${String(enabled)}`, () =>
      this.#printer(printer, { enabled }),
    );
  }

  renamePrinter(_queue: QueueId, printer: PrinterId, name: string): Promise<Settled> {
    return this.#settle(`renamePrinter ${printer} ${name}`, () => this.#printer(printer, { name }));
  }

  changePrinter(_queue: QueueId, printer: PrinterId, change: object): Promise<Settled> {
    return this.#settle(`changePrinter ${printer} ${JSON.stringify(change)}`, () =>
      this.#printer(printer, change),
    );
  }

  resumePrinter(_queue: QueueId, printer: PrinterId): Promise<Settled> {
    return this.#settle(`resumePrinter ${printer}`, () => this.#printer(printer, { stopped: undefined }));
  }

  cancelPrint(_queue: QueueId, print: PrintId, reason: string): Promise<Settled> {
    return this.#settle(`cancelPrint ${print} ${reason}`, () => undefined);
  }

  resolvePrint(_queue: QueueId, print: PrintId, verdict: string): Promise<Settled> {
    return this.#settle(`resolvePrint ${print} ${verdict}`, () => undefined);
  }

  setMember(_queue: QueueId, peer: PeerId, role: string): Promise<Settled> {
    return this.#settle(`setMember ${peer} ${role}`, () =>
      this.#set({
        peers: this.#queue.peers.map((known) => (known.peer === peer ? { ...known, role } : known)),
      }),
    );
  }

  removeMember(_queue: QueueId, peer: PeerId): Promise<Settled> {
    return this.#settle(`removeMember ${peer}`, () =>
      this.#set({ peers: this.#queue.peers.filter((known) => known.peer !== peer) }),
    );
  }

  renameQueue(_queue: QueueId, name: string): Promise<Settled> {
    return this.#settle(`renameQueue ${name}`, () => this.#set({ name }));
  }

  diagnostics(): Promise<Diagnostics> {
    return Promise.resolve({
      versions: { build: 'fake', port: 1, browser: undefined },
      peer: ada,
      relays: [],
      connections: [],
      surroundings: undefined,
      storage: { usedBytes: 0, quotaBytes: 0, persisted: false },
      files: this.#queue.files.length,
      queues: [],
      broken: [],
      problems: [],
      log: [],
    });
  }

  close(): void {
    this.#stopped = true;
  }

  async #settle(call: string, apply: () => void): Promise<Settled> {
    this.calls.push(call);
    await this.#wait();
    if (this.#options.scene === 'refuse') {
      return {
        kind: 'refused',
        refusal: { code: 'not-allowed', text: 'Only its owner and trusted peers may change this job.' },
      };
    }
    if (this.#options.scene === 'unknown') {
      return { kind: 'unknown', text: 'No answer yet. It may still be saved; the list will show it.' };
    }
    apply();
    this.#set({ committed: this.#queue.committed + 1 });
    return { kind: 'committed', index: this.#queue.committed };
  }

  #wait(): Promise<void> {
    return delay(systemClock, this.#options.latencyMs);
  }

  #set(part: Partial<QueueView>): void {
    this.#queue = { ...this.#queue, ...part };
    this.#summarise();
    this.#emit();
  }

  #summarise(): void {
    const { queue, name, condition, text, remedy, printing, waiting } = this.#queue;
    const own = { queue, name, condition, text, remedy, printing, waiting };
    const other = {
      queue: 'bafyreiattic' as QueueId,
      name: 'Attic',
      condition: 'waiting',
      remedy: undefined,
      printing: 0,
      waiting: 4,
    } as const;
    const rest =
      this.#options.scene === 'many'
        ? [{ ...other, text: 'One of two trusted peers is away. Changes wait for it.' }]
        : [];
    this.#app = { ...this.#app, queues: [own, ...rest] };
  }

  #printer(printer: PrinterId, part: object): void {
    this.#set({
      printers: this.#queue.printers.map((known) =>
        known.printer === printer ? { ...known, ...part } : known,
      ),
    });
  }

  #showVirtual(printer: PrinterId, name: string): void {
    const [template] = fakeFarm().printers;
    if (template === undefined) return;
    const view = { ...template, printer, name, virtual: true, model: 'Virtual', state: 'ready' };
    this.#set({
      printers: [
        ...this.#queue.printers,
        { ...view, text: 'Ready.', bed: 'clear', print: undefined, next: 'Nothing waits.' },
      ],
    });
  }

  #emit(): void {
    for (const listener of this.#appListeners) listener(this.#app);
    for (const listener of this.#queueListeners) listener(this.#queue);
  }

  #tick(): void {
    if (this.#stopped || this.#options.scene === 'first') return;
    systemClock.after(1000, () => {
      this.#progress = Math.min(1, this.#progress + 0.0008);
      const print = livePrint(this.#progress);
      const alive = this.#queue.printers.map((printer) =>
        printer.print?.print === print.print ? { ...printer, print } : printer,
      );
      this.#queue = { ...this.#queue, printers: alive };
      this.printers.progress(this.#progress, print.secondsLeft);
      this.#emit();
      this.#tick();
    });
  }
}
