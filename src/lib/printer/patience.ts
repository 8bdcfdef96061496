import { okBusyMs, okLongMs, okMs, silentLongMs } from './limits.ts';
import type { Sent } from './in-flight.ts';

/**
 * When the `ok` of a line is overdue: `okAtMs` is when the last one came, `lineAtMs` when any line did, `busySeen` whether this
 * firmware says `busy` at all, `busyNow` whether it has said so of this line.
 */
export function okDueMs(
  head: Sent,
  okAtMs: number,
  lineAtMs: number,
  busySeen: boolean,
  busyNow: boolean,
): number {
  const dwellMs = head.entry?.dwellMs ?? 0;
  const quick = okAtMs + (busySeen ? okBusyMs : okMs) + dwellMs;
  if (head.entry?.long !== true || busyNow) return quick;
  const quietMs = busySeen ? okMs : silentLongMs;
  return Math.min(okAtMs + okLongMs + dwellMs, Math.max(quick, lineAtMs + quietMs + dwellMs));
}
