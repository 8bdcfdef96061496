import type { HistoryEntry, QueueView } from '../../queue/index.ts';
import type { TotalsRow } from '../api.ts';
import { figuresOf } from './figures.ts';
import { reasonText } from '../../words/index.ts';

/** The history as files for a spreadsheet or a program: one row per ended print, oldest first, and totals beside them. */

/** Without it, spreadsheet programs read UTF-8 as the system's old character set, and umlauts break. */
const byteOrderMark = '\u{FEFF}';

const columns = [
  'print',
  'job',
  'file',
  'printer',
  'peer',
  'submitter',
  'material',
  'started',
  'ended',
  'seconds',
  'filament_mm',
  'outcome',
  'reason',
  'decided_by',
  'surplus',
  'lines',
  'resends',
] as const;

type Row = Readonly<Record<(typeof columns)[number], string | number | boolean | null>>;

const totalsColumns = [
  'by',
  'name',
  'prints',
  'good',
  'failed',
  'cancelled',
  'unknown',
  'surplus',
  'seconds',
  'filament_mm',
  'id',
] as const;

type TotalsTable = Readonly<Record<(typeof totalsColumns)[number], string | number | null>>;

/** What names the rows of the totals come from. */
type Counted = Pick<QueueView, 'totals' | 'printers' | 'members' | 'history'>;

/** One row per ended print that the queue still has. */
export function historyAsCsv(view: Pick<QueueView, 'history' | 'members'>): string {
  return csv(columns, rowsOf(view));
}

/** Totals of all prints that ever ended, also of those whose own rows were forgotten: of all together, by printer, by person and by material. */
export function totalsAsCsv(view: Counted): string {
  return csv(totalsColumns, totalsRowsOf(view));
}

/** Comma-separated values after RFC 4180, with a first line of names. */
function csv<Column extends string>(
  names: readonly Column[],
  rows: Iterable<Readonly<Record<Column, string | number | boolean | null>>>,
): string {
  const lines = [names.join(',')];
  for (const row of rows) lines.push(names.map((name) => csvField(row[name])).join(','));
  return `${byteOrderMark}${lines.join('\r\n')}\r\n`;
}

/** The rows of both, as JSON. */
export function historyAsJson(view: Counted & Pick<QueueView, 'head'>): string {
  const { head } = view;
  const totals = figuresOf(view);
  return JSON.stringify(
    {
      format: 'peerprint-history',
      version: 1,
      queue: { id: head.id, name: head.name },
      totals: {
        all: totals.all,
        by_printer: byId(totals.byPrinter),
        by_person: byId(totals.byPerson),
        by_material: byId(totals.byMaterial),
      },
      prints: [...rowsOf(view)],
    },
    undefined,
    1,
  );
}

function byId(rows: readonly TotalsRow[]) {
  return Object.fromEntries(rows.map(({ id, ...row }) => [id, row]));
}

function* totalsRowsOf(view: Counted): IterableIterator<TotalsTable> {
  const { all, byPrinter, byPerson, byMaterial } = figuresOf(view);
  const line = (by: string, { filamentMm, ...row }: TotalsRow): TotalsTable => ({
    ...row,
    by,
    filament_mm: filamentMm,
  });
  yield line('all', { ...all, id: '', name: '' });
  for (const row of byPrinter) yield line('printer', row);
  for (const row of byPerson) yield line('person', row);
  for (const row of byMaterial) yield line('material', row);
}

function* rowsOf({ history, members }: Pick<QueueView, 'history' | 'members'>): IterableIterator<Row> {
  const name = (peer: HistoryEntry['holder']) => members.get(peer)?.name ?? peer;
  for (const entry of history.values()) {
    yield {
      print: entry.id,
      job: entry.jobName,
      file: entry.fileName,
      printer: entry.printerName,
      peer: name(entry.holder),
      submitter: name(entry.submitter),
      material: entry.material,
      started: time(entry.startedWallMs),
      ended: time(entry.endedWallMs),
      seconds: entry.seconds,
      filament_mm: entry.filamentMm,
      outcome: entry.outcome,
      reason: reasonText(entry.reason),
      decided_by: entry.decidedBy === 'rule' ? 'rule' : name(entry.decidedBy),
      surplus: entry.surplus,
      lines: entry.lines,
      resends: entry.resends,
    };
  }
}

function time(wallMs: number | undefined): string | null {
  return wallMs === undefined ? null : new Date(wallMs).toISOString();
}

/**
 * A text that a spreadsheet would take for a formula gets an apostrophe before it: names come from strangers. Where
 * the decimal sign is a comma, spreadsheets part cells at semicolons, so that a cell may begin behind one, too.
 */
export function csvField(value: string | number | boolean | null): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const safe = value.replaceAll(/(^|;\s*)(?=[=+\-@\t\r\n＝＋－＠])/g, "$1'");
  return /[",;\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
