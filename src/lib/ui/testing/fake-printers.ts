import { delay, systemClock } from '../../base/clock.ts';
import type { PrintId, PrinterId } from '../../base/ids.ts';
import { ok, refuse } from '../../base/result.ts';
import type { Result } from '../../base/result.ts';
import type {
  HeaterView,
  InterruptedPrint,
  LocalPrinter,
  LocalPrinters,
  MachineSettings,
  ManualAction,
  ScriptEvent,
  TemperatureSample,
  TemplateView,
} from '../../peer/api.ts';
import { busyPrinter, entries, idlePrinter } from './fake-printer.ts';

type Listener<T> = (value: T) => void;
type Printers = readonly LocalPrinter[];

const events: readonly ScriptEvent[] = [
  { event: 'connected', title: 'Connect', when: 'Once, when the printer has been greeted.', standard: '' },
  {
    event: 'pause',
    title: 'Pause',
    when: 'When a print pauses, after the head stands still.',
    standard: 'G91\nG1 Z10 F600\nG90',
  },
  {
    event: 'cancel',
    title: 'Cancel',
    when: 'When a print is cancelled.',
    standard: 'M104 S0\nM140 S0\nM107\nM84',
  },
];

const standardTemplate: TemplateView = {
  id: 'marlin',
  name: 'Any other printer',
  size: { x: 200, y: 200, z: 200 },
  nozzleMm: 0.4,
  limits: { nozzleMaxC: 250, bedMaxC: 100, chamberMaxC: 0, extrudeMinC: 170 },
  coolToC: 30,
  scripts: {
    connected: '',
    start: '',
    pause: 'G91\nG1 Z10 F600\nG90',
    resume: 'G90\nG1 X{x} Y{y} F6000',
    cancel: 'M104 S0\nM140 S0\nM107\nM84',
    finish: '',
    coolDown: 'M104 S0\nM140 S0\nM107',
    clearBed: '',
  },
  note: undefined,
};
const templates: readonly TemplateView[] = [
  {
    ...standardTemplate,
    id: 'prusa-mk3',
    name: 'Prusa MK3, MK3S, MK3S+',
    size: { x: 250, y: 210, z: 210 },
    scripts: { ...standardTemplate.scripts, pause: 'G91\nG1 Z10 F600\nG90\nG1 X0 Y200 F6000' },
  },
  standardTemplate,
];

/** What the scenes show of printers on this tab. */
export function printersOf(scene: string): Printers {
  const busy = busyPrinter(0.41);
  switch (scene) {
    case 'farm':
    case 'printing':
    case 'slow':
    case 'refuse':
    case 'unknown':
      return [busy];
    case 'done':
    case 'idle':
      return [idlePrinter()];
    case 'paused':
      return [
        {
          ...busy,
          state: 'paused',
          needsPerson: 'The filament has run out.',
          text: 'The filament has run out.',
          prompt: { text: 'Nozzle parked. Load new filament.', choices: ['Purge more', 'Continue'] },
          whyNot: { home: 'This would lose the place of the paused print.' },
        },
      ];
    case 'failed':
      return [
        {
          ...idlePrinter(),
          state: 'failed',
          text: 'The printer stopped itself: Thermal Runaway, system stopped! Heater_ID: 0. It must be reset.',
          problem: {
            code: 'halted',
            text: 'The printer stopped itself: Thermal Runaway, system stopped! Heater_ID: 0. It must be reset.',
          },
        },
      ];
    default:
      return [];
  }
}

/** Printers that are only pretended: they heat in seconds and obey at once. */
export class FakePrinters implements LocalPrinters {
  readonly serial: LocalPrinters['serial'];
  readonly scriptEvents = events;
  readonly templates = templates;
  readonly calls: string[];
  #locals: Printers;
  readonly #elsewhere: Printers;
  #interrupted: readonly InterruptedPrint[] = [];
  readonly #onConnected: (printer: PrinterId, name: string) => void;
  readonly #listeners = new Set<Listener<Printers>>();
  readonly #samples = new Map<PrinterId, TemperatureSample[]>();
  #settings: MachineSettings = {
    scripts: {
      connected: '',
      start: '',
      pause: 'G91\nG1 Z10 F600\nG90',
      resume: 'G90\nG1 X{x} Y{y} F6000',
      cancel: 'M104 S0\nM140 S0\nM107\nM84',
      finish: '',
      coolDown: 'M104 S0\nM140 S0\nM107',
      clearBed: '',
    },
    limits: { nozzleMaxC: 300, bedMaxC: 120, chamberMaxC: 80, extrudeMinC: 170 },
    baud: undefined,
    clearing: { by: 'person', coolToC: undefined },
  };
  #count = 0;

  constructor(scene: string, calls: string[], onConnected: (printer: PrinterId, name: string) => void) {
    this.calls = calls;
    this.#onConnected = onConnected;
    this.#locals = printersOf(scene);
    this.#elsewhere = scene === 'tabs' ? [{ ...busyPrinter(0.41), control: 'elsewhere', terminal: [] }] : [];
    this.serial =
      scene === 'usb'
        ? {
            available: true,
            kind: 'web-usb',
            text: 'This browser reaches only printers whose board has a USB port of its own.',
          }
        : { available: true, kind: 'web-serial', text: 'Connect a printer by USB.' };
    if (scene === 'interrupted') {
      this.#interrupted = [
        {
          print: 'print-left' as PrintId,
          printer: 'printer-left' as PrinterId,
          printerName: 'Prusa by the window',
          fileName: 'visor-clips_petg_mk3s.gcode',
          atWallMs: systemClock.wallMs() - 420_000,
          state: 'printing',
          percent: 41,
          lines: 19_842,
          nozzleTargetC: 240,
          bedTargetC: 70,
          advice: {
            heaters: 'unknown',
            text: '“visor-clips_petg_mk3s.gcode” was at 41 %, 9.8 mm high, when this page went away. Its heaters may still be on (nozzle 240 °C, bed 70 °C), with nobody to switch them off. Look at the printer. Connecting resets most boards, which switches the heaters off. It cannot go on from there: look at the bed, then say how it ended.',
            offers: ['look', 'connect', 'report-failed'],
          },
        },
      ];
    }
    for (const { printer, heaters } of this.#locals) this.#samples.set(printer, warmUp(heaters));
  }

  get locals(): Printers {
    return this.#locals;
  }

  watch(listener: Listener<Printers>): () => void {
    this.#listeners.add(listener);
    listener(this.#locals);
    return () => this.#listeners.delete(listener);
  }

  watchElsewhere(listener: Listener<Printers>): () => void {
    listener(this.#elsewhere);
    return () => undefined;
  }

  watchInterrupted(listener: Listener<readonly InterruptedPrint[]>): () => void {
    listener(this.#interrupted);
    return () => undefined;
  }

  connectSerial(options: { readonly name: string; readonly baud?: number }): Promise<Result<PrinterId>> {
    this.calls.push(`connectSerial ${options.name} ${String(options.baud)}`);
    return Promise.resolve(
      refuse('no-port-chosen', 'No port was chosen. Plug the printer in, switch it on and try again.'),
    );
  }

  async connectVirtual(options: {
    readonly name: string;
    readonly speed: number;
  }): Promise<Result<PrinterId>> {
    this.calls.push(`connectVirtual ${options.name} ${options.speed}`);
    await delay(systemClock, 250);
    const printer = `printer-${++this.#count}` as PrinterId;
    this.#locals = [...this.#locals, { ...idlePrinter(), printer, name: options.name, virtual: true }];
    this.#onConnected(printer, options.name);
    this.#tell();
    return ok(printer);
  }

  disconnect(printer: PrinterId): Promise<void> {
    this.#locals = this.#locals.filter((local) => local.printer !== printer);
    this.#tell();
    return Promise.resolve();
  }

  readonly reconnect = (printer: PrinterId) => this.#set(printer, idlePrinter());
  readonly pause = (printer: PrinterId) => this.#set(printer, { state: 'paused', text: '' });
  readonly resume = (printer: PrinterId) =>
    this.#set(printer, { state: 'printing', text: 'Printing.', needsPerson: undefined, prompt: undefined });
  readonly cancel = (printer: PrinterId) => this.#set(printer, idlePrinter());
  readonly hardReset = (printer: PrinterId) => this.#set(printer, idlePrinter());
  readonly answer = (printer: PrinterId) => this.#set(printer, { prompt: undefined });
  readonly stop = (printer: PrinterId) =>
    this.#set(printer, {
      state: 'failed',
      text: 'Stopped by hand. Reset the printer, then connect it again.',
      problem: { code: 'stopped', text: 'Stopped by hand. Reset the printer, then connect it again.' },
      job: undefined,
    });

  async send(printer: PrinterId, line: string): Promise<Result<readonly string[]>> {
    this.calls.push(`send ${line}`);
    const known = this.#locals.find((local) => local.printer === printer);
    const next = (known?.terminal.at(-1)?.id ?? 0) + 1;
    await this.#set(printer, {
      terminal: [
        ...(known?.terminal ?? []),
        ...entries(
          [
            ['sent', line],
            ['received', 'ok'],
          ],
          next,
        ),
      ],
    });
    return ok(['ok']);
  }

  act(printer: PrinterId, action: ManualAction): Promise<Result<undefined>> {
    this.calls.push(`act ${JSON.stringify(action)}`);
    const known = this.#locals.find((local) => local.printer === printer);
    if (known === undefined) return Promise.resolve(ok(undefined));
    if (action.type === 'heat') {
      const heaters = known.heaters.map((heater) =>
        heater.part === action.part
          ? { ...heater, targetCelsius: action.celsius, celsius: action.celsius }
          : heater,
      );
      return this.#set(printer, { heaters, whyNot: {} });
    }
    if (action.type === 'fan' || action.type === 'speed' || action.type === 'flow')
      return this.#set(printer, { pace: { ...known.pace, [`${action.type}Percent`]: action.percent } });
    if (action.type === 'jog' && known.position !== undefined) {
      const { position } = known;
      return this.#set(printer, {
        position: { ...position, [action.axis]: position[action.axis] + action.mm },
      });
    }
    return Promise.resolve(ok(undefined));
  }

  temperatures(printer: PrinterId, sinceMs: number): Promise<readonly TemperatureSample[]> {
    const all = this.#samples.get(printer) ?? [];
    const known = this.#locals.find((local) => local.printer === printer);
    const [nozzle, bed] = known?.heaters ?? [];
    if (nozzle !== undefined && bed !== undefined) all.push(sampleOf(systemClock.wallMs(), nozzle, bed));
    return Promise.resolve(all.filter(({ atMs }) => atMs > sinceMs));
  }

  settings(): MachineSettings {
    return this.#settings;
  }

  change(_printer: PrinterId, change: Partial<MachineSettings>): Promise<Result<undefined>> {
    this.#settings = { ...this.#settings, ...change };
    return Promise.resolve(ok(undefined));
  }

  templateFor(): TemplateView {
    return templates[0] ?? standardTemplate;
  }
  readonly clearBed = (printer: PrinterId) =>
    this.#set(printer, { clearing: 'Waiting for the bed: 52 °C, to 30 °C' });
  readonly stopClearing = (printer: PrinterId) => this.#set(printer, { clearing: undefined });

  dryRun(
    _printer: PrinterId,
    _event: ScriptEvent['event'],
    script: string,
  ): ReturnType<LocalPrinters['dryRun']> {
    if (script.includes('{nosuch}'))
      return refuse('unknown-variable', 'Line 1 of the script: it uses {nosuch}, which is not known here.');
    return ok({
      commands: script.split('\n').map((line) => line.replace('{x}', '100').replace('{y}', '100')),
      problems:
        script.includes('G91') && !script.includes('G90') ? ['It ends with relative moves: add G90.'] : [],
      assumed: script.includes('{x}') ? ['x', 'y'] : [],
    });
  }

  askControl(): Promise<Result<undefined>> {
    return Promise.resolve(refuse('no-answer', 'The tab that has this printer does not answer.'));
  }
  answerControl(): void {
    this.calls.push('answerControl');
  }
  endControl(): void {
    this.calls.push('endControl');
  }
  declareGone(): Promise<Result<undefined>> {
    return Promise.resolve(ok(undefined));
  }
  forgetInterrupted(): void {
    this.#interrupted = [];
  }

  /** Time goes on for those that print. */
  progress(progress: number, secondsLeft: number | undefined): void {
    this.#locals = this.#locals.map((local) =>
      local.state === 'printing' ? { ...local, progress, secondsLeft } : local,
    );
    this.#tell();
  }

  #set(printer: PrinterId, part: Partial<LocalPrinter>): Promise<Result<undefined>> {
    this.#locals = this.#locals.map((known) =>
      known.printer === printer
        ? { ...known, ...part, printer, name: known.name, virtual: known.virtual }
        : known,
    );
    this.#tell();
    return Promise.resolve(ok(undefined));
  }

  #tell(): void {
    for (const listener of this.#listeners) listener(this.#locals);
  }
}

/** Twenty minutes of a printer that warms up to where it is now. */
function warmUp(heaters: readonly HeaterView[]): TemperatureSample[] {
  const [nozzle, bed] = heaters;
  if (nozzle === undefined || bed === undefined) return [];
  const now = systemClock.wallMs();
  return Array.from({ length: 600 }, (_, at) => {
    const seconds = at * 2;
    const rise = (heater: HeaterView, from: number, slowness: number): HeaterView => ({
      ...heater,
      targetCelsius: seconds < from ? 0 : heater.targetCelsius,
      celsius:
        24 +
        (heater.celsius - 24) * (seconds < from ? 0 : 1 - Math.exp(-(seconds - from) / slowness)) +
        Math.sin(at * 1.7) * 0.5,
    });
    return sampleOf(now - (600 - at) * 2000, rise(nozzle, 150, 40), rise(bed, 40, 90));
  });
}

function sampleOf(atMs: number, nozzle: HeaterView, bed: HeaterView): TemperatureSample {
  return {
    atMs,
    tools: [{ actualC: nozzle.celsius, targetC: nozzle.targetCelsius }],
    bed: { actualC: bed.celsius, targetC: bed.targetCelsius },
  };
}
