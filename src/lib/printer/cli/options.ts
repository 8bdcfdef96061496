import { parseArgs } from 'node:util';
import { messageOf, ok, refuse, type Result } from '../../base/index.ts';
import type { VirtualFamily } from '../virtual/index.ts';
import { virtualFamilies } from '../virtual/index.ts';

export const help = `Prints a G-code file on a printer.

  npm run printer -- --connect WHERE --print FILE [--baud N] [--json]
  npm run printer -- --serve [HOST:]PORT [--family NAME] [--speed N] [--advanced-ok]

  --connect tcp:HOST:PORT   a firmware process or a serial port shared over the network
  --connect tty:PATH        a serial port or pseudo terminal of this machine
  --connect virtual[:SPEED] the built-in virtual printer; SPEED is simulated seconds per second, or "max"
  --print FILE              the file
  --baud N                  the speed to try first on a serial port (115200)
  --json                    one JSON object on stdout and nothing else
  --terminal                every line sent and received, on stderr

  --serve [HOST:]PORT       be a virtual printer that others connect to by TCP; port 0 takes a free one and prints it
  --family NAME             its firmware: ${virtualFamilies.join(', ')}
  --speed N                 its simulated seconds per second, or "max" (1)
  --advanced-ok             it tells line number and free places with each ok
  --help                    this text

A print that pauses (M0, an error, the printer's own button) goes on with Enter. Where stdin has ended nobody can
press it: after a minute the print is cancelled. Ctrl-C cancels the print and leaves the heaters off; a second Ctrl-C is an emergency stop.
The exit status is 0 only for a good print, 1 for any other, 2 for a wrong command line.
`;

export type Options =
  | { readonly command: 'help' }
  | {
      readonly command: 'print';
      readonly connect: string;
      readonly print: string;
      readonly baud: number | undefined;
      readonly json: boolean;
      readonly terminal: boolean;
    }
  | {
      readonly command: 'serve';
      readonly host: string;
      readonly port: number;
      readonly family: VirtualFamily;
      readonly speed: number;
      readonly advancedOk: boolean;
    };

/** Highest speed that is no typing error, bits per second: USB boards take a few million. */
const baudMax = 10_000_000;

export function readOptions(args: readonly string[]): Result<Options> {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        connect: { type: 'string' },
        print: { type: 'string' },
        baud: { type: 'string' },
        json: { type: 'boolean', default: false },
        terminal: { type: 'boolean', default: false },
        serve: { type: 'string' },
        family: { type: 'string', default: 'marlin' },
        speed: { type: 'string', default: '1' },
        'advanced-ok': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    return refuse('usage', messageOf(error));
  }
  if (values.help) return ok({ command: 'help' });
  if (values.serve !== undefined) {
    const match = /^(?:(.+):)?(\d{1,5})$/.exec(values.serve);
    const port = Number(match?.[2]);
    const family = virtualFamilies.find((each) => each === values.family);
    const speed = readSpeed(values.speed);
    if (match === null || port > 65_535)
      return refuse('usage', `"${values.serve}" is no address: give [HOST:]PORT.`);
    if (family === undefined)
      return refuse('usage', `There is no family "${values.family}": ${virtualFamilies.join(', ')}.`);
    if (!speed.ok) return speed;
    const host = (match[1] ?? '127.0.0.1').replace(/^\[(.*)\]$/, '$1');
    return ok({
      command: 'serve',
      host,
      port,
      family,
      speed: speed.value,
      advancedOk: values['advanced-ok'],
    });
  }
  if (values.connect === undefined) return refuse('usage', 'Say where the printer is: --connect.');
  if (values.print === undefined) return refuse('usage', 'Say what to print: --print FILE.');
  const baud = values.baud === undefined ? undefined : Number(values.baud);
  if (baud !== undefined && !(Number.isInteger(baud) && baud > 0 && baud <= baudMax))
    return refuse('usage', `"${values.baud ?? ''}" is no speed in bits per second.`);
  const { connect, print, json, terminal } = values;
  return ok({ command: 'print', connect, print, baud, json, terminal });
}

/** Simulated seconds per second: a number above 0, or "max". */
export function readSpeed(text: string): Result<number> {
  const speed = text === 'max' ? Infinity : Number(text);
  if (!(speed > 0)) return refuse('usage', `"${text}" is no speed: give a number above 0, or "max".`);
  return ok(speed);
}
