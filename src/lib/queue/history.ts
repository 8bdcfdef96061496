import type { PrintId } from '../base/index.ts';
import type { Outcome } from './command.ts';
import * as limits from './limits.ts';
import type { HistoryEntry, Totals } from './state.ts';
import type { MutableTotals, Tables, Turn } from './tables.ts';
import { noTotals } from './tables.ts';

/** Ended prints, and totals that outlive them. */

/** The row into which the rows unused longest are folded. */
export const othersRow = 'others';

export function findEnded(tables: Tables, id: PrintId): HistoryEntry | undefined {
  return tables.history.get(id) ?? tables.awaited.get(id);
}

export function addEnded(turn: Pick<Turn, 'tables' | 'changed'>, entry: HistoryEntry): void {
  const { tables } = turn;
  tables.history.set(entry.id, entry);
  addTotals(tables.totals, entry, 1);
  turn.changed.push({ kind: 'history', id: entry.id });
  if (tables.history.size <= limits.historyMax) return;
  const id = tables.history.oldest();
  const old = id === undefined ? undefined : tables.history.get(id);
  if (id === undefined || old === undefined) return;
  tables.history.delete(id);
  turn.changed.push({ kind: 'history', id });
  if (old.reported) return;
  tables.awaited.set(id, old);
  const forgotten = tables.awaited.size > limits.awaitedMax ? tables.awaited.oldest() : undefined;
  if (forgotten !== undefined) tables.awaited.delete(forgotten);
}

/** Replaces an ended print by what is known of it now; the totals follow. */
export function changeEnded(
  turn: Pick<Turn, 'tables' | 'changed'>,
  old: HistoryEntry,
  now: HistoryEntry,
): void {
  const { tables } = turn;
  const isAwaited = tables.awaited.has(now.id);
  if (isAwaited && now.reported) tables.awaited.delete(now.id);
  else (isAwaited ? tables.awaited : tables.history).set(now.id, now);
  addTotals(tables.totals, old, -1);
  addTotals(tables.totals, now, 1);
  turn.changed.push({ kind: 'history', id: now.id });
}

function addTotals(totals: MutableTotals, entry: HistoryEntry, sign: 1 | -1): void {
  totals.all = sum(totals.all, entry, sign);
  addRow(totals.byPrinter, entry.printer, entry, sign);
  addRow(totals.byPerson, entry.submitter, entry, sign);
  addRow(totals.byMaterial, entry.material, entry, sign);
}

function addRow(table: Map<string, Totals>, key: string, entry: HistoryEntry, sign: 1 | -1): void {
  const known = table.get(key);
  if (known === undefined && sign === -1) {
    // The row was folded in the meantime.
    table.set(othersRow, sum(table.get(othersRow) ?? noTotals, entry, sign));
    return;
  }
  // To the end: rows stand in order of their last use.
  table.delete(key);
  table.set(key, sum(known ?? noTotals, entry, sign));
  if (table.size <= limits.totalsRowsMax) return;
  for (const [oldKey, old] of table) {
    if (oldKey === othersRow) continue;
    table.delete(oldKey);
    table.set(othersRow, merge(table.get(othersRow) ?? noTotals, old));
    return;
  }
}

function sum(totals: Totals, entry: HistoryEntry, sign: 1 | -1): Totals {
  const count = (outcome: Outcome) => (entry.outcome === outcome ? sign : 0);
  return {
    prints: totals.prints + sign,
    good: totals.good + count('good'),
    failed: totals.failed + count('failed'),
    cancelled: totals.cancelled + count('cancelled'),
    unknown: totals.unknown + count('unknown'),
    surplus: totals.surplus + (entry.surplus ? sign : 0),
    seconds: added(totals.seconds, sign * entry.seconds),
    filamentMm: added(totals.filamentMm, sign * entry.filamentMm),
  };
}

/** A sum that ends at `totalMax`: a few million prints that say the most they may would go beyond what numbers hold. */
export function added(a: number, b: number): number {
  return Math.max(-limits.totalMax, Math.min(a + b, limits.totalMax));
}

function merge(a: Totals, b: Totals): Totals {
  return {
    prints: a.prints + b.prints,
    good: a.good + b.good,
    failed: a.failed + b.failed,
    cancelled: a.cancelled + b.cancelled,
    unknown: a.unknown + b.unknown,
    surplus: a.surplus + b.surplus,
    seconds: added(a.seconds, b.seconds),
    filamentMm: added(a.filamentMm, b.filamentMm),
  };
}
