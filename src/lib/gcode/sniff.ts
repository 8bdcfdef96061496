import { type Refusal, type Result, ok, refuse } from '../base/index.ts';
import { sniffBytes } from './limits.ts';
import { blanksEnd, digitsEnd, isDigit, isLetter } from './scan.ts';

const signatures: readonly { readonly bytes: readonly number[]; readonly refusal: Refusal }[] = [
  {
    bytes: [0x47, 0x43, 0x44, 0x45],
    refusal: {
      code: 'binary-gcode',
      text: 'This is binary G-code (.bgcode). Switch "Supports binary G-code" off in the printer settings of your slicer and export it again.',
    },
  },
  {
    bytes: [0x50, 0x4b, 0x03, 0x04],
    refusal: {
      code: 'archive',
      text: 'This is a zip archive (a .3mf project or a .gcode.3mf). Export plain G-code from your slicer instead.',
    },
  },
  {
    bytes: [0x1f, 0x8b],
    refusal: { code: 'archive', text: 'This file is compressed (gzip). Unpack it first.' },
  },
  {
    bytes: [0x89, 0x50, 0x4e, 0x47],
    refusal: { code: 'not-gcode', text: 'This is a picture, not G-code.' },
  },
  {
    bytes: [0x25, 0x50, 0x44, 0x46],
    refusal: { code: 'not-gcode', text: 'This is a PDF, not G-code.' },
  },
];

const notGcode =
  'No printer command was found at the start of this file, so it is not G-code. Slice the model and export G-code.';

/**
 * Whether a file that starts with these bytes (up to `sniffBytes` of them are looked at) can be G-code; if not, why
 * and what to do. `size` is the whole file's, in bytes.
 */
export function looksLikeGcode(firstBytes: Uint8Array, size = firstBytes.length): Result<void> {
  if (size === 0 || firstBytes.length === 0) return refuse('empty', 'The file is empty.');
  for (const { bytes, refusal } of signatures) {
    if (bytes.every((byte, index) => firstBytes[index] === byte)) return { ok: false, refusal };
  }
  const head = firstBytes.subarray(0, sniffBytes);
  const text = new TextDecoder().decode(head);
  const start = text.slice(0, startCharsMax).trimStart();
  if (/^solid\s/.test(start) && hasFacet(text)) return refuse('model', modelText('an STL model'));
  if (isBinaryStl(firstBytes, size)) return refuse('model', modelText('an STL model'));
  if (start.startsWith('ISO-10303-21')) return refuse('model', modelText('a STEP model'));
  if (/^(?:<\?xml|<!doctype|<html|<svg|\{|\[)/i.test(start)) return refuse('not-gcode', notGcode);
  if (head.includes(0))
    return refuse('binary', 'This is a binary file, not G-code. Slice the model and export G-code.');
  let comments = 0;
  let commands = 0;
  let others = 0;
  const lines = text.split(/\r\n|\n|\r/);
  // A line cut by the end of what we look at says nothing.
  if (head.length < size && lines.length > 1) lines.pop();
  for (const line of lines) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed === '%') continue;
    if (/^[;(@]/.test(trimmed)) comments += 1;
    else if (isCommand(trimmed) || isMacro(trimmed)) commands += 1;
    else others += 1;
  }
  if (commands > others) return ok(undefined);
  // Thumbnails and configuration at the head can fill all that is looked at.
  if (commands === 0 && others === 0 && comments > 0 && head.length < size) return ok(undefined);
  if (commands === 0 && others === 0)
    return refuse('no-commands', 'The file holds no command for a printer, only comments or blank lines.');
  return refuse('not-gcode', notGcode);
}

/** Characters at the start in which blanks may stand before what tells a file's kind. */
const startCharsMax = 1_024;

/** `G1 …`, `M104 …`, `T0`, also behind a line number. */
function isCommand(line: string): boolean {
  let at = 0;
  if ((line.charCodeAt(0) | 0x20) === 0x6e) {
    const digits = digitsEnd(line, 1);
    if (digits > 1) at = blanksEnd(line, digits);
  }
  const letter = line.charAt(at).toUpperCase();
  if (letter !== 'G' && letter !== 'M' && letter !== 'T') return false;
  const number = blanksEnd(line, at + 1);
  return isDigit(line.charCodeAt(line[number] === '-' ? number + 1 : number));
}

/** Klipper's `START_PRINT`, alone or with `NAME=value` behind it. */
function isMacro(line: string): boolean {
  const end = nameEnd(line, 0);
  if (end < 2 || !isLetter(line.charCodeAt(0))) return false;
  const next = blanksEnd(line, end);
  if (next === line.length || line[next] === ';') return true;
  const name = nameEnd(line, next);
  return next > end && name > next && line[name] === '=';
}

/** Where a name of capitals, digits and underscores ends that begins at `from`. */
function nameEnd(line: string, from: number): number {
  let at = from;
  while (/^[A-Z0-9_]$/.test(line.charAt(at))) at += 1;
  return at;
}

/** Whether it holds `facet normal`, with any blanks between the words. */
function hasFacet(text: string): boolean {
  for (let at = text.indexOf('facet'); at !== -1; at = text.indexOf('facet', at + 1)) {
    const next = blanksEnd(text, at + 'facet'.length);
    if (text.startsWith('normal', next)) return true;
  }
  return false;
}

function modelText(what: string): string {
  return `This is ${what}, not G-code. Open it in a slicer and export G-code for your printer.`;
}

/** A binary STL: 80 bytes of anything, the count of triangles, 50 bytes each. */
function isBinaryStl(bytes: Uint8Array, size: number): boolean {
  if (bytes.length < 84) return false;
  const triangles = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(80, true);
  return triangles > 0 && size === 84 + triangles * 50;
}
