import type { HeatLimits, PrinterScripts } from './port.ts';
import { standardScripts } from './scripts.ts';

/** What suits a common printer, to start a profile from. */
export interface PrinterTemplate {
  readonly id: string;
  readonly name: string;
  /** Found in MACHINE_TYPE or FIRMWARE_NAME. */
  readonly matches: RegExp | undefined;
  /** Millimetres. */
  readonly size: { readonly x: number; readonly y: number; readonly z: number };
  readonly nozzleMm: number;
  readonly limits: HeatLimits;
  /** The bed is this cool when parts come off, °C. */
  readonly coolToC: number;
  readonly scripts: PrinterScripts;
  /** What its owner should know. */
  readonly note?: string;
}

const limits = (nozzleMaxC: number, bedMaxC: number, chamberMaxC = 0): HeatLimits => ({
  nozzleMaxC,
  bedMaxC,
  chamberMaxC,
  extrudeMinC: 170,
});

/** Lifts, and parks at a place of this printer, so that filament oozes beside the print. */
const parkAt = (x: number, y: number): Pick<PrinterScripts, 'pause'> => ({
  pause: ['M83', 'G1 E-2 F2100', 'G91', 'G1 Z10 F600', 'G90', `G1 X${x} Y${y} F6000`].join('\n'),
});

/** Presents the print at the front and frees the motors but Z, so that nothing sinks onto it. */
const presentAt = (x: number, y: number): Pick<PrinterScripts, 'finish' | 'cancel'> => {
  const off = ['M104 S0', 'M140 S0', 'M107'];
  const away = ['G91', 'G1 Z10 F600', 'G90', `G1 X${x} Y${y} F6000`, 'M84 X Y E'];
  return { finish: '', cancel: [...off, ...away].join('\n') };
};

const scriptsFor = (...parts: readonly Partial<PrinterScripts>[]): PrinterScripts =>
  Object.assign({}, standardScripts, ...parts);

/** The printers that most people have. Bambu Lab's are not among them: they take no lines over USB. */
export const printerTemplates: readonly PrinterTemplate[] = [
  {
    id: 'prusa-mk3',
    name: 'Prusa MK3, MK3S, MK3S+',
    matches: /Prusa i3 MK3/i,
    size: { x: 250, y: 210, z: 210 },
    nozzleMm: 0.4,
    limits: limits(300, 120),
    coolToC: 30,
    scripts: scriptsFor(parkAt(0, 200), presentAt(0, 200)),
  },
  {
    id: 'prusa-mk4',
    name: 'Prusa MK4, MK4S',
    matches: /Prusa[- ]MK4/i,
    size: { x: 250, y: 210, z: 220 },
    nozzleMm: 0.4,
    limits: limits(300, 120),
    coolToC: 30,
    scripts: scriptsFor(parkAt(242, 200), presentAt(242, 200)),
    note: 'Prints also from its own network; over USB it takes lines like any Marlin.',
  },
  {
    id: 'prusa-mini',
    name: 'Prusa MINI, MINI+',
    matches: /Prusa[- ]MINI/i,
    size: { x: 180, y: 180, z: 180 },
    nozzleMm: 0.4,
    limits: limits(280, 100),
    coolToC: 30,
    scripts: scriptsFor(parkAt(170, 170), presentAt(170, 170)),
  },
  {
    id: 'ender-3',
    name: 'Creality Ender 3 (all)',
    matches: /Ender[- ]?3/i,
    size: { x: 220, y: 220, z: 250 },
    nozzleMm: 0.4,
    // The stock hot end is lined with PTFE, which gives off fumes above this.
    limits: limits(250, 100),
    coolToC: 35,
    scripts: scriptsFor(parkAt(5, 215), presentAt(5, 215)),
    note: 'Up to 250 °C: the stock hot end is lined with PTFE. With an all-metal one, raise the limit.',
  },
  {
    id: 'voron-klipper',
    name: 'Voron and others with Klipper (USB serial)',
    matches: /klipper|voron/i,
    size: { x: 250, y: 250, z: 230 },
    nozzleMm: 0.4,
    limits: limits(300, 120, 70),
    coolToC: 40,
    scripts: scriptsFor({
      // The owner's macros know the machine; the heaters go off even where a macro is missing.
      pause: ['M83', 'G1 E-2 F2100', 'G91', 'G1 Z10 F600', 'G90'].join('\n'),
      cancel: ['M104 S0', 'M140 S0', 'M107', 'G91', 'G1 Z10 F600', 'G90', 'M84'].join('\n'),
    }),
    note: 'Klipper answers on a pseudo terminal of its host; a browser reaches it only where that is a USB port.',
  },
  {
    id: 'marlin',
    name: 'Any other printer',
    matches: undefined,
    size: { x: 200, y: 200, z: 200 },
    nozzleMm: 0.4,
    limits: limits(250, 100),
    coolToC: 30,
    scripts: standardScripts,
  },
];

/** The template that fits what a printer says of itself; the general one where none does. */
export function templateFor(machine: string | undefined, firmwareName: string | undefined): PrinterTemplate {
  const said = `${machine ?? ''} ${firmwareName ?? ''}`;
  const found = printerTemplates.find(({ matches }) => matches?.test(said) === true);
  const general = printerTemplates.at(-1);
  if (found !== undefined) return found;
  if (general === undefined) throw new RangeError('there are no templates');
  return general;
}
