import { type PrinterId, type Result, ok, systemClock } from '../../base/index.ts';
import { stripped } from '../../gcode/index.ts';
import type {
  FirmwareInfo,
  LinkTarget,
  ManualAction,
  PrinterEvent,
  PrinterRequest,
  PrinterStatus,
  Temperature,
  TemperatureSample,
} from '../../printer/port.ts';
import { type PrinterIdentity, identityOf } from '../../printer/recognition.ts';
import type {
  BedClearingPlan,
  HeaterView,
  LocalPrinter,
  MachineSettings,
  MachineView,
  TerminalEntry,
} from '../printer-api.ts';
import { terminalLinesMax } from '../limits.ts';
import type { PageMessage } from '../messages.ts';
import type { PrintWorkerSetting, PrintWorkerStart } from '../print-worker/serve-prints.ts';
import { needsItsTab } from './leaving.ts';
import { keepSettings, recallSettings } from './printer-memory.ts';
import { ScreenWake, requestScreen } from './screen-wake.ts';
import { askText, pastimeText } from '../../words/index.ts';

/** A request of the page to a print worker, without the number that `ask` gives it. */
type Ask = PrinterRequest extends infer Each
  ? Each extends PrinterRequest
    ? Omit<Each, 'id'>
    : never
  : never;
type Reply = Extract<PrinterEvent, { type: 'reply' }>;

const resting: readonly string[] = ['idle', 'connecting', 'ready', 'failed', 'disconnected'];

export interface PagePrinterOptions {
  readonly id: PrinterId;
  readonly name: string;
  readonly target: LinkTarget;
  readonly releaseLock: () => void;
  readonly onChange: () => void;
}

/** One printer of this tab: its worker, seen from the page. */
export class PagePrinter {
  #options: PagePrinterOptions;
  readonly #worker: Worker;
  readonly #replies = new Map<number, (reply: Reply) => void>();
  #settings: MachineSettings;
  #terminal: readonly TerminalEntry[] = [];
  #status: PrinterStatus = { state: 'connecting', temperatures: { tools: [] } };
  #nextId = 1;
  #nextLine = 1;
  #connected = false;
  readonly #wake = new ScreenWake({
    request: requestScreen,
    visible: () => document.visibilityState === 'visible',
    onChange: () => this.#options.onChange(),
  });
  readonly #ended = new AbortController();

  constructor(options: PagePrinterOptions) {
    this.#options = options;
    this.#settings = recallSettings(options.id);
    this.#worker = new Worker(new URL('../print-worker/print.worker.ts', import.meta.url), {
      type: 'module',
      name: `print ${options.name}`,
    });
    this.#worker.addEventListener('message', (event: MessageEvent<PrinterEvent>) =>
      this.#receive(event.data),
    );
    const { signal } = this.#ended;
    document.addEventListener('visibilitychange', () => void this.#wake.want(this.busy), { signal });
  }

  get busy(): boolean {
    return !resting.includes(this.#status.state);
  }
  /** Whether closing this tab would leave a machine alone that needs it. */
  get needsTab(): boolean {
    return needsItsTab(this.#status);
  }
  /** What tells it from other printers. */
  get identity(): PrinterIdentity {
    const { target } = this.#options;
    return identityOf(this.#status.firmware, {
      ...this.#status.link?.info,
      ...('info' in target && target.info),
    });
  }
  get virtual(): boolean {
    return this.#options.target.kind === 'virtual';
  }
  set name(name: string) {
    this.#options = { ...this.#options, name };
  }
  get status(): PrinterStatus {
    return this.#status;
  }
  get settings(): MachineSettings {
    return this.#settings;
  }

  /** It was greeted, and is known to be this printer: the peer may hear of it. */
  attach(post: (message: PageMessage, transfer: Transferable[]) => void): void {
    void this.ask({ type: 'terminal', wanted: true });
    this.#connected = true;
    this.wire(post);
  }

  /** It turns out to be another printer than its port had last: with that one's settings, and its script for the connection. */
  async become(id: PrinterId, name: string, releaseLock: () => void): Promise<void> {
    this.#options.releaseLock();
    this.#options = { ...this.#options, id, name, releaseLock };
    const settings = recallSettings(id);
    this.#settings = settings;
    await this.ask({ type: 'scripts', scripts: settings.scripts });
    await this.ask({ type: 'heat-limits', limits: settings.limits });
    this.#plan(settings.clearing);
    for (const command of settings.scripts.connected.split('\n'))
      if (stripped(command) !== '') await this.ask({ type: 'send', command });
  }

  /** Gives the print worker a port to the peer: at first, and to each new worker of the peer. */
  wire(post: (message: PageMessage, transfer: Transferable[]) => void): void {
    // Before the printer has answered there is nothing to tell a peer of.
    if (!this.#connected) return;
    const { port1, port2 } = new MessageChannel();
    post({ kind: 'printer-port', port: port2 }, [port2]);
    const start: PrintWorkerStart = {
      type: 'start',
      printer: this.#options.id,
      name: this.#options.name,
      virtual: this.#options.target.kind === 'virtual',
      peer: port1,
    };
    this.#worker.postMessage(start, [port1]);
  }

  /** Opens the port and greets the printer, for the first time or again. */
  async greet(): Promise<Result<undefined>> {
    const { scripts, limits, baud, clearing } = this.#settings;
    const { target } = this.#options;
    await this.ask({ type: 'heat-limits', limits });
    this.#plan(clearing);
    const at =
      'baud' in target || target.kind === 'virtual' || baud === undefined ? target : { ...target, baud };
    return this.does({ type: 'connect', target: at, scripts });
  }

  /** Ends the worker and lets go of the port. */
  async disconnect(): Promise<void> {
    if (this.#status.state !== 'disconnected') await this.ask({ type: 'disconnect' });
    this.end();
  }

  /** Lets go at once: the worker and with it the port. */
  end(): void {
    this.#ended.abort();
    this.#worker.terminate();
    this.#options.releaseLock();
    void this.#wake.want(false);
  }

  change(change: Partial<MachineSettings>): void {
    this.#settings = { ...this.#settings, ...change };
    keepSettings(this.#options.id, this.#settings);
    if (change.scripts !== undefined) void this.ask({ type: 'scripts', scripts: change.scripts });
    if (change.limits !== undefined) void this.ask({ type: 'heat-limits', limits: change.limits });
    if (change.clearing !== undefined) this.#plan(change.clearing);
    this.#options.onChange();
  }

  #plan(plan: BedClearingPlan): void {
    const setting: PrintWorkerSetting = { type: 'clearing', plan };
    this.#worker.postMessage(setting);
  }

  clearBed(): Promise<Result<undefined>> {
    const { coolToC } = this.#settings.clearing;
    return this.does({ type: 'clear-bed', ...(coolToC !== undefined && { coolToC }) });
  }

  act(action: ManualAction): Promise<Result<undefined>> {
    return this.does({ type: 'manual', action });
  }

  async send(line: string): Promise<Result<readonly string[]>> {
    const reply = await this.ask({ type: 'send', command: line });
    if (reply.refusal === undefined) return ok(reply.lines ?? []);
    this.#note(`Not sent: ${reply.refusal.text}`);
    return { ok: false, refusal: reply.refusal };
  }

  async temperatures(sinceMs: number): Promise<readonly TemperatureSample[]> {
    return (await this.ask({ type: 'temperatures', sinceMs })).samples ?? [];
  }

  /** Does something that is either done or refused. */
  async does(request: Ask): Promise<Result<undefined>> {
    const { refusal } = await this.ask(request);
    return refusal === undefined ? ok(undefined) : { ok: false, refusal };
  }

  ask(request: Ask): Promise<Reply> {
    return new Promise((resolve) => {
      const id = this.#nextId++;
      this.#replies.set(id, resolve);
      this.#worker.postMessage({ ...request, id });
    });
  }

  view(): Omit<LocalPrinter, 'control' | 'controlAsked'> {
    const { state, temperatures, firmware, print, problem, prompt, notice, last } = this.#status;
    const waitingFor = print?.waitingFor === undefined ? undefined : pastimeText(print.waitingFor);
    const needsPerson = asksOf(this.#status);
    const heaters = heatersOf(this.#status, this.#settings);
    const of = (part: HeaterView['part']) => heaters.find((heater) => heater.part === part);
    return {
      printer: this.#options.id,
      name: this.#options.name,
      virtual: this.#options.target.kind === 'virtual',
      state,
      text: needsPerson ?? waitingFor ?? this.#status.clearing ?? problem?.text ?? '',
      firmware: firmware?.name,
      nozzle: temperatures.tools.length === 0 ? undefined : of('nozzle'),
      plate: of('bed'),
      job: print?.fileName,
      progress: print === undefined ? undefined : print.percent / 100,
      progressFrom: print?.percentFrom,
      secondsLeft: print?.secondsLeft,
      seconds: print?.seconds,
      waitingFor,
      clearing: this.#status.clearing,
      lines: print?.lines ?? 0,
      resends: print?.resends ?? 0,
      terminal: this.#terminal,
      heaters,
      position: this.#status.position,
      pace: this.#status.pace ?? {},
      whyNot: this.#status.whyNot ?? {},
      needsPerson,
      prompt,
      problem,
      notice,
      last: last === undefined ? undefined : { outcome: last.outcome.outcome, reason: last.outcome.reason },
      machine: machineOf(this.#status, firmware),
      awake: this.#wake.held,
    };
  }

  #receive(event: PrinterEvent): void {
    if (event.type === 'reply') {
      this.#replies.get(event.id)?.(event);
      this.#replies.delete(event.id);
    } else if (event.type === 'status') {
      this.#status = event.status;
      void this.#wake.want(this.busy);
      this.#options.onChange();
    } else if (event.type === 'terminal') {
      const shift = systemClock.wallMs() - systemClock.monotonicMs();
      this.#append(
        event.lines.map(({ atMs, direction, text }) => ({
          id: this.#nextLine++,
          atMs: atMs + shift,
          direction,
          text,
        })),
      );
    }
  }

  /** A word of our own between the printer's. */
  #note(text: string): void {
    this.#append([{ id: this.#nextLine++, atMs: systemClock.wallMs(), direction: 'host', text }]);
  }

  #append(lines: readonly TerminalEntry[]): void {
    this.#terminal = [...this.#terminal, ...lines].slice(-terminalLinesMax);
    this.#options.onChange();
  }
}

function heatersOf({ temperatures }: PrinterStatus, { limits }: MachineSettings): readonly HeaterView[] {
  const { tools, bed, chamber } = temperatures;
  const view = (
    part: HeaterView['part'],
    label: string,
    heat: Temperature | undefined,
    maxCelsius: number,
    tool?: number,
  ): readonly HeaterView[] =>
    heat === undefined
      ? []
      : [{ part, tool, label, celsius: heat.actualC, targetCelsius: heat.targetC, maxCelsius }];
  const many = tools.length > 1;
  return [
    ...tools.flatMap((heat, tool) =>
      view(
        'nozzle',
        many ? `Nozzle ${tool + 1}` : 'Nozzle',
        heat,
        limits.nozzleMaxC,
        many ? tool : undefined,
      ),
    ),
    ...view('bed', 'Bed', bed, limits.bedMaxC),
    ...view('chamber', 'Chamber', chamber, limits.chamberMaxC),
  ];
}

function machineOf({ link }: PrinterStatus, firmware: FirmwareInfo | undefined): MachineView {
  const area = firmware?.area;
  const can = firmware?.capabilities ?? {};
  return {
    link:
      link === undefined
        ? 'not connected'
        : `${link.label}${link.baud === undefined ? '' : `, ${link.baud} baud`}`,
    model: firmware?.machine,
    emergencyParser: can['EMERGENCY_PARSER'] === true,
    thermalProtection: can['THERMAL_PROTECTION'],
    sizeMm:
      area === undefined
        ? undefined
        : { x: area.max.x - area.min.x, y: area.max.y - area.min.y, z: area.max.z - area.min.z },
    hardReset: link?.kind === 'web-serial' || link?.kind === 'web-usb',
  };
}

/** Why only a person can make it go on. Of a problem this page knows more than others are told. */
function asksOf({ needsPerson, problem }: PrinterStatus): string | undefined {
  if (needsPerson === undefined) return undefined;
  return needsPerson.code === 'trouble' && problem !== undefined ? problem.text : askText(needsPerson);
}
