import type { PrinterId } from '../../base/ids.ts';
import type { LocalPrinter } from '../../peer/api.ts';

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
    job: 'Visor clips for the makerspace',
    progress,
    secondsLeft: Math.round(6700 * (1 - progress)),
    lines: 19_842,
    resends: 2,
    terminal: [
      { direction: 'sent', text: 'N19841 G1 X131.328 Y97.068 E.08173*61' },
      { direction: 'received', text: 'ok' },
      { direction: 'sent', text: 'N19842 G1 X132.932 Y98.672 E.20793*60' },
      { direction: 'received', text: 'ok T:239.6 /240.0 B:70.1 /70.0 @:41 B@:22' },
    ],
  };
}
