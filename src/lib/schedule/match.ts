import type { JobSet, Material, PrinterId, Printer, QueueFile, Settings } from './types.ts';
import { type Verdict, compareMaterials, describeMaterial } from './materials.ts';
import { canonicalModel } from './models.ts';
import { plain } from './words.ts';

/** Whether a printer can print a set. Advice only: applying a claim does not look at it. */

export type { Verdict };
export type Rule = 'printer' | 'kind' | 'model' | 'nozzle' | 'bed' | 'surface' | 'material';

/** What one rule says, with a sentence for a person. */
export interface Finding {
  readonly rule: Rule;
  readonly verdict: Verdict;
  readonly text: string;
  /** What is needed, without naming a printer: "a 0.6 mm nozzle". */
  readonly need: string;
  /** What the printer has instead: "0.4 mm". */
  readonly has: string;
}

export interface Match {
  /** The worst of all rules: blocks, then warns, then unknown, then fits. */
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
}

/** What a set asks of a printer, from its own requirements, then its file, then the queue's default. */
export interface Needs {
  readonly kind: string | undefined;
  readonly models: readonly string[];
  readonly nozzleMm: number | undefined;
  readonly materials: readonly Material[];
  readonly sizeMm: { readonly x: number; readonly y: number; readonly z: number } | undefined;
  /** What the bed is to be covered with. */
  readonly surface: string | undefined;
  readonly printers: readonly PrinterId[] | undefined;
}

/** Nozzles that differ by less are the same, in mm. */
const nozzleToleranceMm = 0.001;
/** A print may be this much larger than the printer's stated room: purge lines stand on the edge. In mm. */
const sizeToleranceMm = 1;

export function needsOf(set: JobSet, file: QueueFile | undefined, settings: Settings): Needs {
  const own = set.requirements;
  const meta = file?.meta ?? {};
  const otherwise = settings.defaultRequirements;
  const model = meta.printerModel === undefined || meta.printerModel === '' ? undefined : [meta.printerModel];
  // A slicer's colour is a picture on its screen, not a wish: only the family counts.
  const sliced = meta.materials?.map(({ family }) => ({ family }));
  return {
    kind: meta.kind,
    models: own.models ?? model ?? otherwise.models ?? [],
    nozzleMm: own.nozzleMm ?? meta.nozzleMm ?? otherwise.nozzleMm,
    materials: own.materials ?? sliced ?? otherwise.materials ?? [],
    sizeMm: own.sizeMm ?? meta.sizeMm ?? otherwise.sizeMm,
    surface: own.surface ?? otherwise.surface,
    printers: own.printers ?? otherwise.printers,
  };
}

export function matchPrinter(needs: Needs, printer: Printer): Match {
  const findings: Finding[] = [
    ...pinned(needs, printer),
    ...kind(needs, printer),
    ...model(needs, printer),
    ...nozzle(needs, printer),
    ...bed(needs, printer),
    ...surface(needs, printer),
    ...materials(needs, printer),
  ];
  const worst = (['blocks', 'warns', 'unknown'] as const).find((v) => findings.some((f) => f.verdict === v));
  return { verdict: worst ?? 'fits', findings };
}

function finding(rule: Rule, verdict: Verdict, printer: Printer, need: string, has: string): Finding[] {
  const text =
    verdict === 'fits'
      ? `${printer.name} has ${need}.`
      : verdict === 'unknown'
        ? `It needs ${need}; nobody said what ${printer.name} has.`
        : `It needs ${need}; ${printer.name} has ${has}.`;
  return [{ rule, verdict, text, need, has }];
}

function pinned(needs: Needs, printer: Printer): Finding[] {
  if (needs.printers === undefined) return [];
  if (needs.printers.includes(printer.id)) return [];
  const need = 'a printer that was chosen for it';
  return [
    {
      rule: 'printer',
      verdict: 'blocks',
      text: `It is meant for other printers than ${printer.name}.`,
      need,
      has: 'another name',
    },
  ];
}

function kind(needs: Needs, printer: Printer): Finding[] {
  if (needs.kind === undefined) return [];
  const kinds = printer.kinds ?? ['gcode'];
  const verdict = kinds.includes(needs.kind) ? 'fits' : 'blocks';
  return finding(
    'kind',
    verdict,
    printer,
    `a printer that reads .${needs.kind}`,
    kinds.map((k) => `.${k}`).join(', '),
  );
}

function model(needs: Needs, printer: Printer): Finding[] {
  if (needs.models.length === 0) return [];
  const need = needs.models.length === 1 ? `a ${needs.models[0] ?? ''}` : `one of ${needs.models.join(', ')}`;
  if (printer.model === undefined || printer.model === '')
    return finding('model', 'unknown', printer, need, '');
  const own = canonicalModel(printer.model);
  const fits = needs.models.some((wanted) => canonicalModel(wanted) === own);
  return finding('model', fits ? 'fits' : 'blocks', printer, need, `the model ${printer.model}`);
}

function nozzle(needs: Needs, printer: Printer): Finding[] {
  if (needs.nozzleMm === undefined) return [];
  const need = `a ${needs.nozzleMm} mm nozzle`;
  if (printer.nozzleMm === undefined) return finding('nozzle', 'unknown', printer, need, '');
  const fits = Math.abs(printer.nozzleMm - needs.nozzleMm) <= nozzleToleranceMm;
  return finding('nozzle', fits ? 'fits' : 'blocks', printer, need, `${printer.nozzleMm} mm`);
}

function bed(needs: Needs, printer: Printer): Finding[] {
  const size = needs.sizeMm;
  if (size === undefined) return [];
  const shown = (of: { x: number; y: number; z: number }) =>
    [of.x, of.y, of.z].map(Math.ceil).join(' × ') + ' mm';
  const need = `room for ${shown(size)}`;
  if (printer.sizeMm === undefined) return finding('bed', 'unknown', printer, need, '');
  const room = printer.sizeMm;
  const fits = (['x', 'y', 'z'] as const).every((axis) => size[axis] <= room[axis] + sizeToleranceMm);
  return finding('bed', fits ? 'fits' : 'blocks', printer, need, shown(room));
}

function surface(needs: Needs, printer: Printer): Finding[] {
  const wanted = needs.surface ?? '';
  if (plain(wanted) === '') return [];
  const need = `a bed of ${wanted}`;
  const there = printer.surface ?? '';
  if (plain(there) === '') return finding('surface', 'unknown', printer, need, '');
  return finding('surface', plain(there) === plain(wanted) ? 'fits' : 'blocks', printer, need, there);
}

function materials(needs: Needs, printer: Printer): Finding[] {
  return needs.materials.flatMap((wanted, tool) => {
    if (wanted.family === '' && wanted.colour === undefined) return [];
    const need = describeMaterial(wanted) + (needs.materials.length > 1 ? ` in tool ${tool + 1}` : '');
    const loaded = printer.materials[tool];
    if (printer.materials.length === 0) return finding('material', 'unknown', printer, need, '');
    if (loaded === undefined) return finding('material', 'blocks', printer, need, 'no such tool');
    return finding('material', compareMaterials(wanted, loaded), printer, need, describeMaterial(loaded));
  });
}
