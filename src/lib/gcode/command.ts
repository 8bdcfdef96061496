import { type Bytes, type Result, ok, refuse } from '../base/index.ts';
import { commandBytesMax } from './limits.ts';

/** Commands whose parameter is a text for people or a name, so that `(` and spaces in it mean themselves. */
const textCommand = /^M(?:0|1|16|20|23|28|30|32|117|118|928)(?![0-9.])/i;

/** Of these a long text may be cut short: nothing is lost but the end of a message. */
const cuttable = /^M(?:0|1|117|118)(?![0-9.])/i;

/**
 * The bare command of a line: no comment, no line number and checksum of its own, no blanks around it, and nothing
 * but printable ASCII, because a checksum is over the bytes that are sent. Empty if the line holds no command.
 */
export function stripped(line: string): string {
  const comment = line.indexOf(';');
  let text = comment === -1 ? line : line.slice(0, comment);
  // Written so that lines as slicers make them pass without a copy.
  if (/[^\x20-\x7e]/.test(text)) text = text.replace(/[\t\v\f]+/g, ' ').replace(/[^\x20-\x7e]+/g, '');
  text = text.trim();
  if (text === '') return '';
  if (/^[nN]\s*\d/.test(text))
    text = text
      .replace(/^[nN]\s*\d+\s*/, '')
      .replace(/\*\s*\d+\s*$/, '')
      .trimEnd();
  else if (text.includes('*') && !textCommand.test(text)) text = text.replace(/\*\s*\d+\s*$/, '').trimEnd();
  if (text.includes('(') && !textCommand.test(text)) text = text.replace(/\([^)]*\)?/g, '').trim();
  return text;
}

/** A command as a firmware takes it: short enough, texts for people cut, superfluous blanks dropped if that helps. */
export function fitted(command: string): Result<string> {
  if (command.length <= commandBytesMax) return ok(command);
  if (cuttable.test(command)) return ok(command.slice(0, commandBytesMax).trimEnd());
  const shorter = command.replace(/\s+/g, ' ').replace(/(\.\d*?)0+(?=\s|$)/g, '$1');
  if (shorter.length <= commandBytesMax) return ok(shorter);
  const shortest = textCommand.test(shorter) ? shorter : shorter.replaceAll(' ', '');
  if (shortest.length <= commandBytesMax) return ok(shortest);
  return refuse(
    'line-too-long',
    `A command has ${command.length} bytes ("${command.slice(0, 24)}…"); printers take at most ${commandBytesMax}.`,
  );
}

/** XOR of all bytes: the checksum of RepRap's line protocol. */
export function checksum(text: string): number {
  let sum = 0;
  for (let i = 0; i < text.length; i++) sum ^= text.charCodeAt(i) & 0xff;
  return sum;
}

/** `N<number> <command>*<checksum>` without a line end. */
export function numbered(number: number, command: string): string {
  const line = `N${number} ${command}`;
  return `${line}*${checksum(line)}`;
}

/** The word a command starts with, in capitals and without leading zeros: `G1`, `M104`, `T0`, `G92.1`; else ''. */
export function codeOf(command: string): string {
  // Every line of a file comes through here several times: letter by letter, without a regular expression.
  let at = blanksEnd(command, 0);
  const letter = command.charCodeAt(at) & ~0x20;
  if (letter !== 0x47 && letter !== 0x4d && letter !== 0x54 && letter !== 0x44) return '';
  at = blanksEnd(command, at + 1);
  const first = at;
  while (isDigit(command.charCodeAt(at))) at += 1;
  if (at === first) return '';
  // G01 is G1, but G0 stays.
  let from = first;
  while (from < at - 1 && command.charCodeAt(from) === 0x30) from += 1;
  if (command.charCodeAt(at) === 0x2e && isDigit(command.charCodeAt(at + 1))) {
    at += 2;
    while (isDigit(command.charCodeAt(at))) at += 1;
  }
  return String.fromCharCode(letter) + command.slice(from, at);
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function blanksEnd(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) === 0x20 || text.charCodeAt(at) === 0x09) at += 1;
  return at;
}

/** The number behind a letter (`X`, `S` …), or undefined if the letter is absent or carries no number. */
export function wordOf(command: string, letter: string): number | undefined {
  // The first letter is the code's own: M104 has no word "M".
  const match = new RegExp(`${letter}\\s*([-+]?(?:\\d+\\.?\\d*|\\.\\d+))`, 'i').exec(command.slice(1));
  return match === null ? undefined : Number(match[1]);
}

/** ASCII bytes of a line, which must be ASCII. */
export function lineBytes(line: string): Bytes {
  const bytes = new Uint8Array(line.length);
  for (let i = 0; i < line.length; i++) bytes[i] = line.charCodeAt(i);
  return bytes;
}
