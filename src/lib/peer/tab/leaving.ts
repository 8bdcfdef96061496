import type { PrinterStatus } from '../../printer/port.ts';

/** States in which nothing of the machine hangs on this tab: it is not connected, or no longer obeys. */
const apart: readonly string[] = ['idle', 'connecting', 'failed', 'disconnected'];

/**
 * Whether a printer needs its tab, so that closing it must not be a slip: it prints, its bed is being cleared, or it is heated and
 * nobody else could switch that off.
 */
export function needsItsTab({ state, clearing, temperatures }: PrinterStatus): boolean {
  if (apart.includes(state)) return false;
  if (state !== 'ready' || clearing !== undefined) return true;
  const { tools, bed, chamber } = temperatures;
  return [...tools, bed, chamber].some((heat) => (heat?.targetC ?? 0) > 0);
}
