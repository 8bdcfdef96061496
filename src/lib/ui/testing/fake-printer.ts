import type { PrinterId } from '../../base/ids.ts';
import { systemClock } from '../../base/clock.ts';
import type { LocalPrinter, TerminalEntry } from '../../peer/api.ts';

/** The printer of this tab in the middle of a print. `progress` is from 0 to 1. */
export function busyPrinter(progress: number): LocalPrinter {
  return {
    printer: 'printer-left' as PrinterId,
    name: 'Prusa by the window',
    virtual: false,
    state: 'printing',
    text: 'Printing.',
    firmware: 'Prusa-Firmware 3.13.2',
    nozzle: { celsius: 239.6, targetCelsius: 240 },
    plate: { celsius: 70.1, targetCelsius: 70 },
    job: 'visor-clips_petg_mk3s.gcode',
    progress,
    progressFrom: 'file',
    secondsLeft: Math.round(6700 * (1 - progress)),
    seconds: Math.round(6700 * progress),
    lines: 19_842,
    resends: 2,
    terminal: entries([
      ['sent', 'N20839 M117 Layer 12*39'],
      ['received', 'ok'],
      ['received', 'T:239.6 /240.0 B:70.1 /70.0 @:41 B@:22'],
      ['sent', 'N20840 G1 X131.328 Y97.068 E.08173*61'],
      ['received', 'ok'],
      ['sent', 'N20841 G1 X132.932 Y98.672 E.20793*60'],
      ['received', 'echo:busy: processing'],
      ['received', 'ok T:239.6 /240.0 B:70.1 /70.0 @:41 B@:22'],
    ]),
    control: 'here',
    controlAsked: false,
    heaters: [
      {
        part: 'nozzle',
        tool: undefined,
        label: 'Nozzle',
        celsius: 239.6,
        targetCelsius: 240,
        maxCelsius: 300,
      },
      { part: 'bed', tool: undefined, label: 'Bed', celsius: 70.1, targetCelsius: 70, maxCelsius: 120 },
    ],
    position: { x: 132.9, y: 98.7, z: 4.2 },
    pace: { fanPercent: 40, speedPercent: 100, flowPercent: 100 },
    whyNot: printingWhyNot,
    needsPerson: undefined,
    prompt: undefined,
    problem: undefined,
    notice: undefined,
    waitingFor: undefined,
    clearing: undefined,
    last: undefined,
    machine: {
      link: 'USB 2c99:0002, 115200 baud',
      model: 'Prusa i3 MK3S',
      emergencyParser: true,
      thermalProtection: true,
      sizeMm: { x: 250, y: 210, z: 210 },
      hardReset: true,
    },
    awake: true,
  };
}

const prints = 'It prints. Pause it first.';
export const printingWhyNot = {
  jog: prints,
  home: prints,
  extrude: prints,
  motors: prints,
  send: prints,
  cool: 'It prints. Cancel the print to switch the heaters off.',
};

/** The same printer with nothing to do. */
export function idlePrinter(): LocalPrinter {
  return {
    ...busyPrinter(0),
    state: 'ready',
    text: '',
    job: undefined,
    progress: undefined,
    progressFrom: undefined,
    secondsLeft: undefined,
    seconds: undefined,
    lines: 0,
    resends: 0,
    awake: false,
    nozzle: { celsius: 24.1, targetCelsius: 0 },
    plate: { celsius: 23.8, targetCelsius: 0 },
    heaters: busyPrinter(0).heaters.map((heater) => ({ ...heater, celsius: 24, targetCelsius: 0 })),
    pace: {},
    whyNot: { extrude: 'The nozzle has 24 °C. Filament moves from 170 °C on: heat it first.' },
  };
}

export function entries(
  lines: readonly (readonly [TerminalEntry['direction'], string])[],
  from = 1,
): readonly TerminalEntry[] {
  return lines.map(([direction, text], at) => ({
    id: from + at,
    atMs: systemClock.wallMs(),
    direction,
    text,
  }));
}
