import type { Settings } from './types.ts';

const dayMinutes = 24 * 60;

/**
 * Milliseconds until somebody is there again to clear beds; undefined while somebody is.
 * @param minuteOfDay minutes since midnight, by the clock on the wall beside the printer
 */
export function unattendedMs(
  { fromMinute, toMinute }: Settings['night'],
  minuteOfDay: number,
): number | undefined {
  const after = (minute: number) => (minute - fromMinute + dayMinutes) % dayMinutes;
  const length = after(toMinute);
  const passed = after(minuteOfDay);
  return passed < length ? (length - passed) * 60_000 : undefined;
}
