import { compareColours, namesColour } from './colours.ts';
import type { Material } from './types.ts';
import { plain } from './words.ts';

/** `unknown`: nobody said enough to tell. It is shown, and does not keep a copy from being printed. */
export type Verdict = 'fits' | 'warns' | 'blocks' | 'unknown';

/** "PLA" is satisfied by every kind of PLA; "PLA+" by plain PLA only with a warning; a named colour by that colour only. */
export function compareMaterials(said: Material, there: Material): Verdict {
  const [wanted, loaded] = [asMeant(said), asMeant(there)];
  const family = compareFamilies(wanted.family, loaded.family);
  if (family === 'blocks') return 'blocks';
  if (wanted.colour !== undefined && wanted.colour !== '') {
    if (loaded.colour === undefined || loaded.colour === '') return family === 'warns' ? 'warns' : 'unknown';
    const colour = compareColours(wanted.colour, loaded.colour);
    if (colour !== 'fits') return colour;
  }
  if (wanted.name !== undefined && wanted.name !== '' && plain(wanted.name) !== plain(loaded.name ?? ''))
    return 'warns';
  return family;
}

/** What people type into one field: "any PLA" is PLA of any colour, "PLA black" is black PLA. */
function asMeant(material: Material): Material {
  const words = material.family.split(/\s+/).filter((word) => word !== '');
  if (words.length > 1 && words[0]?.toLowerCase() === 'any') words.shift();
  const last = words.at(-1);
  const family = words.join(' ');
  const saysColour = material.colour !== undefined && material.colour !== '';
  if (saysColour || words.length < 2 || last === undefined || !namesColour(last))
    return { ...material, family };
  return { ...material, family: words.slice(0, -1).join(' '), colour: last };
}

/** Whether both are of one family: "PLA Silk" and "PLA+" are PLA. */
export function sameFamily(a: string, b: string): boolean {
  return plain(a) !== '' && baseFamily(a) === baseFamily(b);
}

function compareFamilies(wanted: string, loaded: string): Verdict {
  if (wanted === '') return 'fits';
  if (loaded === '') return 'unknown';
  if (plain(wanted) === plain(loaded)) return 'fits';
  const base = baseFamily(wanted);
  if (base !== baseFamily(loaded)) return 'blocks';
  // Filled materials wear out nozzles and print differently: never taken for plain ones in silence.
  return plain(wanted) === base && !/(cf|gf|wood|metal|glow)/.test(plain(loaded)) ? 'fits' : 'warns';
}

/** Longer names first: PETG is no PET, PCTG no PC. */
const families = [
  'petg',
  'pctg',
  'pet',
  'pla',
  'abs',
  'asa',
  'tpu',
  'tpe',
  'flex',
  'pva',
  'bvoh',
  'hips',
  'peek',
  'pekk',
  'pei',
  'pps',
  'pp',
  'pc',
  'pa',
  'nylon',
];

function baseFamily(text: string): string {
  const own = plain(text.replace(/^\s*any\s/i, ''));
  const found = families.find((family) => own.startsWith(family)) ?? own;
  return found === 'nylon' ? 'pa' : found === 'flex' ? 'tpu' : found;
}
