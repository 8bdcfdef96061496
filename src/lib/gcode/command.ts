import { type Bytes, type Result, ok, refuse } from '../base/index.ts';
import { commandBytesMax } from './limits.ts';
import { blanksEnd, digitsEnd, isBlank, isDigit, numberAt, withoutBrackets } from './scan.ts';

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
  const numbered = afterLineNumber(text);
  if (numbered !== undefined) text = withoutChecksum(text.slice(numbered));
  else if (text.includes('*') && !textCommand.test(text)) text = withoutChecksum(text);
  if (text.includes('(') && !textCommand.test(text)) text = withoutBrackets(text).trim();
  return text;
}

/** Where the command begins behind a line's own number (`N12 `), or undefined without one. */
function afterLineNumber(text: string): number | undefined {
  if ((text.charCodeAt(0) | 0x20) !== 0x6e) return undefined;
  const first = blanksEnd(text, 1);
  const end = digitsEnd(text, first);
  return end === first ? undefined : blanksEnd(text, end);
}

/** The text without a checksum at its end (`*85`), if it has one. */
function withoutChecksum(text: string): string {
  let at = text.length;
  while (at > 0 && isBlank(text.charCodeAt(at - 1))) at -= 1;
  const end = at;
  while (at > 0 && isDigit(text.charCodeAt(at - 1))) at -= 1;
  if (at === end) return text.trimEnd();
  while (at > 0 && isBlank(text.charCodeAt(at - 1))) at -= 1;
  return (text.charCodeAt(at - 1) === 0x2a ? text.slice(0, at - 1) : text).trimEnd();
}

/** A command as a firmware takes it: short enough, texts for people cut, superfluous blanks dropped if that helps. */
export function fitted(command: string): Result<string> {
  if (command.length <= commandBytesMax) return ok(command);
  if (cuttable.test(command)) return ok(command.slice(0, commandBytesMax).trimEnd());
  const shorter = command
    .replace(/\s+/g, ' ')
    .split(' ')
    .map((word) => withoutLastZeros(word))
    .join(' ');
  if (shorter.length <= commandBytesMax) return ok(shorter);
  const shortest = textCommand.test(shorter) ? shorter : shorter.replaceAll(' ', '');
  if (shortest.length <= commandBytesMax) return ok(shortest);
  return refuse(
    'line-too-long',
    `A command has ${command.length} bytes ("${command.slice(0, 24)}…"); printers take at most ${commandBytesMax}.`,
  );
}

/** `X10.100` without the zeros that say nothing: `X10.1`. */
function withoutLastZeros(word: string): string {
  const point = word.lastIndexOf('.');
  if (point === -1 || digitsEnd(word, point + 1) !== word.length) return word;
  let end = word.length;
  while (word.charCodeAt(end - 1) === 0x30) end -= 1;
  return word.slice(0, end);
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

/** The number behind a letter (`X`, `S` …), or undefined if the letter is absent or carries no number. */
export function wordOf(command: string, letter: string): number | undefined {
  const wanted = letter.charCodeAt(0) | 0x20;
  // The first letter is the code's own: M104 has no word "M".
  for (let at = 1; at < command.length; at++) {
    if ((command.charCodeAt(at) | 0x20) !== wanted) continue;
    const number = numberAt(command, blanksEnd(command, at + 1));
    if (number !== undefined) return number.value;
  }
  return undefined;
}

/** ASCII bytes of a line, which must be ASCII. */
export function lineBytes(line: string): Bytes {
  const bytes = new Uint8Array(line.length);
  for (let i = 0; i < line.length; i++) bytes[i] = line.charCodeAt(i);
  return bytes;
}
