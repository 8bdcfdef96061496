import type { HistoryEntry, Totals } from './state.ts';

/** Columns of the history in a table: names as they stand in the first line, and what stands under them. */
const columns: readonly (readonly [name: string, of: (entry: HistoryEntry) => string | number])[] = [
  ['print', (entry) => entry.id],
  ['job', (entry) => entry.jobName],
  ['file', (entry) => entry.fileName],
  ['printer', (entry) => entry.printerName],
  ['printed by', (entry) => entry.holder],
  ['submitted by', (entry) => entry.submitter],
  ['material', (entry) => entry.material],
  ['started', (entry) => moment(entry.startedWallMs)],
  ['ended', (entry) => moment(entry.endedWallMs)],
  ['outcome', (entry) => entry.outcome],
  ['surplus', (entry) => (entry.surplus ? 'yes' : 'no')],
  ['reason', (entry) => entry.reason],
  ['decided by', (entry) => entry.decidedBy],
  ['seconds', (entry) => entry.seconds],
  ['filament mm', (entry) => entry.filamentMm],
  ['lines', (entry) => entry.lines],
  ['resends', (entry) => entry.resends],
];

/** The history as CSV (RFC 4180): lines end with CR LF, texts are quoted where they must be. */
export function historyCsv(entries: Iterable<HistoryEntry>): string {
  const lines = [columns.map(([name]) => csvField(name)).join(',')];
  for (const entry of entries) lines.push(columns.map(([, of]) => csvField(of(entry))).join(','));
  return `${lines.join('\r\n')}\r\n`;
}

/** The history as JSON: an array of the entries as the queue keeps them. */
export function historyJson(entries: Iterable<HistoryEntry>): string {
  return `${JSON.stringify([...entries], null, 1)}\n`;
}

/** Totals of one kind (by printer, by person, by material) as CSV. @param key heading of the first column */
export function totalsCsv(
  key: string,
  rows: Iterable<readonly [string, Totals]>,
  nameOf: (id: string) => string,
): string {
  const heads = [
    'prints',
    'good',
    'failed',
    'cancelled',
    'unknown',
    'surplus',
    'seconds',
    'filamentMm',
  ] as const;
  const lines = [[key, ...heads].map(csvField).join(',')];
  for (const [id, totals] of rows) {
    lines.push([csvField(nameOf(id)), ...heads.map((head) => csvField(totals[head]))].join(','));
  }
  return `${lines.join('\r\n')}\r\n`;
}

/**
 * One field. A text that a spreadsheet would take for a formula gets an apostrophe in front: names come from other people, and a formula
 * may send a table's content away (OWASP, CSV injection).
 */
export function csvField(value: string | number): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Display time, ISO 8601 in UTC; empty when nobody knows. */
function moment(wallMs: number | undefined): string {
  return wallMs === undefined ? '' : new Date(wallMs).toISOString();
}
