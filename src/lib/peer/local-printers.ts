import { type PrinterId, type Result, base64url, ok, refuse, systemRandom } from '../base/index.ts';
import type {
  LinkTarget,
  PrinterEvent,
  PrinterRequest,
  PrinterStatus,
  TerminalLine,
} from '../printer/port.ts';
import type { LocalPrinter, LocalPrinters, TemperatureView } from './api.ts';
import { terminalLinesMax } from './limits.ts';
import type { PageMessage } from './messages.ts';
import type { PrintWorkerStart } from './print.worker.ts';

/** A request of the page to a print worker, without the number that `ask` gives it. */
type Ask = PrinterRequest extends infer Each
  ? Each extends PrinterRequest
    ? Omit<Each, 'id'>
    : never
  : never;

/** The printers that hang on this tab: one dedicated worker each, as Web Serial has it. */
export class PagePrinters implements LocalPrinters {
  readonly serial: LocalPrinters['serial'];
  readonly #post: (message: PageMessage, transfer: Transferable[]) => void;
  readonly #printers = new Map<PrinterId, Printer>();
  readonly #listeners = new Set<(printers: readonly LocalPrinter[]) => void>();

  constructor(post: (message: PageMessage, transfer: Transferable[]) => void) {
    this.#post = post;
    this.serial =
      'serial' in navigator
        ? { available: true, text: 'Connect a printer by USB.' }
        : {
            available: false,
            text: 'This browser cannot talk to USB printers. Use Chrome, Edge or Firefox on a computer; here you can add jobs and watch.',
          };
    // A tab that prints must not be closed by a slip.
    globalThis.addEventListener('beforeunload', (event: BeforeUnloadEvent) => {
      if ([...this.#printers.values()].some((printer) => printer.busy)) event.preventDefault();
    });
  }

  watch(listener: (printers: readonly LocalPrinter[]) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#views());
    return () => this.#listeners.delete(listener);
  }

  async connectSerial(options: {
    readonly name: string;
    readonly baud?: number;
  }): Promise<Result<PrinterId>> {
    if (!('serial' in navigator)) return refuse('no-serial', this.serial.text);
    let port: SerialPort;
    try {
      port = await navigator.serial.requestPort();
    } catch (error) {
      if (error instanceof DOMException && error.name === 'NotFoundError') {
        return refuse('no-port', 'No port was chosen. Plug the printer in, switch it on, then try again.');
      }
      throw error;
    }
    const info = port.getInfo();
    const ports = await navigator.serial.getPorts();
    const equal = ports.filter((each) => {
      const other = each.getInfo();
      return other.usbVendorId === info.usbVendorId && other.usbProductId === info.usbProductId;
    });
    const usb = {
      ...(info.usbVendorId === undefined ? {} : { usbVendorId: info.usbVendorId }),
      ...(info.usbProductId === undefined ? {} : { usbProductId: info.usbProductId }),
    };
    const index = Math.max(0, equal.indexOf(port));
    return this.#connect(options.name, `usb-${usb.usbVendorId ?? 0}-${usb.usbProductId ?? 0}-${index}`, {
      kind: 'web-serial',
      info: usb,
      index,
      ...(options.baud === undefined ? {} : { baud: options.baud }),
    });
  }

  connectVirtual(options: { readonly name: string; readonly speed: number }): Promise<Result<PrinterId>> {
    const { name, speed } = options;
    return this.#connect(name, `virtual-${name}`, { kind: 'virtual', name, speed });
  }

  async disconnect(printer: PrinterId): Promise<void> {
    const known = this.#printers.get(printer);
    if (known === undefined) return;
    await known.disconnect();
    this.#printers.delete(printer);
    this.#changed();
  }

  pause(printer: PrinterId): void {
    void this.#printers.get(printer)?.ask({ type: 'pause' });
  }
  resume(printer: PrinterId): void {
    void this.#printers.get(printer)?.ask({ type: 'resume' });
  }
  cancel(printer: PrinterId): void {
    void this.#printers.get(printer)?.ask({ type: 'cancel' });
  }
  stop(printer: PrinterId): void {
    void this.#printers.get(printer)?.ask({ type: 'stop' });
  }
  send(printer: PrinterId, line: string): void {
    void this.#printers.get(printer)?.ask({ type: 'send', command: line });
  }

  async #connect(name: string, place: string, target: LinkTarget): Promise<Result<PrinterId>> {
    const id = printerIdFor(place);
    if (this.#printers.has(id)) return refuse('connected', 'This printer is connected in this tab already.');
    const lock = await takeLock(`peerprint-printer-${id}`);
    if (lock === undefined) {
      return refuse(
        'in-other-tab',
        'This printer is connected in another tab of this browser. Disconnect it there first.',
      );
    }
    const printer = new Printer(id, name, target, lock, () => this.#changed());
    this.#printers.set(id, printer);
    this.#changed();
    const connected = await printer.connect(this.#post);
    if (!connected.ok) {
      await printer.disconnect();
      this.#printers.delete(id);
      this.#changed();
      return connected;
    }
    return ok(id);
  }

  #views(): readonly LocalPrinter[] {
    return [...this.#printers.values()].map((printer) => printer.view());
  }

  #changed(): void {
    const views = this.#views();
    for (const listener of this.#listeners) listener(views);
  }
}

/** One printer's worker, seen from the page. */
class Printer {
  readonly #id: PrinterId;
  readonly #name: string;
  readonly #target: LinkTarget;
  readonly #releaseLock: () => void;
  readonly #onChange: () => void;
  readonly #worker: Worker;
  readonly #replies = new Map<number, (event: Extract<PrinterEvent, { type: 'reply' }>) => void>();
  readonly #terminal: TerminalLine[] = [];
  #status: PrinterStatus = { state: 'connecting', temperatures: { tools: [] } };
  #nextId = 1;
  #wake: WakeLockSentinel | undefined;

  constructor(
    id: PrinterId,
    name: string,
    target: LinkTarget,
    releaseLock: () => void,
    onChange: () => void,
  ) {
    this.#id = id;
    this.#name = name;
    this.#target = target;
    this.#releaseLock = releaseLock;
    this.#onChange = onChange;
    this.#worker = new Worker(new URL('./print.worker.ts', import.meta.url), {
      type: 'module',
      name: `print ${name}`,
    });
    this.#worker.addEventListener('message', (event: MessageEvent<PrinterEvent>) =>
      this.#receive(event.data),
    );
    document.addEventListener('visibilitychange', () => void this.#keepAwake());
  }

  get busy(): boolean {
    return !['idle', 'connecting', 'ready', 'failed', 'disconnected'].includes(this.#status.state);
  }

  async connect(post: (message: PageMessage, transfer: Transferable[]) => void): Promise<Result<undefined>> {
    const connected = await this.ask({ type: 'connect', target: this.#target });
    if (connected.refusal !== undefined) return { ok: false, refusal: connected.refusal };
    void this.ask({ type: 'terminal', wanted: true });
    const { port1, port2 } = new MessageChannel();
    post({ kind: 'printer-port', port: port2 }, [port2]);
    const start: PrintWorkerStart = {
      type: 'start',
      printer: this.#id,
      name: this.#name,
      virtual: this.#target.kind === 'virtual',
      peer: port1,
    };
    this.#worker.postMessage(start, [port1]);
    return ok(undefined);
  }

  /** Ends the worker and lets go of the port. */
  async disconnect(): Promise<void> {
    if (this.#status.state !== 'disconnected') await this.ask({ type: 'disconnect' });
    this.#worker.terminate();
    this.#releaseLock();
    await this.#wake?.release();
  }

  ask(request: Ask): Promise<Extract<PrinterEvent, { type: 'reply' }>> {
    return new Promise((resolve) => {
      const id = this.#nextId++;
      this.#replies.set(id, resolve);
      this.#worker.postMessage({ ...request, id });
    });
  }

  view(): LocalPrinter {
    const { state, temperatures, firmware, print, needsPerson, problem } = this.#status;
    const tool = temperatures.tools[0];
    const temperature = (value: typeof tool): TemperatureView | undefined =>
      value === undefined ? undefined : { celsius: value.actualC, targetCelsius: value.targetC };
    return {
      printer: this.#id,
      name: this.#name,
      virtual: this.#target.kind === 'virtual',
      state,
      text: needsPerson ?? print?.waitingFor ?? problem?.text ?? '',
      firmware: firmware?.name,
      nozzle: temperature(tool),
      plate: temperature(temperatures.bed),
      job: print?.fileName,
      progress: print === undefined ? undefined : print.percent / 100,
      secondsLeft: print?.secondsLeft,
      lines: print?.lines ?? 0,
      resends: print?.resends ?? 0,
      terminal: this.#terminal.map(({ direction, text }) => ({
        direction: direction === 'sent' ? 'sent' : 'received',
        text,
      })),
    };
  }

  #receive(event: PrinterEvent): void {
    if (event.type === 'reply') {
      this.#replies.get(event.id)?.(event);
      this.#replies.delete(event.id);
    } else if (event.type === 'status') {
      this.#status = event.status;
      void this.#keepAwake();
      this.#onChange();
    } else if (event.type === 'terminal') {
      this.#terminal.push(...event.lines);
      this.#terminal.splice(0, Math.max(0, this.#terminal.length - terminalLinesMax));
      this.#onChange();
    }
  }

  /** The screen's lock keeps laptops from sleeping under a print. Browsers release it when the tab is hidden. */
  async #keepAwake(): Promise<void> {
    if (!('wakeLock' in navigator)) return;
    if (
      this.busy &&
      document.visibilityState === 'visible' &&
      (this.#wake === undefined || this.#wake.released)
    ) {
      try {
        this.#wake = await navigator.wakeLock.request('screen');
      } catch (error) {
        // Refused on low battery or by policy: the print goes on, the laptop may sleep as its owner set it.
        if (!(error instanceof DOMException)) throw error;
      }
    } else if (!this.busy && this.#wake !== undefined && !this.#wake.released) {
      await this.#wake.release();
    }
  }
}

/** The same place keeps the same id in this browser, so that a printer is known again after a reload. */
function printerIdFor(place: string): PrinterId {
  const key = `peerprint-printer:${place}`;
  const known = localStorage.getItem(key);
  if (known !== null) return known as PrinterId;
  const id = base64url(systemRandom.bytes(9)) as PrinterId;
  localStorage.setItem(key, id);
  return id;
}

/** Holds a Web Lock until the returned function is called; undefined when another tab has it. */
function takeLock(name: string): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => {
        if (lock === null) {
          resolve(undefined);
          return undefined;
        }
        return new Promise<void>((release) => resolve(release));
      })
      .catch(reject);
  });
}
