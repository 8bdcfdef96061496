import type { Requirements } from '../peer/api.ts';

/** What a set asks of a printer, in words, and where it comes from. */

/** "PLA black, 0.4 mm nozzle, Prusa MK3S"; empty when nothing is asked. */
export function needsInWords(needs: Requirements): string {
  const { materials, models, nozzleMm, sizeMm, surface, printers } = needs;
  const loaded = (materials ?? [])
    .map(({ family, colour }) => [family, colour ?? ''].filter((word) => word !== '').join(' '))
    .filter((words) => words !== '');
  return [
    loaded.join(' + '),
    nozzleMm === undefined ? '' : `${nozzleMm} mm nozzle`,
    (models ?? []).join(' or '),
    sizeMm === undefined ? '' : `room for ${[sizeMm.x, sizeMm.y, sizeMm.z].map(Math.ceil).join(' × ')} mm`,
    surface === undefined || surface === '' ? '' : `a bed of ${surface}`,
    printers === undefined
      ? ''
      : printers.length === 1
        ? 'one chosen printer'
        : `${printers.length} chosen printers`,
  ]
    .filter((words) => words !== '')
    .join(', ');
}

/** What counts: own words first, then the file's, then the queue's default. */
export function effectiveNeeds(own: Requirements, file: Requirements, queue: Requirements): Requirements {
  return { ...queue, ...file, ...own };
}

/** Beds as they are commonly sold: proposed, any other word may be typed. */
export const surfaces: readonly string[] = [
  'smooth PEI',
  'textured PEI',
  'satin PEI',
  'glass',
  'garolite',
  'PP',
  'blue tape',
];

/** Materials that are proposed; any other may be typed. */
export const families: readonly string[] = ['PLA', 'PETG', 'ABS', 'ASA', 'TPU', 'PA', 'PC', 'PVA', 'HIPS'];

/** A list that was typed with commas; nothing in it means that it was not said. */
export function typedList(text: string): string[] | undefined {
  const words = text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  return words.length === 0 ? undefined : words;
}

/** A number that was typed; undefined when it is none above zero. */
export function typedNumber(text: string): number | undefined {
  const value = Number(text.trim().replace(',', '.'));
  return Number.isFinite(value) && value > 0 ? value : undefined;
}

/** "250 × 210 × 220", typed with any sign between. */
export function typedSize(text: string): { x: number; y: number; z: number } | undefined {
  const [x, y, z] = (text.match(/\d+(?:[.,]\d+)?/g) ?? []).map((word) => Number(word.replace(',', '.')));
  return x === undefined || y === undefined || z === undefined ? undefined : { x, y, z };
}

/** `needs` with one rule said or left out. */
export function withRule<Rule extends keyof Requirements>(
  needs: Requirements,
  rule: Rule,
  value: Requirements[Rule] | undefined,
): Requirements {
  const others = Object.fromEntries(Object.entries(needs).filter(([key]) => key !== rule));
  return value === undefined ? others : { ...others, [rule]: value };
}
