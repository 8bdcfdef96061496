import type { Bytes, FileId, PrintId, Refusal, Result } from '../base/index.ts';
import type { Ask, Pastime, Problem } from './facts.ts';

/** How a byte stream to a printer ended. */
export interface LinkEnd {
  readonly code: 'closed' | 'unplugged' | 'failed';
  /** A sentence for a person. */
  readonly text: string;
}

export type LinkKind = 'web-serial' | 'web-usb' | 'virtual' | 'tcp' | 'tty';

/** What USB tells about a port. Web Serial gives no serial number: there, two equal boards look alike. */
export interface LinkInfo {
  readonly usbVendorId?: number;
  readonly usbProductId?: number;
  /** Only WebUSB tells it. */
  readonly usbSerial?: string;
}

export interface LinkSignals {
  readonly dataTerminalReady?: boolean;
  readonly requestToSend?: boolean;
}

/** An open byte stream to a printer. Bytes arrive in order, cut anywhere. */
export interface Link {
  readonly kind: LinkKind;
  /** What a person calls it, for instance "USB 2c99:0002" or "tcp:localhost:8888". */
  readonly label: string;
  readonly info?: LinkInfo;
  /** Bits per second, where that means something. */
  readonly baud?: number | undefined;
  /**
   * The next bytes, or undefined when the stream has ended, from then on always. At most one call may wait.
   * Never rejects: `ended()` says why the stream is over.
   */
  read(): Promise<Bytes | undefined>;
  /** Resolves when the bytes were handed to the far side's buffer. Calls that overlap keep their order. Rejects once ended. */
  write(bytes: Bytes): Promise<void>;
  /** Ends the stream. A waiting `read` resolves to undefined. Closing twice is no mistake. */
  close(): Promise<void>;
  /** Why the stream is over, or undefined while it is open. */
  ended(): LinkEnd | undefined;
  /** Opens the same port again at another speed, where a port has speeds. Bytes under way are lost. */
  reopen?(baud: number): Promise<void>;
  setSignals?(signals: LinkSignals): Promise<void>;
}

/** Which port to open. A page sends it to its print worker, where ports themselves cannot go. */
export type LinkTarget =
  | {
      readonly kind: 'web-serial' | 'web-usb';
      readonly info: LinkInfo;
      /** Which of the equal ports, in the order of `navigator.serial.getPorts()`. */
      readonly index: number;
      readonly baud?: number;
    }
  | {
      readonly kind: 'virtual';
      /** Simulated seconds per real second. 1 is lifelike, Infinity takes no time. */
      readonly speed: number;
      readonly name?: string;
      readonly seed?: number;
    }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'tty'; readonly path: string; readonly baud?: number };

export type OpenLink = (target: LinkTarget) => Promise<Result<Link>>;

/** Where the host stands. Every state may change to `disconnected`; see docs/heaters.md for what that means. */
export const printerStates = [
  'idle',
  'connecting',
  'ready',
  'starting',
  'printing',
  'pausing',
  'paused',
  'resuming',
  'cancelling',
  'finishing',
  'failed',
  'disconnected',
] as const;
export type PrinterState = (typeof printerStates)[number];

export type FirmwareFamily =
  'marlin' | 'prusa' | 'repetier' | 'klipper' | 'smoothie' | 'reprap' | 'malyan' | 'unknown';

export interface FirmwareInfo {
  readonly family: FirmwareFamily;
  /** The text after FIRMWARE_NAME, as it came. */
  readonly name: string;
  readonly machine?: string;
  readonly uuid?: string;
  readonly extruders?: number;
  /** M115's `Cap:` lines. What is not named is absent. */
  readonly capabilities: Readonly<Record<string, boolean>>;
  /** Where the head can go, in millimetres, if the firmware says so. */
  readonly area?: { readonly min: Axes; readonly max: Axes };
}

export interface Axes {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

export interface Position extends Axes {
  readonly e: number;
}

/** Degrees Celsius. A target of 0 is off. */
export interface Temperature {
  readonly actualC: number;
  readonly targetC: number;
}

export interface Temperatures {
  /** By tool number. */
  readonly tools: readonly Temperature[];
  readonly bed?: Temperature;
  readonly chamber?: Temperature;
}

export interface PrintProgress {
  readonly printId: PrintId;
  readonly fileName: string;
  /** Commands of the file that the printer acknowledged. */
  readonly lines: number;
  /** Lines that were sent again because the printer asked for them. */
  readonly resends: number;
  /** Bytes of the file up to the last command that was sent. */
  readonly bytesDone: number;
  readonly bytesTotal: number;
  /** 0 to 100: the slicer's own (M73) where the file has it, else by bytes. */
  readonly percent: number;
  readonly percentFrom: 'file' | 'bytes';
  /** How high the file has sent the head, millimetres. */
  readonly heightMm?: number;
  /** Seconds the print still takes, if anything is known about it. */
  readonly secondsLeft?: number;
  /** Seconds since the print began, pauses included. */
  readonly seconds: number;
  /** What it waits for, when the head does not move. */
  readonly waitingFor?: Pastime;
}

export interface PrintOutcome {
  readonly outcome: 'good' | 'failed' | 'cancelled';
  /** A stable word for programs; `good` for a good print. */
  readonly code: string;
  /** A sentence for a person. */
  readonly reason: string;
  readonly lines: number;
  readonly resends: number;
  readonly seconds: number;
  /** The script that ends a print was not carried out to its end: what it was to clear may still lie on the bed. */
  readonly bedUnsure?: true;
}

/** A question that the firmware asks (`//action:prompt_…`). Answered with `answer(choice)`. */
export interface PrinterPrompt {
  readonly text: string;
  readonly choices: readonly string[];
}

/** Everything a page shows of a printer: plain data, a fresh object on each change. */
export interface PrinterStatus {
  readonly state: PrinterState;
  readonly link?: {
    readonly kind: LinkKind;
    readonly label: string;
    readonly baud?: number;
    readonly info?: LinkInfo;
  };
  readonly firmware?: FirmwareInfo;
  readonly temperatures: Temperatures;
  readonly position?: Position;
  /** Whether the firmware has booted since the port was opened: heaters off, place forgotten. False if nobody saw it. */
  readonly booted?: boolean;
  readonly pace?: Pace;
  readonly whyNot?: WhyNot;
  readonly print?: PrintProgress;
  /** Set while only a person can make it go on: M0, a filament change, a pause of the printer's own. */
  readonly needsPerson?: Ask;
  readonly prompt?: PrinterPrompt;
  /** Why it failed or paused by itself, or what looks wrong but goes on (code `noise`). */
  readonly problem?: Problem;
  /** What the script that clears the bed does now. */
  readonly clearing?: string;
  /** What the printer's own display last said of its bed (`//action:ready`, `not_ready`), and how often it has spoken. */
  readonly bedTold?: { readonly clear: boolean; readonly times: number } | undefined;
  /** The firmware's last message for the display. */
  readonly notice?: string;
  /** How the last print of this connection ended. */
  readonly last?: { readonly printId: PrintId; readonly outcome: PrintOutcome };
}

/** Something a person does with a printer by hand. Lengths in millimetres, temperatures in °C. */
export type ManualAction =
  | { readonly type: 'jog'; readonly axis: 'x' | 'y' | 'z'; readonly mm: number }
  | { readonly type: 'home'; readonly axes: 'all' | 'xy' | 'z' }
  /** Negative draws filament back. */
  | { readonly type: 'extrude'; readonly mm: number }
  | {
      readonly type: 'heat';
      readonly part: 'nozzle' | 'bed' | 'chamber';
      readonly tool?: number;
      /** 0 is off. */
      readonly celsius: number;
    }
  /** Every heater and the fan off. */
  | { readonly type: 'cool' }
  | { readonly type: 'fan' | 'speed' | 'flow'; readonly percent: number }
  | { readonly type: 'motors-off' };

/** `pace`: fan, speed and flow. `send`: a line of the terminal. */
export type ManualKind = 'jog' | 'home' | 'extrude' | 'heat' | 'cool' | 'pace' | 'motors' | 'send';

/** Why each kind of manual action is not possible now. What is missing is possible. */
export type WhyNot = Readonly<Partial<Record<ManualKind, string>>>;

/** Limits for what a person sets by hand, °C. Files and scripts are not held to them: the firmware's own limits are theirs. */
export interface HeatLimits {
  readonly nozzleMaxC: number;
  readonly bedMaxC: number;
  readonly chamberMaxC: number;
  /** From here on filament may be pushed. */
  readonly extrudeMinC: number;
}

/** As last set in this connection; undefined while nobody set it (firmware starts with fan off, speed and flow at 100 %). */
export interface Pace {
  readonly fanPercent?: number;
  readonly speedPercent?: number;
  readonly flowPercent?: number;
}

/** Temperatures at a time of the wall clock. */
export interface TemperatureSample extends Temperatures {
  readonly atMs: number;
}

export interface TerminalLine {
  /** Milliseconds of the host's monotonic clock. */
  readonly atMs: number;
  readonly direction: 'sent' | 'received' | 'host';
  /** As it went over the wire, without the line end. */
  readonly text: string;
}

/** A whole, verified file on this machine. */
export interface PrintSource {
  /** Bytes. */
  readonly size: number;
  /** The bytes from the start, in order, in pieces of any size. */
  chunks(): AsyncIterable<Bytes>;
}

/** Event scripts: G-code lines with `{variables}`; see scripts.ts for the variables each one knows. */
export interface PrinterScripts {
  readonly connected: string;
  readonly start: string;
  readonly pause: string;
  readonly resume: string;
  readonly cancel: string;
  readonly finish: string;
  /** Switches the heaters off, before the bed is waited for. */
  readonly coolDown: string;
  /** Takes the print off the bed, where the machine can. Empty: a person does it. */
  readonly clearBed: string;
}

export interface PrintJob {
  readonly printId: PrintId;
  readonly fileName: string;
  readonly source: PrintSource;
  /** The slicer's estimate in seconds, for `secondsLeft`. */
  readonly estimateSeconds?: number;
  /** Why it cannot be printed here, found before its start: it fails at once, with nothing sent. */
  readonly unfit?: Refusal;
  /**
   * Awaited right before the first line that heats or moves: false stops the print with nothing done. The print
   * is `starting` until then.
   */
  beforeFirstHeatOrMove(): Promise<boolean>;
}

/** The dedicated worker's inbox. Every request but the last kinds is answered by one `reply` with its id. */
export type PrinterRequest =
  | {
      readonly type: 'connect';
      readonly id: number;
      readonly target: LinkTarget;
      readonly scripts?: Partial<PrinterScripts>;
    }
  | { readonly type: 'disconnect'; readonly id: number }
  | {
      readonly type: 'print';
      readonly id: number;
      readonly printId: PrintId;
      readonly fileId: FileId;
      readonly fileName: string;
      readonly estimateSeconds?: number;
      /** How large a print may be by the printer's profile. */
      readonly sizeMm?: Axes;
    }
  | { readonly type: 'pause'; readonly id: number }
  | { readonly type: 'resume'; readonly id: number }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'stop'; readonly id: number }
  | { readonly type: 'answer'; readonly id: number; readonly choice: number }
  | { readonly type: 'send'; readonly id: number; readonly command: string }
  | { readonly type: 'manual'; readonly id: number; readonly action: ManualAction }
  | { readonly type: 'heat-limits'; readonly id: number; readonly limits: HeatLimits }
  /** Resets the board through the DTR line of the port, where it has one. A print under way fails. */
  | { readonly type: 'hard-reset'; readonly id: number }
  /** Clears the bed by script, once it is this cool. The reply comes when it is done. */
  | { readonly type: 'clear-bed'; readonly id: number; readonly coolToC?: number }
  | { readonly type: 'stop-clearing'; readonly id: number }
  /** Answered by a reply with `samples`, those later than `sinceMs`. */
  | { readonly type: 'temperatures'; readonly id: number; readonly sinceMs: number }
  /** Whether terminal lines are wanted. Off at first. */
  | { readonly type: 'terminal'; readonly id: number; readonly wanted: boolean }
  | { readonly type: 'scripts'; readonly id: number; readonly scripts: Partial<PrinterScripts> };

/** The dedicated worker's outbox. */
export type PrinterEvent =
  | {
      readonly type: 'reply';
      readonly id: number;
      readonly refusal?: Refusal;
      readonly lines?: readonly string[];
      readonly samples?: readonly TemperatureSample[];
    }
  | { readonly type: 'status'; readonly status: PrinterStatus }
  | { readonly type: 'terminal'; readonly lines: readonly TerminalLine[] }
  /** Sent once per print that was accepted, also when the connection is lost. */
  | { readonly type: 'outcome'; readonly printId: PrintId; readonly outcome: PrintOutcome };
