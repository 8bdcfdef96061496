import { type Result, refuse } from '../base/index.ts';
import { codeOf, commandBytesMax, fitted } from '../gcode/index.ts';

/**
 * Variables of a script: `{x} {y} {z} {e}` (millimetres, where the print stopped), `{nozzle} {bed}` (targets, °C), `{fan}` (0 to 255),
 * `{tool}`, `{file}`. A number comes from the printer or from us, a text from whoever named the file.
 */
export type ScriptValues = Readonly<Record<string, string | number>>;

/** Decimals of a number in a line: a hundred-thousandth of a millimetre is less than any machine resolves. */
const decimals = 5;

/** Largest number in a line, without sign: beyond it JavaScript writes an exponent, which a firmware takes for the word E. */
const numberMax = 1e9;

/** Stands for a name of which nothing can be shown in ASCII. */
const namelessText = 'print';

/** Letters that Unicode does not take apart into a letter and its marks. */
const spelledOut: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ø: 'o',
  Ø: 'O',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
  ð: 'd',
  þ: 'th',
  ı: 'i',
};

/**
 * A bare line of a script with its variables filled in: one line of printable ASCII, short enough for a firmware. A text value stays
 * within the place that the script's owner gave it, whatever it holds. Refused with `unknown-variable`, `bad-number`, `text-in-command`
 * or `line-too-long`.
 */
export function filledIn(line: string, values: ScriptValues): Result<string> {
  const parts = partsOf(line);
  const filled: string[] = [];
  let texts = 0;
  for (const part of parts) {
    if (part.name === undefined) {
      filled.push(part.text);
      continue;
    }
    // Own keys only: an object also has a "constructor".
    const value = Object.hasOwn(values, part.name) ? values[part.name] : undefined;
    if (value === undefined)
      return refuse('unknown-variable', `it uses {${part.name}}, which is not known here.`);
    if (typeof value === 'string') {
      if (!mayHoldText(line, part.at)) return refuse('text-in-command', textInCommand(part.name));
      texts += 1;
      filled.push('');
      continue;
    }
    const number = numberText(value);
    if (number === undefined)
      return refuse('bad-number', `{${part.name}} is ${value}, which is no number for a printer.`);
    filled.push(number);
  }
  if (texts > 0) {
    const used = filled.reduce((sum, text) => sum + text.length, 0);
    const room = Math.max(0, Math.floor((commandBytesMax - used) / texts));
    const spaces = isMessage(line);
    for (const [index, part] of parts.entries()) {
      const value = part.name === undefined ? undefined : values[part.name];
      if (typeof value === 'string') filled[index] = fitText(value, spaces, room);
    }
  }
  return fitted(filled.join('').trimEnd());
}

/** Where a line can hold a text that somebody else wrote: M117's message, or a parameter of a macro that has a name. */
function mayHoldText(line: string, at: number): boolean {
  const blank = line.indexOf(' ');
  // Before the first blank it would be part of the command itself.
  if (blank === -1 || at < blank) return false;
  return isMessage(line) || isMacro(line);
}

function isMessage(line: string): boolean {
  return codeOf(line) === 'M117';
}

/** Klipper's commands with names, such as START_PRINT. */
function isMacro(line: string): boolean {
  return codeOf(line) === '' && /^[A-Z_][A-Z0-9_]{2,} /i.test(line);
}

function textInCommand(name: string): string {
  return `{${name}} is a text that somebody else wrote: it may stand behind M117, or in a parameter of a macro with a name, and nowhere else.`;
}

/** A number as G-code has it: no exponent, no more digits than mean something. */
function numberText(value: number): string | undefined {
  if (!Number.isFinite(value) || Math.abs(value) > numberMax) return undefined;
  const rounded = Math.round(value * 10 ** decimals) / 10 ** decimals;
  return String(Object.is(rounded, -0) ? 0 : rounded);
}

/**
 * A text from outside, fit to stand within one line: letters, digits and a few signs that mean nothing to any firmware. What remains of
 * everything else is its letter, or nothing. Without `spaces` it is one word, so that it cannot bring a parameter of its own.
 */
export function fitText(text: string, spaces: boolean, charsMax: number): string {
  // Four code units of a name can come to one that is kept; what is beyond is cut anyway.
  const plain = text
    .slice(0, 4 * commandBytesMax)
    .replace(/[ßæÆœŒøØłŁđĐðþı]/g, (each) => spelledOut[each] ?? '');
  // Decomposing first: it makes semicolons and stars out of other characters.
  let fit = plain.normalize('NFKD').replace(/[^A-Za-z0-9 _.,+()-]/g, '');
  fit = spaces ? fit.trim() : fit.trim().replace(/[^A-Za-z0-9_.-]/g, '_');
  if (!/[A-Za-z0-9]/.test(fit)) fit = namelessText;
  return fit.slice(0, charsMax).trimEnd();
}

interface Part {
  readonly text: string;
  /** The variable's name; undefined for what stands as it is. */
  readonly name: string | undefined;
  readonly at: number;
}

function partsOf(line: string): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const match of line.matchAll(/\{(\w{1,40})\}/g)) {
    parts.push({ text: line.slice(from, match.index), name: undefined, at: from });
    parts.push({ text: match[0], name: match[1], at: match.index });
    from = match.index + match[0].length;
  }
  parts.push({ text: line.slice(from), name: undefined, at: from });
  return parts;
}
