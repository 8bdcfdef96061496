import type { PrintId, PrinterId, Refusal, Result } from '../base/index.ts';
import type { LeftPrintAdvice, PrintStanding } from '../printer/left-print.ts';
import type {
  Axes,
  HeatLimits,
  ManualAction,
  Pace,
  PrinterScripts,
  TemperatureSample,
  WhyNot,
} from '../printer/port.ts';
import type { TemperatureView } from './api.ts';
import type { WhichPrinter } from './tab/placing.ts';

export type { PrinterChoice, WhichPrinter } from './tab/placing.ts';

export type {
  HeatLimits,
  ManualAction,
  ManualKind,
  Pace,
  PrinterScripts,
  TemperatureSample,
  Temperatures,
  WhyNot,
} from '../printer/port.ts';

/** How this browser reaches printers, and the sentence that says so. */
export interface SerialAccess {
  readonly available: boolean;
  /** `web-usb`: only boards with a USB port of their own (CDC-ACM), no CH340, CP210x or FTDI chips. */
  readonly kind: 'web-serial' | 'web-usb' | 'none';
  readonly text: string;
}

/**
 * Printers that hang on this tab: their bytes go through a worker of this page. Printers of other tabs of this
 * browser can be seen and stopped from here, and controlled once that tab has agreed.
 */
export interface LocalPrinters {
  readonly serial: SerialAccess;
  /** Calls the listener now and on every change. The returned function stops it. */
  watch(listener: (printers: readonly LocalPrinter[]) => void): () => void;
  /** The same for printers that hang on other tabs of this browser. */
  watchElsewhere(listener: (printers: readonly LocalPrinter[]) => void): () => void;
  /** Asks the person for a port (needs a click) and connects it. */
  connectSerial(options: {
    readonly name: string;
    readonly baud?: number;
    /**
     * Asks the person which of the printers of before this is, where neither firmware nor port tell equal ones apart. Without it, such
     * a printer is refused (`which-printer`).
     */
    readonly which?: WhichPrinter;
  }): Promise<Result<PrinterId>>;
  /** A printer that is only simulated. `speed`: 1 is real time. */
  connectVirtual(options: { readonly name: string; readonly speed: number }): Promise<Result<PrinterId>>;
  /** Greets a printer again that failed or was unplugged, on the same port. */
  reconnect(printer: PrinterId): Promise<Result<undefined>>;
  disconnect(printer: PrinterId): Promise<void>;
  pause(printer: PrinterId): Promise<Result<undefined>>;
  resume(printer: PrinterId): Promise<Result<undefined>>;
  cancel(printer: PrinterId): Promise<Result<undefined>>;
  /** M112 at once, in every state, from every tab of this browser. */
  stop(printer: PrinterId): Promise<Result<undefined>>;
  /** Sends one line typed by a person; gives what the printer said until its `ok`. */
  send(printer: PrinterId, line: string): Promise<Result<readonly string[]>>;
  /** Moves, heats or adjusts by hand. `LocalPrinter.whyNot` says beforehand what would be refused. */
  act(printer: PrinterId, action: ManualAction): Promise<Result<undefined>>;
  /** Answers the firmware's question (`LocalPrinter.prompt`) by the index of the choice. */
  answer(printer: PrinterId, choice: number): Promise<Result<undefined>>;
  /** Resets the board by the port's DTR line: for firmware that does not obey M112. */
  hardReset(printer: PrinterId): Promise<Result<undefined>>;
  /** Temperatures later than that (wall clock), oldest first. Kept in the printer's worker, bounded. */
  temperatures(printer: PrinterId, sinceMs: number): Promise<readonly TemperatureSample[]>;

  /** What this browser keeps of a printer between connections. */
  settings(printer: PrinterId): MachineSettings;
  /** Refused with the reason when a script could not be run. Holds at once, also for a print under way. */
  change(printer: PrinterId, change: Partial<MachineSettings>): Promise<Result<undefined>>;
  /** The commands that a script would send, with its variables filled in; nothing is sent. */
  dryRun(printer: PrinterId, event: ScriptEvent['event'], script: string): Result<DryRun>;
  readonly scriptEvents: readonly ScriptEvent[];
  /** Scripts and limits for common printers. The last one suits any. */
  readonly templates: readonly TemplateView[];
  /** The template that fits what a printer says of itself. */
  templateFor(printer: PrinterId): TemplateView;

  /** Runs the script that clears the bed, now, waiting for it to cool. Done: the queue hears that the bed is clear. */
  clearBed(printer: PrinterId): Promise<Result<undefined>>;
  /** Gives up before the script's next line. */
  stopClearing(printer: PrinterId): Promise<Result<undefined>>;

  /** Asks the tab that has the printer for its controls. Answered by the person there, or refused after a while. */
  askControl(printer: PrinterId): Promise<Result<undefined>>;
  /** The answer of the tab that has the printer. */
  answerControl(printer: PrinterId, grant: boolean): void;
  /** Takes lent controls back, or gives borrowed ones back. */
  endControl(printer: PrinterId): void;
  /**
   * A person says that the other tab is gone or hangs: its hold on the printer is broken. Whatever it was printing
   * ends there. The printer can then be connected here.
   */
  declareGone(printer: PrinterId): Promise<Result<undefined>>;

  /** Prints that were under way on this browser's printers when their tab ended. Called now and on every change. */
  watchInterrupted(listener: (prints: readonly InterruptedPrint[]) => void): () => void;
  /** A person has seen to it. */
  forgetInterrupted(print: PrintId): void;
}

export interface LocalPrinter {
  readonly printer: PrinterId;
  readonly name: string;
  readonly virtual: boolean;
  /** idle, connecting, ready, starting, printing, pausing, paused, resuming, cancelling, finishing, failed, disconnected */
  readonly state: string;
  readonly text: string;
  readonly firmware: string | undefined;
  readonly nozzle: TemperatureView | undefined;
  readonly plate: TemperatureView | undefined;
  readonly job: string | undefined;
  readonly progress: number | undefined;
  readonly secondsLeft: number | undefined;
  readonly lines: number;
  readonly resends: number;
  /** Newest lines to and from the printer, oldest first. Empty for a printer of another tab. */
  readonly terminal: readonly TerminalEntry[];

  /**
   * Who has the controls. `here`: this tab. `lent`: another tab, which asked. `elsewhere`: the printer hangs on
   * another tab; it can be seen and stopped. `borrowed`: it hangs on another tab, which lent us the controls.
   */
  readonly control: 'here' | 'lent' | 'elsewhere' | 'borrowed';
  /** Another tab asks for the controls and waits for `answerControl`. */
  readonly controlAsked: boolean;
  /** Every heater that the printer tells of, the nozzles first. */
  readonly heaters: readonly HeaterView[];
  /** Where the head was told to be when the printer last said so, millimetres. */
  readonly position: Axes | undefined;
  readonly pace: Pace;
  readonly whyNot: WhyNot;
  /** Why only a person can make it go on: M0, a filament change, no filament, a pause with its reason. */
  readonly needsPerson: string | undefined;
  /** The firmware's question, answered with `answer`. */
  readonly prompt: { readonly text: string; readonly choices: readonly string[] } | undefined;
  /** Why it failed or paused by itself, or what looks wrong but goes on. */
  readonly problem: Refusal | undefined;
  /** The firmware's last message for its display. */
  readonly notice: string | undefined;
  /** What the script that clears the bed does now. */
  readonly clearing: string | undefined;
  /** What the printer works on while the head stands: "Heating the bed to 60 °C". */
  readonly waitingFor: string | undefined;
  /** Seconds since the print began, pauses included. */
  readonly seconds: number | undefined;
  /** Where the per cent come from: the slicer's own (M73), or bytes sent. */
  readonly progressFrom: 'file' | 'bytes' | undefined;
  /** How the last print of this connection ended. */
  readonly last: { readonly outcome: 'good' | 'failed' | 'cancelled'; readonly reason: string } | undefined;
  readonly machine: MachineView;
  /** Whether this tab keeps the screen awake, so that the computer does not sleep under the print. */
  readonly awake: boolean;
}

export interface HeaterView extends TemperatureView {
  readonly part: 'nozzle' | 'bed' | 'chamber';
  readonly tool: number | undefined;
  /** "Nozzle", "Nozzle 2", "Bed", "Chamber". */
  readonly label: string;
  readonly maxCelsius: number;
}

/** What the connection and the firmware say of the machine. */
export interface MachineView {
  /** "USB 2c99:0002, 115200 baud". */
  readonly link: string;
  readonly model: string | undefined;
  /** Whether M112 is read at once, past everything in the printer's buffer. */
  readonly emergencyParser: boolean;
  /** Whether the firmware says that it watches its heaters. Undefined when it does not say. */
  readonly thermalProtection: boolean | undefined;
  readonly sizeMm: Axes | undefined;
  /** Whether the port has a line that resets the board. */
  readonly hardReset: boolean;
}

export interface TerminalEntry {
  /** Counts up in one connection: a key for lists. */
  readonly id: number;
  /** Wall clock. */
  readonly atMs: number;
  readonly direction: 'sent' | 'received' | 'host';
  /** As it went over the wire, with line number and checksum. */
  readonly text: string;
}

/** Kept in this browser for each printer. */
export interface MachineSettings {
  readonly scripts: PrinterScripts;
  readonly limits: HeatLimits;
  /** Bits per second to try first; undefined: find out. Used from the next connection on. */
  readonly baud: number | undefined;
  readonly clearing: BedClearingPlan;
}

/** Who clears the bed after a good print, where it does not clear itself. */
export interface BedClearingPlan {
  /** `script`: cool down, wait for the bed, then the script “Clear the bed”. Any other end is left to a person. */
  readonly by: 'person' | 'script';
  /** The bed is waited for until it is this cool, °C; undefined: not waited for. */
  readonly coolToC: number | undefined;
}

/** What suits a common printer, to start from. */
export interface TemplateView {
  readonly id: string;
  readonly name: string;
  readonly size: Axes;
  readonly nozzleMm: number;
  readonly limits: HeatLimits;
  readonly coolToC: number;
  readonly scripts: PrinterScripts;
  /** What its owner should know. */
  readonly note: string | undefined;
}

export interface DryRun {
  readonly commands: readonly string[];
  /** Sentences on what looks wrong in it, though it can be run. */
  readonly problems: readonly string[];
  /** Variables that are not known now and were filled in with an example. */
  readonly assumed: readonly string[];
}

/** An event that has a script. */
export interface ScriptEvent {
  readonly event: keyof PrinterScripts;
  readonly title: string;
  /** When it runs, in a sentence. */
  readonly when: string;
  /** What it is without a person's change. */
  readonly standard: string;
}

/** Where a print stood when it was last written down: every few seconds while it runs. */
export interface LeftPrint {
  readonly print: PrintId;
  readonly printer: PrinterId;
  readonly printerName: string;
  readonly fileName: string;
  /** When that was written, by the wall clock. */
  readonly wallMs: number;
  readonly standing: PrintStanding;
}

/** A print whose tab ended under it: what is known, and what is safe to do. Nothing of it is resumed by itself. */
export interface InterruptedPrint {
  readonly print: PrintId;
  readonly printer: PrinterId;
  readonly printerName: string;
  readonly fileName: string;
  /** When it was last known to go on. */
  readonly atWallMs: number;
  /** The state it was in then. */
  readonly state: string;
  readonly percent: number;
  readonly lines: number;
  readonly nozzleTargetC: number | undefined;
  readonly bedTargetC: number | undefined;
  readonly advice: LeftPrintAdvice;
}
