/** Temperatures for a material, set with one touch (and one question). °C. */
export interface Preset {
  readonly name: string;
  readonly nozzle: number;
  readonly bed: number;
}

/** What makers of these plastics print on their spools, in the middle. */
export const standardPresets: readonly Preset[] = [
  { name: 'PLA', nozzle: 215, bed: 60 },
  { name: 'PETG', nozzle: 240, bed: 75 },
  { name: 'ABS', nozzle: 250, bed: 100 },
  { name: 'ASA', nozzle: 255, bed: 100 },
  { name: 'TPU', nozzle: 225, bed: 50 },
];

/** More presets than this are a list to search, not buttons to press. */
export const presetsMax = 12;

const nameMax = 20;

/** One preset a line: "PLA 215 60". What cannot be read is named. */
export function parsePresets(
  text: string,
):
  { readonly ok: true; readonly presets: readonly Preset[] } | { readonly ok: false; readonly text: string } {
  const presets: Preset[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const match = /^(.+?)[\s,]+(\d{1,3})\s*(?:°C?)?[\s,/]+(\d{1,3})\s*(?:°C?)?$/.exec(line.trim());
    const [, name, nozzle, bed] = match ?? [];
    if (name === undefined || name.length > nameMax)
      return { ok: false, text: `Line ${at + 1} is not a preset. It looks like: PLA 215 60` };
    presets.push({ name, nozzle: Number(nozzle), bed: Number(bed) });
  }
  if (presets.length > presetsMax) return { ok: false, text: `At most ${presetsMax} presets.` };
  return { ok: true, presets };
}

export function presetsText(presets: readonly Preset[]): string {
  return presets.map(({ name, nozzle, bed }) => `${name} ${nozzle} ${bed}`).join('\n');
}
