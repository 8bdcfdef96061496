import { type QueueView, type Totals, importedId, othersRow } from '../../queue/index.ts';
import type { Figures, TotalsRow } from '../api.ts';

/** Totals of a queue with a name for each row: what was counted outlives the printers, people and prints it was counted of. */
export function figuresOf(view: Pick<QueueView, 'totals' | 'printers' | 'members' | 'history'>): Figures {
  const { totals, members } = view;
  const printers = printerNames(view);
  return {
    all: totals.all,
    byPrinter: rowsOf(totals.byPrinter, (id) => printers.get(id) ?? 'a printer that was removed'),
    byPerson: rowsOf(totals.byPerson, (id) => members.get(id as never)?.name ?? 'someone who left'),
    byMaterial: rowsOf(totals.byMaterial, (id) => (id === 'unknown' ? 'not known' : id)),
  };
}

/** Of printers that were removed the name that they had at their last print, as long as the queue has that one. */
function printerNames({
  totals,
  printers,
  history,
}: Pick<QueueView, 'totals' | 'printers' | 'history'>): ReadonlyMap<string, string> {
  const names = new Map<string, string>([[importedId, 'imported']]);
  for (const { id, name } of printers.values()) names.set(id, name);
  if ([...totals.byPrinter.keys()].every((id) => names.has(id) || id === othersRow)) return names;
  const last = new Map<string, string>();
  for (const { printer, printerName } of history.values()) last.set(printer, printerName);
  for (const [id, name] of last) if (!names.has(id)) names.set(id, `${name}, removed`);
  return names;
}

function rowsOf(totals: ReadonlyMap<string, Totals>, name: (id: string) => string): readonly TotalsRow[] {
  return [...totals]
    .map(([id, row]) => ({ ...row, id, name: id === othersRow ? 'others, long ago' : name(id) }))
    .sort((a, b) => b.prints - a.prints || a.name.localeCompare(b.name));
}
