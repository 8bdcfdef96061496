import type { Ask, Doing, Pastime, Trouble } from '../printer/facts.ts';
import type { PrinterState } from '../printer/port.ts';

/** What is said of a printer and of what it does. Words of firmware, file or person are shown as they came. */

const states: Record<PrinterState, string> = {
  idle: 'Idle',
  connecting: 'Connecting',
  ready: 'Ready',
  starting: 'Getting ready',
  printing: 'Printing',
  pausing: 'Pausing',
  paused: 'Paused',
  resuming: 'Resuming',
  cancelling: 'Cancelling',
  finishing: 'Finishing',
  failed: 'Failed',
  disconnected: 'Disconnected',
};

/** A printer's state in a few words: what it waits for, or what is wrong, before the bare state. */
export function doingText({ state, doing }: { readonly state: PrinterState; readonly doing: Doing }): string {
  switch (doing.code) {
    case 'state':
      return states[state];
    case 'copying':
      return `Copying the file, ${doing.percent} %`;
    case 'no-file':
      return doing.why === 'storage-full'
        ? 'The file could not be brought here: this browser’s storage is full.'
        : 'The file could not be brought here.';
    case 'getting-ready':
      return 'Getting ready';
    case 'reporting':
      return 'Reporting';
    case 'fault':
      return 'Stopped: PeerPrint found a fault of its own. Connect it again.';
    case 'waiting':
      return pastimeText(doing.for);
    case 'asking':
      return askText(doing.ask);
    case 'broken':
      return troubleText(doing.trouble);
  }
}

/** What it is at while its head does not move: "Heating the bed to 60 °C". */
export function pastimeText(pastime: Pastime): string {
  switch (pastime.code) {
    case 'heating': {
      const { part, celsius } = pastime;
      return celsius === undefined ? `Heating the ${part}` : `Heating the ${part} to ${celsius} °C`;
    }
    case 'homing':
      return 'Homing';
    case 'probing':
      return 'Probing the bed';
    case 'changing-filament':
      return 'Filament change';
    case 'dwelling':
      return 'Waiting';
  }
}

/** Why only a person can make it go on. */
export function askText(ask: Ask): string {
  switch (ask.code) {
    case 'file-asks':
      return ask.said ?? 'The file asks for a person (M0).';
    case 'pause-asked':
      return ask.said ?? 'The printer asked for a pause.';
    case 'paused-there':
      return ask.said ?? 'Paused at the printer.';
    case 'no-filament':
      return 'The filament has run out.';
    case 'power-failure':
      return 'The printer reports a power failure.';
    case 'at-display':
      return 'The printer waits for a person at its own display.';
    case 'question':
      return ask.said;
    case 'trouble':
      return troubleText(ask.trouble);
  }
}

const troubleTexts: { readonly [Code in Trouble['code']]: string } = {
  stopped: 'Stopped by hand (M112). Reset the printer, then connect it again.',
  'printer-reset': 'The printer was reset: it has forgotten where it was. Its heaters are off.',
  halted: 'The printer stopped itself. It must be reset.',
  noise: 'Many lines had to be sent again. Look at the cable, its shielding and the printer’s power supply.',
  silent: 'The printer does not answer any more. Check its cable and power.',
  'lost-lines':
    'The printer asks for another line than the next. It was reset, or its connection is very noisy.',
  'resend-loop':
    'The printer asked for the same line again and again. The connection is too noisy, or it cannot read this line.',
  'printer-error': 'The printer reports an error. Look at it.',
  unplugged: 'The printer was unplugged.',
  closed: 'The connection to the printer is closed.',
  lost: 'The printer has stopped. Connect it again.',
  port: 'The port of the printer cannot be opened.',
  file: 'The file could not be read.',
  'too-hot': 'The file heats more than this printer may.',
  'beyond-the-machine': 'The file prints beyond this printer.',
  'finish-script': 'The script at the end of the print did not come to its end.',
  other: 'Something is wrong with the printer. Look at the page of the browser beside it.',
};

/** What is wrong with a printer, with the firmware's own words. */
export function troubleText({ code, said }: Trouble): string {
  if (said === undefined) return troubleTexts[code];
  const words = /[.!?]$/.test(said) ? said : `${said}.`;
  if (code === 'halted') return `The printer stopped itself: ${words} It must be reset.`;
  if (code === 'printer-error') return `The printer reports: ${words}`;
  return `${troubleTexts[code]} It says: ${words}`;
}
