import { blanksEnd, codeOf, digitsEnd, wordOf } from '../gcode/index.ts';
import type { Pastime } from './facts.ts';

/** Commands that may take minutes: homing, levelling, heating, waiting for a person. */
const long = new Set(
  'G4 G28 G29 G30 G32 G33 G34 G76 G80 M0 M1 M48 M109 M116 M190 M191 M192 M226 M303 M306 M400 M600 M601 M701 M702 M999'.split(
    ' ',
  ),
);

/** Whether the printer may be silent for minutes after this command. Tool changes wait for people and machines. */
export function isLong(command: string): boolean {
  const code = codeOf(command);
  return code.startsWith('T') || long.has(code);
}

/** Seconds that the command itself asks to wait (G4), else 0. */
export function dwellSeconds(command: string): number {
  if (codeOf(command) !== 'G4') return 0;
  return (wordOf(command, 'S') ?? 0) + (wordOf(command, 'P') ?? 0) / 1000;
}

/** Commands that neither heat nor move. What is not named here might, and waits for the fence. */
const still = new Set(
  (
    'G17 G18 G19 G20 G21 G90 G91 G92 M18 M20 M27 M31 M73 M75 M76 M77 M78 M82 M83 M84 M85 M92 M105 M106 M107 M110 M111 M113 M114 M115 ' +
    'M117 M118 M119 M154 M155 M200 M201 M202 M203 M204 M205 M206 M207 M208 M209 M211 M218 M220 M221 M301 M302 M304 M300 M413 M420 ' +
    'M486 M503 M566 M569 M572 M593 M851 M862.1 M862.2 M862.3 M862.4 M862.5 M862.6 M900 M906 M907 M914 M115'
  ).split(' '),
);

const heaters = new Set(['M104', 'M109', 'M140', 'M190', 'M141', 'M191']);

/** Whether the command may heat or move something, so that it must not be sent before the start is agreed. */
export function heatsOrMoves(command: string): boolean {
  const code = codeOf(command);
  if (still.has(code)) return false;
  // Switching a heater off, or setting a target of 0, starts nothing.
  if (heaters.has(code)) return !isOff(command);
  return true;
}

function isOff(command: string): boolean {
  const target = wordOf(command, 'S') ?? wordOf(command, 'R');
  return target === 0;
}

/** What a host does itself with a line of a file instead of sending it. */
export type HostCommand =
  /** M0, M1, `@pause`: wait for a person. */
  | { readonly type: 'pause'; readonly text: string }
  | { readonly type: 'cancel' }
  /** Left out: it would break the line numbers, stop the machine or write its card. */
  | { readonly type: 'skip'; readonly why: string };

/** The host's part in a line of a file, or undefined for an ordinary command. `raw` is the line with its comment. */
export function hostCommand(command: string, raw: string): HostCommand | undefined {
  if (command === '') {
    const semicolon = blanksEnd(raw, 0);
    return raw[semicolon] === ';' ? atCommand(raw.slice(semicolon + 1).trim()) : undefined;
  }
  if (command.startsWith('@')) {
    const own = atCommand(command);
    if (own !== undefined) return own;
    return { type: 'skip', why: `"${command}" is a command for another program` };
  }
  switch (codeOf(command)) {
    case 'M0':
    case 'M1':
      return { type: 'pause', text: pauseText(command) };
    case 'M110':
      return { type: 'skip', why: 'M110 in the file would break the line numbers' };
    case 'M112':
      return { type: 'skip', why: 'an emergency stop in the file is left out' };
    case 'M28':
    case 'M29':
    case 'M30':
      return { type: 'skip', why: `${codeOf(command)} would write to the printer's card` };
    case 'M997':
    case 'M502':
    case 'M500':
      return { type: 'skip', why: `${codeOf(command)} would change the printer's own settings` };
    default:
      return undefined;
  }
}

/** `@pause text`, `@cancel`, `@abort`; undefined for what is none of them. */
function atCommand(text: string): HostCommand | undefined {
  const words = text.slice(0, '@cancel '.length).toLowerCase().split(/\s/);
  if (words[0] === '@pause') return { type: 'pause', text: text.slice('@pause'.length).trim() };
  return words[0] === '@cancel' || words[0] === '@abort' ? { type: 'cancel' } : undefined;
}

/** What M0 or M1 says to a person: all of it but its times, `P1000` and `S10`. */
function pauseText(command: string): string {
  let at = blanksEnd(command, digitsEnd(command, blanksEnd(command, blanksEnd(command, 0) + 1)));
  for (;;) {
    const letter = command.charAt(at).toUpperCase();
    const end = digitsEnd(command, at + 1);
    if ((letter !== 'P' && letter !== 'S') || end === at + 1) return command.slice(at).trim();
    at = blanksEnd(command, end);
  }
}

/** Commands that Marlin's emergency parser takes from the stream at once. */
export function isEmergency(command: string): boolean {
  return ['M108', 'M112', 'M410', 'M524', 'M876'].includes(codeOf(command));
}

/** What the printer is at with this command while its head does not move; undefined for ordinary ones. */
export function pastimeOf(command: string): Pastime | undefined {
  const target = wordOf(command, 'S') ?? wordOf(command, 'R');
  const celsius = target === undefined ? {} : { celsius: target };
  switch (codeOf(command)) {
    case 'M190':
      return { code: 'heating', part: 'bed', ...celsius };
    case 'M109':
      return { code: 'heating', part: 'nozzle', ...celsius };
    case 'M191':
      return { code: 'heating', part: 'chamber' };
    case 'G28':
      return { code: 'homing' };
    case 'G29':
    case 'G80':
      return { code: 'probing' };
    case 'M600':
      return { code: 'changing-filament' };
    case 'G4':
      return { code: 'dwelling' };
    default:
      return undefined;
  }
}
