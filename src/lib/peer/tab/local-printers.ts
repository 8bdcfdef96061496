import { type PrintId, type PrinterId, type Result, ok, refuse, systemClock } from '../../base/index.ts';
import type { LinkTarget, ManualAction, TemperatureSample } from '../../printer/port.ts';
import type {
  DryRun,
  InterruptedPrint,
  LeftPrint,
  LocalPrinter,
  LocalPrinters,
  MachineSettings,
  ScriptEvent,
  SerialAccess,
  TemplateView,
} from '../printer-api.ts';
import { tabsLookMs } from '../limits.ts';
import type { PeerPrintClient } from '../api.ts';
import { interruptedPrint } from './left-prints.ts';
import type { PageMessage } from '../messages.ts';
import { PagePrinter } from './page-printer.ts';
import { recognise } from '../../printer/recognition.ts';
import { type WhichPrinter, placePrinter } from './placing.ts';
import { printerIdFor, recallPrinters, recallSettings, rememberPrinter } from './printer-memory.ts';
import { PrinterTabs, type TabMessage } from './printer-tabs.ts';
import { checkScript, dryRun, scriptEvents, templateOf, templates } from './script-events.ts';
import { accessOfThisBrowser, choosePort } from './serial-access.ts';

const lockPrefix = 'peerprint-printer-';

const inOtherTab = refuse(
  'in-other-tab',
  'This printer is connected in another tab of this browser. Open its page here to see it and to ask for its controls.',
);
const notHere = refuse('not-found', 'This printer is not connected in this browser.');

/** The record of prints that the peer keeps. */
type LeftPrints = Pick<PeerPrintClient, 'leftPrints' | 'forgetLeftPrint'>;
type Post = (message: PageMessage, transfer: Transferable[]) => void;
type Printers = readonly LocalPrinter[];

/** The printers of this tab, one dedicated worker each, as Web Serial has it, and those of the other tabs beside. */
export class PagePrinters implements LocalPrinters {
  readonly serial: SerialAccess = accessOfThisBrowser();
  readonly scriptEvents = scriptEvents;
  readonly templates = templates;
  readonly #post: Post;
  readonly #diary: LeftPrints;
  readonly #printers = new Map<PrinterId, PagePrinter>();
  readonly #listeners = new Set<(printers: Printers) => void>();
  readonly #elsewhereListeners = new Set<(printers: Printers) => void>();
  readonly #interruptedListeners = new Set<(prints: readonly InterruptedPrint[]) => void>();
  readonly #tabs: PrinterTabs;
  /** Prints that were left, as they stood on disk. */
  #left: readonly LeftPrint[] = [];
  #interrupted: readonly InterruptedPrint[] = [];
  #elsewhereCount = 0;

  constructor(post: Post, diary: LeftPrints) {
    this.#post = post;
    this.#diary = diary;
    const channel = new BroadcastChannel('peerprint-printers');
    this.#tabs = new PrinterTabs({
      tab: crypto.randomUUID(),
      clock: systemClock,
      post: (message: TabMessage) => channel.postMessage(message),
      own: () => this.#views(),
      carryOut: (printer, method, args) => this.#carryOut(printer, method, args),
      held: heldPrinters,
      changed: () => {
        this.#tell();
        const elsewhere = this.#tabs.elsewhere();
        // A tab that went may have left a print behind.
        if (elsewhere.length < this.#elsewhereCount) void this.#findInterrupted();
        this.#elsewhereCount = elsewhere.length;
        for (const listener of this.#elsewhereListeners) listener(elsewhere);
      },
    });
    channel.addEventListener('message', (event: MessageEvent<TabMessage>) => this.#tabs.receive(event.data));
    // A tab that prints, or whose printer is hot, must not be closed by a slip.
    globalThis.addEventListener('beforeunload', (event: BeforeUnloadEvent) => {
      if ([...this.#printers.values()].some((printer) => printer.needsTab)) event.preventDefault();
    });
    globalThis.addEventListener('pagehide', (event: PageTransitionEvent) => {
      if (!event.persisted) this.#tabs.close();
    });
    // The page before a reload may hold its printers for a moment longer.
    systemClock.after(tabsLookMs, () => void this.#findInterrupted());
  }

  /** The peer's worker is a new one: each print worker is given a port to it. */
  rewire(): void {
    for (const printer of this.#printers.values()) printer.wire(this.#post);
  }

  watch(listener: (printers: Printers) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#views());
    return () => this.#listeners.delete(listener);
  }

  watchElsewhere(listener: (printers: Printers) => void): () => void {
    this.#elsewhereListeners.add(listener);
    listener(this.#tabs.elsewhere());
    return () => this.#elsewhereListeners.delete(listener);
  }

  watchInterrupted(listener: (prints: readonly InterruptedPrint[]) => void): () => void {
    this.#interruptedListeners.add(listener);
    listener(this.#interrupted);
    return () => this.#interruptedListeners.delete(listener);
  }

  async connectSerial(options: {
    readonly name: string;
    readonly baud?: number;
    readonly which?: WhichPrinter;
  }): Promise<Result<PrinterId>> {
    if (!this.serial.available) return refuse('no-serial', this.serial.text);
    const chosen = await choosePort(this.serial.kind, options.baud);
    if (!chosen.ok) return chosen;
    return this.#connect(options.name, chosen.value.place, chosen.value.target, options.which);
  }

  connectVirtual(options: { readonly name: string; readonly speed: number }): Promise<Result<PrinterId>> {
    const { name, speed } = options;
    return this.#connect(name, `virtual-${name}`, { kind: 'virtual', name, speed });
  }

  reconnect(printer: PrinterId): Promise<Result<undefined>> {
    return this.#do(printer, 'reconnect', [], (own) => this.#again(printer, own));
  }

  async disconnect(printer: PrinterId): Promise<void> {
    const known = this.#printers.get(printer);
    if (known === undefined) return;
    await known.disconnect();
    this.#forget(printer);
  }

  pause(printer: PrinterId): Promise<Result<undefined>> {
    return this.#do(printer, 'pause', [], (own) => own.does({ type: 'pause' }));
  }
  resume(printer: PrinterId): Promise<Result<undefined>> {
    return this.#do(printer, 'resume', [], (own) => own.does({ type: 'resume' }));
  }
  cancel(printer: PrinterId): Promise<Result<undefined>> {
    return this.#do(printer, 'cancel', [], (own) => own.does({ type: 'cancel' }));
  }
  stop(printer: PrinterId): Promise<Result<undefined>> {
    // Also while the controls are lent: whoever stands before the machine may stop it.
    return this.#do(printer, 'stop', [], (own) => own.does({ type: 'stop' }));
  }
  send(printer: PrinterId, line: string): Promise<Result<readonly string[]>> {
    return this.#do(printer, 'send', [line], (own) => own.send(line));
  }
  act(printer: PrinterId, action: ManualAction): Promise<Result<undefined>> {
    return this.#do(printer, 'act', [action], (own) => own.act(action));
  }
  answer(printer: PrinterId, choice: number): Promise<Result<undefined>> {
    return this.#do(printer, 'answer', [choice], (own) => own.does({ type: 'answer', choice }));
  }
  hardReset(printer: PrinterId): Promise<Result<undefined>> {
    return this.#do(printer, 'hardReset', [], (own) => own.does({ type: 'hard-reset' }));
  }

  async temperatures(printer: PrinterId, sinceMs: number): Promise<readonly TemperatureSample[]> {
    const own = this.#printers.get(printer);
    if (own !== undefined) return own.temperatures(sinceMs);
    if (!this.#tabs.has(printer)) return [];
    const told = await this.#tabs.call<readonly TemperatureSample[]>(printer, 'temperatures', [sinceMs]);
    return told.ok ? told.value : [];
  }

  settings(printer: PrinterId): MachineSettings {
    return this.#printers.get(printer)?.settings ?? recallSettings(printer);
  }

  change(printer: PrinterId, change: Partial<MachineSettings>): Promise<Result<undefined>> {
    for (const [event, text] of Object.entries(change.scripts ?? {})) {
      const checked = checkScript(text);
      if (!checked.ok) {
        const title = scriptEvents.find((known) => known.event === event)?.title ?? event;
        return Promise.resolve(refuse(checked.refusal.code, `“${title}”: ${checked.refusal.text}`));
      }
    }
    return this.#do(printer, 'change', [change], (own) => {
      own.change(change);
      return Promise.resolve(ok(undefined));
    });
  }

  dryRun(printer: PrinterId, event: ScriptEvent['event'], script: string): Result<DryRun> {
    return dryRun(
      event,
      script,
      this.#printers.get(printer)?.status ?? { state: 'idle', temperatures: { tools: [] } },
    );
  }

  templateFor(printer: PrinterId): TemplateView {
    return templateOf(this.#printers.get(printer)?.status.firmware);
  }

  clearBed(printer: PrinterId): Promise<Result<undefined>> {
    return this.#do(printer, 'clearBed', [], (own) => own.clearBed());
  }
  stopClearing(printer: PrinterId): Promise<Result<undefined>> {
    return this.#do(printer, 'stopClearing', [], (own) => own.does({ type: 'stop-clearing' }));
  }

  askControl(printer: PrinterId): Promise<Result<undefined>> {
    return this.#tabs.ask(printer);
  }
  answerControl(printer: PrinterId, grant: boolean): void {
    this.#tabs.answer(printer, grant);
  }
  endControl(printer: PrinterId): void {
    this.#tabs.end(printer);
  }

  async declareGone(printer: PrinterId): Promise<Result<undefined>> {
    if (!this.#tabs.has(printer)) return notHere;
    const release = await takeLock(lockPrefix + printer, { steal: true });
    release?.();
    await this.#findInterrupted();
    return ok(undefined);
  }

  forgetInterrupted(print: PrintId): void {
    this.#left = this.#left.filter((each) => each.print !== print);
    this.#tellInterrupted();
    void this.#diary.forgetLeftPrint(print);
  }

  /** Does it here, or has the tab do it that has the printer. */
  #do<T>(
    printer: PrinterId,
    method: string,
    args: readonly unknown[],
    run: (own: PagePrinter) => Promise<Result<T>>,
  ): Promise<Result<T>> {
    const own = this.#printers.get(printer);
    if (own === undefined) return this.#tabs.call<T>(printer, method, args);
    if (method !== 'stop' && this.#tabs.controlOf(printer).control === 'lent') {
      return Promise.resolve(
        refuse('lent', 'Another tab of this browser has the controls. Take them back first.'),
      );
    }
    return run(own);
  }

  /** What a borrower may ask for. */
  #carryOut(printer: PrinterId, method: string, args: readonly unknown[]): Promise<unknown> {
    const own = this.#printers.get(printer);
    if (own === undefined) return Promise.resolve(notHere);
    switch (method) {
      case 'stop':
      case 'pause':
      case 'resume':
      case 'cancel':
        return own.does({ type: method });
      case 'reconnect':
        return this.#again(printer, own);
      case 'clearBed':
        return own.clearBed();
      case 'stopClearing':
        return own.does({ type: 'stop-clearing' });
      case 'hardReset':
        return own.does({ type: 'hard-reset' });
      case 'temperatures':
        return own.temperatures(Number(args[0])).then(ok);
      case 'send':
        return own.send(String(args[0]));
      case 'act':
        return own.act(args[0] as ManualAction);
      case 'answer':
        return own.does({ type: 'answer', choice: Number(args[0]) });
      case 'change':
        own.change(args[0] as Partial<MachineSettings>);
        return Promise.resolve(ok(undefined));
      default:
        return Promise.resolve(refuse('unknown-method', 'The tabs run different versions. Reload both.'));
    }
  }

  async #connect(
    name: string,
    place: string,
    target: LinkTarget,
    which?: WhichPrinter,
  ): Promise<Result<PrinterId>> {
    const id = printerIdFor(place);
    if (this.#printers.has(id)) return refuse('connected', 'This printer is connected in this tab already.');
    const releaseLock = await this.#hold(id);
    if (releaseLock === undefined) return inOtherTab;
    const onChange = (): void => this.#tell();
    const printer = new PagePrinter({ id, name, target, releaseLock, onChange });
    this.#printers.set(id, printer);
    this.#tell();
    const greeted = await printer.greet();
    // A virtual printer is its name. Of real ones ports say little: what the firmware says decides.
    const placed =
      !greeted.ok || target.kind === 'virtual' ? ok(id) : await this.#place(printer, id, place, which);
    const taken = !greeted.ok || !placed.ok ? placed : await this.#take(printer, id, placed.value, name);
    const refused = [greeted, placed, taken].find((each) => !each.ok);
    if (refused !== undefined && !refused.ok) {
      await printer.disconnect();
      this.#forget(id);
      return refused;
    }
    printer.attach(this.#post);
    void this.#findInterrupted();
    return taken;
  }

  /** Which of the printers that this browser has had this is. */
  async #place(
    printer: PagePrinter,
    id: PrinterId,
    place: string,
    which: WhichPrinter | undefined,
  ): Promise<Result<PrinterId>> {
    const connected = new Set([...(await heldPrinters())].filter((held) => held !== id));
    return placePrinter({
      seen: printer.identity,
      place: id,
      known: recallPrinters(),
      connected,
      which,
      fresh: () => printerIdFor(place, true),
    });
  }

  /** Takes a printer up under the id that is its own. */
  async #take(printer: PagePrinter, id: PrinterId, own: PrinterId, name: string): Promise<Result<PrinterId>> {
    const known = recallPrinters().find((each) => each.id === own)?.name ?? name;
    if (own !== id) {
      const releaseLock = await this.#hold(own);
      if (releaseLock === undefined) return inOtherTab;
      this.#printers.delete(id);
      this.#printers.set(own, printer);
      await printer.become(own, known, releaseLock);
    } else printer.name = known;
    if (!printer.virtual) rememberPrinter(own, known, printer.identity);
    this.#tell();
    return ok(own);
  }

  /** Greets a printer again on its port. Another one may hang there by now: that is not this one's to print on. */
  async #again(id: PrinterId, own: PagePrinter): Promise<Result<undefined>> {
    const greeted = await own.greet();
    const known = recallPrinters().filter((each) => each.id === id);
    if (!greeted.ok || known.length === 0 || recognise(own.identity, known).kind !== 'new') return greeted;
    await own.disconnect();
    this.#forget(id);
    return refuse(
      'another-printer',
      'Another printer hangs on this port now. Connect it as a printer of its own.',
    );
  }

  #hold(id: PrinterId): Promise<(() => void) | undefined> {
    return takeLock(lockPrefix + id, { onLost: () => this.#lost(id) });
  }

  /** Another tab was told by a person that this one is gone. It was wrong, but the printer is no longer ours. */
  #lost(printer: PrinterId): void {
    this.#printers.get(printer)?.end();
    this.#forget(printer);
  }

  #forget(printer: PrinterId): void {
    this.#printers.delete(printer);
    this.#tabs.end(printer);
    this.#tell();
  }

  async #findInterrupted(): Promise<void> {
    const held = await heldPrinters();
    // A worker of another version tells nothing of prints; the page says so by itself.
    const left = await this.#diary.leftPrints().catch((): readonly LeftPrint[] => []);
    // Where another tab has the printer, the print may be going on.
    this.#left = left.filter(({ printer }) => this.#printers.has(printer) || !held.has(printer));
    this.#tellInterrupted();
  }

  /** What is said of them changes with what their printers say: it cools down, or is reset. */
  #tellInterrupted(): void {
    const told = this.#left.flatMap((print) => {
      const status = this.#printers.get(print.printer)?.status;
      return status?.print?.printId === print.print ? [] : [interruptedPrint(print, status)];
    });
    if (JSON.stringify(told) === JSON.stringify(this.#interrupted)) return;
    this.#interrupted = told;
    for (const listener of this.#interruptedListeners) listener(told);
  }

  #views(): Printers {
    return [...this.#printers].map(([id, printer]) => ({ ...printer.view(), ...this.#tabs.controlOf(id) }));
  }

  #tell(): void {
    const views = this.#views();
    for (const listener of this.#listeners) listener(views);
    if (this.#left.length > 0) this.#tellInterrupted();
    this.#tabs.changed();
  }
}

/**
 * Holds a Web Lock until the returned function is called; undefined when another tab has it. With `steal`, that tab
 * loses it and hears so by its own `onLost`.
 */
function takeLock(
  name: string,
  { steal = false, onLost }: { readonly steal?: boolean; readonly onLost?: () => void },
): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    let held = false;
    navigator.locks
      .request(name, steal ? { steal } : { ifAvailable: true }, (lock) => {
        if (lock === null) {
          resolve(undefined);
          return undefined;
        }
        held = true;
        return new Promise<void>((release) => resolve(release));
      })
      .catch((error: unknown) => {
        if (held && error instanceof DOMException && error.name === 'AbortError') onLost?.();
        else reject(error instanceof Error ? error : new Error(String(error)));
      });
  });
}

async function heldPrinters(): Promise<ReadonlySet<PrinterId>> {
  const { held = [] } = await navigator.locks.query();
  return new Set(
    held
      .map(({ name }) => name ?? '')
      .filter((name) => name.startsWith(lockPrefix))
      .map((name) => name.slice(lockPrefix.length) as PrinterId),
  );
}
