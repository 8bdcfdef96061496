import type { JobSet, Material, PrinterId, Printer, QueueFile, Settings } from './types.ts';
import type { Finding, SizeMm } from './facts.ts';
import { type Verdict, compareMaterials } from './materials.ts';
import { canonicalModel } from './models.ts';
import { plain } from './words.ts';

/** Whether a printer can print a set. Advice only: applying a claim does not look at it. */

export type { Verdict };

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

/** Whether somebody said what a printer is: its model, or how large it is. Without either nothing can be found unfit for it. */
export function isDescribed({ model, sizeMm }: Pick<Printer, 'model' | 'sizeMm'>): boolean {
  return (model ?? '').trim() !== '' || sizeMm !== undefined;
}

function pinned(needs: Needs, printer: Printer): Finding[] {
  if (needs.printers === undefined || needs.printers.includes(printer.id)) return [];
  return [{ rule: 'printer', verdict: 'blocks', printer: printer.name }];
}

function kind({ kind: wanted }: Needs, printer: Printer): Finding[] {
  if (wanted === undefined) return [];
  const has = printer.kinds ?? ['gcode'];
  const verdict = has.includes(wanted) ? 'fits' : 'blocks';
  return [{ rule: 'kind', verdict, printer: printer.name, needs: wanted, has }];
}

function model({ models }: Needs, printer: Printer): Finding[] {
  if (models.length === 0) return [];
  const asked = { rule: 'model', printer: printer.name, needs: models } as const;
  const has = printer.model;
  if (has === undefined || has === '') return [{ ...asked, verdict: 'unknown' }];
  const own = canonicalModel(has);
  const fits = models.some((wanted) => canonicalModel(wanted) === own);
  return [{ ...asked, verdict: fits ? 'fits' : 'blocks', has }];
}

function nozzle({ nozzleMm: wanted }: Needs, printer: Printer): Finding[] {
  if (wanted === undefined) return [];
  const asked = { rule: 'nozzle', printer: printer.name, needs: wanted } as const;
  const has = printer.nozzleMm;
  if (has === undefined) return [{ ...asked, verdict: 'unknown' }];
  const fits = Math.abs(has - wanted) <= nozzleToleranceMm;
  return [{ ...asked, verdict: fits ? 'fits' : 'blocks', has }];
}

function bed({ sizeMm: size }: Needs, printer: Printer): Finding[] {
  if (size === undefined) return [];
  const asked = { rule: 'bed', printer: printer.name, needs: size } as const;
  const has: SizeMm | undefined = printer.sizeMm;
  if (has === undefined) return [{ ...asked, verdict: 'unknown' }];
  const fits = (['x', 'y', 'z'] as const).every((axis) => size[axis] <= has[axis] + sizeToleranceMm);
  return [{ ...asked, verdict: fits ? 'fits' : 'blocks', has }];
}

function surface({ surface: wanted = '' }: Needs, printer: Printer): Finding[] {
  if (plain(wanted) === '') return [];
  const asked = { rule: 'surface', printer: printer.name, needs: wanted } as const;
  const has = printer.surface ?? '';
  if (plain(has) === '') return [{ ...asked, verdict: 'unknown' }];
  return [{ ...asked, verdict: plain(has) === plain(wanted) ? 'fits' : 'blocks', has }];
}

function materials(needs: Needs, printer: Printer): Finding[] {
  return needs.materials.flatMap((wanted, at): Finding[] => {
    if (wanted.family === '' && wanted.colour === undefined) return [];
    const tool = needs.materials.length > 1 ? { tool: at + 1 } : {};
    const asked = { rule: 'material', printer: printer.name, needs: wanted, ...tool } as const;
    const has = printer.materials[at];
    if (printer.materials.length === 0) return [{ ...asked, verdict: 'unknown' }];
    if (has === undefined) return [{ ...asked, verdict: 'blocks', has: 'no-tool' }];
    return [{ ...asked, verdict: compareMaterials(wanted, has), has }];
  });
}
