import type { Refusal } from '../base/index.ts';
import { type Problem, saying } from './facts.ts';
import { sameResendsMax } from './limits.ts';
import type { BreakCode } from './protocol.ts';

/** What a person is told of a printer in trouble. */
export const stoppedByHand: Refusal = {
  code: 'stopped',
  text: 'Stopped by hand (M112). Reset the printer, then connect it again.',
};

export const printerReset: Refusal = {
  code: 'printer-reset',
  text: 'The printer was reset: it has forgotten where it was. Its heaters are off.',
};

/** What a printer said, as a sentence: firmware ends some with an exclamation mark, some with a full stop, most with nothing. */
export function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** The printer has stopped for a reason of its own. */
export function halted(said: string): Problem {
  return {
    ...saying('halted', said),
    text: `The printer stopped itself: ${sentence(said)} It must be reset.`,
  };
}

export function noisy(resends: number, lines: number): Refusal {
  return {
    code: 'noise',
    text: `${resends} of ${lines} lines had to be sent again. Look at the cable, its shielding and the printer's power supply.`,
  };
}

/** Why the two sides cannot go on together. */
export interface Break {
  readonly code: BreakCode;
  readonly text: string;
}

export function silent(lastSent: string): Break {
  return {
    code: 'silent',
    text: `The printer does not answer any more; it was last sent "${lastSent}". Check its cable and power.`,
  };
}

/** `asked` is the line it wants, `newest` the newest that it was sent. */
export function lostLines(asked: number, newest: number): Break {
  return {
    code: 'lost-lines',
    text: `The printer asks for line ${asked}, but it was last sent line ${newest}. It was reset, or its connection is very noisy.`,
  };
}

export function resendLoop(command: string): Break {
  return {
    code: 'resend-loop',
    text: `The printer asked for the same line ${sameResendsMax} times ("${command}"). The connection is too noisy, or the printer cannot read this line.`,
  };
}
