import { plainWords } from './words.ts';

/**
 * Colours as people and slicers write them: "black", "Galaxy Blue", "#1a1a1a". A name and a number are the same colour when the
 * number lies near the name's; whether one may stand for the other is for a person to say, so what is only near warns.
 */
export type ColourVerdict = 'fits' | 'warns' | 'blocks';

type Rgb = readonly [red: number, green: number, blue: number];

/** What filament is commonly sold as, with what it looks like. */
const named: Readonly<Record<string, Rgb>> = {
  black: [20, 20, 20],
  white: [245, 245, 245],
  grey: [128, 128, 128],
  silver: [192, 192, 192],
  red: [215, 25, 30],
  orange: [255, 125, 10],
  yellow: [250, 220, 20],
  green: [20, 150, 50],
  blue: [20, 70, 200],
  turquoise: [50, 190, 190],
  purple: [120, 40, 160],
  pink: [245, 120, 175],
  magenta: [200, 20, 130],
  brown: [110, 65, 35],
  beige: [225, 200, 160],
  gold: [205, 160, 50],
};

const synonyms: Readonly<Record<string, string>> = {
  gray: 'grey',
  violet: 'purple',
  cyan: 'turquoise',
  teal: 'turquoise',
  transparent: 'clear',
  translucent: 'clear',
  fuchsia: 'magenta',
  schwarz: 'black',
  noir: 'black',
  weiß: 'white',
  weiss: 'white',
  blanc: 'white',
  grau: 'grey',
  gris: 'grey',
  rot: 'red',
  rouge: 'red',
  rojo: 'red',
  grün: 'green',
  vert: 'green',
  verde: 'green',
  blau: 'blue',
  bleu: 'blue',
  azul: 'blue',
  gelb: 'yellow',
  jaune: 'yellow',
  amarillo: 'yellow',
  negro: 'black',
  blanco: 'white',
};

/** Distances up to which two numbers are one colour, a number is what a name says, and one may be taken for the other. */
const sameMax = 40;
const sameNamedMax = 100;
const nearMax = 160;

/** @param wanted and @param loaded: neither empty */
export function compareColours(wanted: string, loaded: string): ColourVerdict {
  const [a, b] = [numberOf(wanted), numberOf(loaded)];
  if (a !== undefined && b !== undefined) return byDistance(distance(a, b), sameMax);
  if (a !== undefined) return compareNumber(a, wordsOf(loaded));
  if (b !== undefined) return compareNumber(b, wordsOf(wanted));
  const [want, have] = [wordsOf(wanted), wordsOf(loaded)];
  if (want.join(' ') === have.join(' ')) return 'fits';
  // "blue" is asked for and "galaxy blue" is there: it may do. "galaxy blue" is asked for and plain "blue" is there: likewise.
  const contains = (all: readonly string[], some: readonly string[]) =>
    some.length > 0 && some.every((word) => all.includes(word));
  return contains(have, want) || contains(want, have) ? 'warns' : 'blocks';
}

/** Whether a word is the name of a colour. */
export function namesColour(word: string): boolean {
  const [own, ...more] = wordsOf(word);
  return own !== undefined && more.length === 0 && Object.hasOwn(named, own);
}

/** A number against words: one that is far from what they name is another colour; words that name none leave it to a person. */
function compareNumber(rgb: Rgb, words: readonly string[]): ColourVerdict {
  const meant = words.map((word) => named[word]).find((found) => found !== undefined);
  if (meant === undefined) return 'warns';
  const far = distance(rgb, meant);
  // "dark blue" is not what "blue" looks like: only the one word alone is sure.
  return words.length === 1 ? byDistance(far, sameNamedMax) : far <= nearMax ? 'warns' : 'blocks';
}

function byDistance(far: number, same: number): ColourVerdict {
  return far <= same ? 'fits' : far <= nearMax ? 'warns' : 'blocks';
}

function numberOf(text: string): Rgb | undefined {
  const digits = /^(?:#[0-9a-f]{3}|#?[0-9a-f]{6}(?:[0-9a-f]{2})?)$/i.exec(text.trim())?.[0].replace('#', '');
  if (digits === undefined) return undefined;
  const full = digits.length === 3 ? [...digits].map((digit) => digit + digit).join('') : digits;
  const at = (place: number) => Number.parseInt(full.slice(place, place + 2), 16);
  return [at(0), at(2), at(4)];
}

function wordsOf(text: string): readonly string[] {
  return plainWords(text).map((word) => synonyms[word] ?? word);
}

/** How different two colours look, by the “redmean” approximation: 0 to about 765. */
function distance(a: Rgb, b: Rgb): number {
  const mean = (a[0] + b[0]) / 2;
  const [red, green, blue] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
  return Math.sqrt((2 + mean / 256) * red * red + 4 * green * green + (2 + (255 - mean) / 256) * blue * blue);
}
