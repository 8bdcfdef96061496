import type { Command, Printer } from '../../queue/index.ts';
import type { PrinterChange } from '../api.ts';

/** The command that leaves a printer as it is but for what was named. */
export function printerCommand(known: Printer, change: PrinterChange): Command {
  const value = <T>(said: T | null | undefined, before: T | undefined): T | undefined =>
    said === undefined ? before : (said ?? undefined);
  const model = value(change.model, known.model);
  const nozzleMm = value(change.nozzleMm, known.nozzleMm);
  const sizeMm = value(change.sizeMm, known.sizeMm);
  const surface = value(change.surface, known.surface);
  return {
    type: 'set-printer',
    printer: known.id,
    name: change.name?.trim() ?? known.name,
    enabled: change.enabled ?? known.enabled,
    autoClear: change.autoClear ?? known.autoClear,
    materials: [...(change.materials ?? known.materials)],
    ...(model === undefined ? {} : { model }),
    ...(nozzleMm === undefined ? {} : { nozzleMm }),
    ...(sizeMm === undefined ? {} : { sizeMm }),
    ...(surface === undefined ? {} : { surface }),
    ...(known.kinds === undefined ? {} : { kinds: [...known.kinds] }),
  };
}
