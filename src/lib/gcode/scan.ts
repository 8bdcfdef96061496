/**
 * Reading text letter by letter. A regular expression with two repetitions that can take the same letters tries every way to share them
 * out, which takes time by the square of a line or worse. Lines come from anybody, so that nothing here goes back over what it has read.
 */

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** A to Z and a to z. */
export function isLetter(code: number): boolean {
  const small = code | 0x20;
  return small >= 0x61 && small <= 0x7a;
}

/** Space, tab, and the other blanks of ASCII that may stand within a line. */
export function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0b || code === 0x0c;
}

/** The first place at or behind `from` that is no blank. */
export function blanksEnd(text: string, from: number): number {
  let at = from;
  while (isBlank(text.charCodeAt(at))) at += 1;
  return at;
}

/** The first place at or behind `from` that is no digit. */
export function digitsEnd(text: string, from: number): number {
  let at = from;
  while (isDigit(text.charCodeAt(at))) at += 1;
  return at;
}

/** Characters of a number that are read: more digits mean nothing, and would end in infinity. */
const numberCharsMax = 40;

/** A decimal number that begins exactly at `at`, and where it ends. Undefined where none begins or it is not finite. */
export function numberAt(
  text: string,
  at: number,
): { readonly value: number; readonly end: number } | undefined {
  const sign = text.charCodeAt(at);
  const first = sign === 0x2b || sign === 0x2d ? at + 1 : at;
  let end = digitsEnd(text, first);
  const whole = end > first;
  if (text.charCodeAt(end) === 0x2e) {
    const fractionEnd = digitsEnd(text, end + 1);
    if (!whole && fractionEnd === end + 1) return undefined;
    end = fractionEnd;
  } else if (!whole) return undefined;
  return { value: Number(text.slice(at, Math.min(end, at + numberCharsMax))), end };
}

/** The first number anywhere in a text, with its minus sign if one stands right before it. */
export function firstNumber(text: string): number | undefined {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (!isDigit(code) && code !== 0x2e) continue;
    const number = numberAt(text, text.charCodeAt(at - 1) === 0x2d ? at - 1 : at);
    if (number !== undefined) return number.value;
  }
  return undefined;
}

/** The text without what stands in round brackets; a bracket that is not closed goes on to the end. */
export function withoutBrackets(text: string): string {
  let out = '';
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf('(', at);
    if (open === -1) return out + text.slice(at);
    out += text.slice(at, open);
    const close = text.indexOf(')', open);
    if (close === -1) return out;
    at = close + 1;
  }
  return out;
}
