import type { HistoryEntry, QueueView } from '../../queue/index.ts';

/** The history as files for a spreadsheet or a program: one row per ended print, oldest first. */

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

/** Comma-separated values after RFC 4180, with a first line of names. */
export function historyAsCsv(view: Pick<QueueView, 'history' | 'members'>): string {
  const lines = [columns.join(',')];
  for (const row of rowsOf(view)) lines.push(columns.map((column) => csvField(row[column])).join(','));
  return `${lines.join('\r\n')}\r\n`;
}

/** The same rows and the totals, as JSON. */
export function historyAsJson(view: Pick<QueueView, 'history' | 'members' | 'totals' | 'head'>): string {
  const { totals, head } = view;
  return JSON.stringify(
    {
      format: 'peerprint-history',
      version: 1,
      queue: { id: head.id, name: head.name },
      totals: {
        all: totals.all,
        by_printer: Object.fromEntries(totals.byPrinter),
        by_person: Object.fromEntries(totals.byPerson),
        by_material: Object.fromEntries(totals.byMaterial),
      },
      prints: [...rowsOf(view)],
    },
    undefined,
    1,
  );
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
      reason: entry.reason,
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

/** A text that a spreadsheet would take for a formula gets an apostrophe before it: names come from strangers. */
export function csvField(value: string | number | boolean | null): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
