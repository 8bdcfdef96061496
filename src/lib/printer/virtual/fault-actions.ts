import type { Bytes } from '../../base/index.ts';
import type { FaultAction, Noise } from './faults.ts';

/** What a scripted fault may do to the firmware. */
export interface FaultyMachine {
  say(line: string): void;
  send(bytes: Bytes): void;
  reset(greets: boolean): void;
  halt(why: string): void;
  become(state: 'halted' | 'silent'): void;
  unplug(): void;
  loseOk(): void;
  doubleOk(): void;
  /** The next line is lost on its way. */
  loseLine(): void;
  /** Stands still for so many simulated milliseconds and says nothing. */
  pause(ms: number): void;
  /** Asks for a line that was taken: the last, or so many before it. */
  askAgain(back: number): void;
}

/** Milliseconds that `sleep` stands still: longer than an `ok` takes, shorter than a printer is given up. */
const sleepMs = 20_000;

/** Lines of a flood. */
const floodLines = 2_000;

const actions: Readonly<Record<FaultAction, (machine: FaultyMachine) => void>> = {
  reset: (machine) => machine.reset(true),
  'reset-silently': (machine) => machine.reset(false),
  'reset-with-noise': (machine) => {
    // What a board sends while its clock starts: no text, then the greeting on the same line.
    machine.send(new Uint8Array([0x80, 0xf8]));
    machine.reset(true);
  },
  halt: (machine) => machine.halt('Thermal Runaway, system stopped! Heater_ID: E0'),
  'go-silent': (machine) => machine.become('silent'),
  unplug: (machine) => machine.unplug(),
  'unplug-mid-line': (machine) => {
    machine.send(new Uint8Array([111]));
    machine.unplug();
  },
  error: (machine) => machine.say('Error:Probing failed'),
  'two-line-error': (machine) => {
    machine.say('Error:0');
    machine.say(': Extruder switched off. MAXTEMP triggered !');
    machine.become('halted');
  },
  'action-pause': (machine) => machine.say('//action:pause'),
  'action-paused': (machine) => machine.say('//action:paused'),
  'action-resume': (machine) => machine.say('//action:resume'),
  'action-cancel': (machine) => machine.say('//action:cancel'),
  'action-disconnect': (machine) => machine.say('//action:disconnect'),
  'action-custom': (machine) => machine.say('//action:unheard of'),
  'lose-ok': (machine) => machine.loseOk(),
  'lose-line': (machine) => machine.loseLine(),
  'double-ok': (machine) => machine.doubleOk(),
  'stale-start-text': (machine) => machine.say('echo:autostart'),
  sleep: (machine) => machine.pause(sleepMs),
  'resend-old': (machine) => machine.askAgain(30),
  'resend-nonsense': (machine) => machine.say('Resend: 7'),
  'missing-line-number': (machine) => machine.say('Error:No Line Number with checksum, Last Line: 5'),
  'checksum-mismatch': (machine) => {
    machine.say('Error:checksum mismatch, Last Line: 5');
    machine.askAgain(-1);
  },
  flood: (machine) => {
    for (let i = 0; i < floodLines; i++) machine.say(`echo:flood ${i}`);
  },
  babble: (machine) => machine.send(new Uint8Array(20_000).fill(0x7e)),
};

export function carryOutFault(action: FaultAction, machine: FaultyMachine): void {
  actions[action](machine);
}

/** A line that nobody asked for. */
export function chatter(noise: Noise, saysBusy: boolean): string {
  const lines = [
    'echo:Something happened',
    '',
    'T:2',
    '//',
    '// hello',
    'ech',
    '\u0080',
    'Cap:',
    'X:',
    'wait',
    'DEBUG_ok',
    'tmc2130: ok?',
    'echo:Unknown command: "X"',
  ];
  if (saysBusy) lines.push('echo:busy: processing');
  return lines[noise.below(lines.length)] ?? '';
}
