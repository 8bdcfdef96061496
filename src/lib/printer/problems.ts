import type { Refusal } from '../base/index.ts';

/** What a person is told of a printer in trouble. */
export const stoppedByHand: Refusal = {
  code: 'stopped',
  text: 'Stopped by hand (M112). Reset the printer, then connect it again.',
};

export const printerReset: Refusal = {
  code: 'printer-reset',
  text: 'The printer was reset: it has forgotten where it was. Its heaters are off.',
};

export function noisy(resends: number, lines: number): Refusal {
  return {
    code: 'noise',
    text: `${resends} of ${lines} lines had to be sent again. Look at the cable, its shielding and the printer's power supply.`,
  };
}
