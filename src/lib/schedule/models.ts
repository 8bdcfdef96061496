import { plain } from './words.ts';

/**
 * Printer models under one name each, however slicers and people write them. A name that is not listed is compared after the
 * same tidying, so that case, blanks, dashes and makers' names make no difference.
 */
const aliases: Readonly<Record<string, readonly string[]>> = {
  mk3s: ['mk3splus', 'i3mk3s', 'i3mk3splus', 'mk3smk3splus', 'i3mk3smk3splus', 'mk3smmu2s', 'mk3smmu3'],
  mk3: ['i3mk3', 'mk3mmu2'],
  mk25s: ['i3mk25s', 'mk25', 'i3mk25'],
  mk35: ['i3mk35', 'mk35mmu3'],
  mk39: ['i3mk39', 'mk39mmu3'],
  mk4: ['i3mk4', 'mk4is', 'mk4mmu3'],
  mk4s: ['i3mk4s', 'mk4smmu3'],
  mini: ['miniplus', 'miniis', 'miniminiplus'],
  xl: ['xl1', 'xl2t', 'xl5t', 'xlis', 'xl5', 'xl2'],
  coreone: ['core1'],
  ender3: ['ender3pro'],
  ender3v2: ['ender3v2neo'],
  ender3s1: ['ender3s1pro', 'ender3s1plus'],
  ender5: ['ender5pro'],
  cr10: ['cr10s', 'cr10mini'],
  kobra2: ['kobra2neo'],
  neptune4: ['neptune4pro'],
  sidewinderx1: ['artillerysidewinderx1'],
  ultimaker2: ['ultimaker2plus', 'um2', 'um2plus'],
};

/** Makers and words that stand before the model. */
const makers =
  /\b(original|prusa research|prusa3d|prusa|creality3d|creality|anycubic|artillery|elegoo|sovol|lulzbot|flashforge|voron design|voron|bambu lab|bambulab|bambu|qidi|anet|geeetech|biqu|ultimaker bv)\b/g;

const canonical = new Map<string, string>();
for (const [name, others] of Object.entries(aliases)) for (const other of others) canonical.set(other, name);

/** One name per model; empty if the text says nothing. */
export function canonicalModel(text: string): string {
  // "Prusa" alone names a maker: it is no model, and still not the same as "Creality".
  const own = plain(text.normalize('NFKC').toLowerCase().replace(makers, ' ')) || plain(text);
  return canonical.get(own) ?? own;
}
