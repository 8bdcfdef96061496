/** Numbers as a person reads them. Pure; times are handed in. */

const nbsp = '\u00a0';

/** "under a minute", "18 min", "2 h 05 min", "1 d 3 h". Seconds in. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return 'unknown';
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return 'under a minute';
  if (minutes < 60) return `${minutes}${nbsp}min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}${nbsp}h ${String(minutes % 60).padStart(2, '0')}${nbsp}min`;
  return `${Math.floor(hours / 24)}${nbsp}d ${hours % 24}${nbsp}h`;
}

/** "1.4 MB", in powers of ten as disks are sold. */
export function bytes(count: number): string {
  if (!Number.isFinite(count) || count < 0) return 'unknown';
  if (count < 1000) return `${count}${nbsp}B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = count;
  let unit = 'B';
  for (const next of units) {
    if (value < 999.5) break;
    value /= 1000;
    unit = next;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)}${nbsp}${unit}`;
}

/** Whole per cent, rounded down so that 100 is said only when it is done. */
export function percent(fraction: number): number {
  if (!Number.isFinite(fraction)) return 0;
  // The nudge keeps 0.29 from reading as 28: the product of doubles lies just under the number it means.
  return Math.min(100, Math.max(0, Math.floor(fraction * 100 + 1e-9)));
}

/** "10:42" in the person's own time zone and manner. */
export function clockTime(wallMs: number): string {
  return new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' }).format(wallMs);
}

/** How long ago: "just now", "5 min ago", "today 10:42", "yesterday 10:42", "3 Nov". */
export function ago(wallMs: number, nowMs: number): string {
  const seconds = (nowMs - wallMs) / 1000;
  if (seconds < 60) return 'just now';
  if (seconds < 3600) return `${Math.floor(seconds / 60)}${nbsp}min ago`;
  const days = calendarDaysBetween(wallMs, nowMs);
  if (days === 0) return `today ${clockTime(wallMs)}`;
  if (days === 1) return `yesterday ${clockTime(wallMs)}`;
  return new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' }).format(wallMs);
}

/** When something ends: "in 40 min", "in 5 h", "in 7 days", "expired". */
export function until(wallMs: number, nowMs: number): string {
  const minutes = (wallMs - nowMs) / 60_000;
  if (minutes <= 0) return 'expired';
  if (minutes < 1.5) return 'in a minute';
  if (minutes < 90) return `in ${Math.round(minutes)}${nbsp}min`;
  const hours = minutes / 60;
  if (hours < 36) return `in ${Math.round(hours)}${nbsp}h`;
  return `in ${Math.round(hours / 24)}${nbsp}days`;
}

/** A day as a date field has it, "2026-11-21", in the person's own time zone. */
export function dayInput(wallMs: number): string {
  const date = new Date(wallMs);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The end of the day that a date field holds; undefined for an empty one. */
export function dayOf(text: string): number | undefined {
  const at = new Date(`${text}T23:59:59`).getTime();
  return Number.isFinite(at) ? at : undefined;
}

/** When something is due: "today", "tomorrow", "3 Nov", and whether that is over. */
export function due(wallMs: number, nowMs: number): { readonly text: string; readonly late: boolean } {
  const days = calendarDaysBetween(nowMs, wallMs);
  const day = new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric', month: 'short' }).format(
    wallMs,
  );
  const text =
    days === 0 ? 'due today' : days === 1 ? 'due tomorrow' : days < 0 ? `was due ${day}` : `due ${day}`;
  return { text, late: days < 0 };
}

/** A day and a time of the day, as the person's own country writes them. */
export function moment(wallMs: number): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' }).format(wallMs);
}

/** "3.2 m" of filament. */
export function metres(mm: number): string {
  return `${(mm / 1000).toLocaleString(undefined, { maximumFractionDigits: mm < 10_000 ? 1 : 0 })}${nbsp}m`;
}

function calendarDaysBetween(fromMs: number, toMs: number): number {
  const from = new Date(fromMs);
  const to = new Date(toMs);
  const day = (date: Date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000;
  return day(to) - day(from);
}

/** "1 copy", "3 copies": the number and the word that fits it. */
export function counted(count: number, one: string, many: string): string {
  return `${count}${nbsp}${count === 1 ? one : many}`;
}

/** "a, b and c". */
export function listed(words: readonly string[]): string {
  if (words.length < 2) return words[0] ?? '';
  return `${words.slice(0, -1).join(', ')} and ${words[words.length - 1] ?? ''}`;
}

/** Begins a sentence. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A file's name as a job's first name: no extension, no slicer's suffixes, spaces for underscores. */
export function jobNameOf(fileName: string): string {
  const stem = fileName
    .replace(/(\.gcode|\.gco|\.g|\.bgcode)$/i, '')
    .replace(/_+/g, ' ')
    .trim();
  return stem === '' ? fileName : stem;
}

/** Minutes since midnight as a field of the kind `time` has them: "22:05". */
export function timeOf(minuteOfDay: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(Math.floor(minuteOfDay / 60))}:${two(minuteOfDay % 60)}`;
}

/** The same read back; undefined while the field is empty. */
export function minuteOf(time: string): number | undefined {
  const [, hours, minutes] = /^(\d\d):(\d\d)/.exec(time) ?? [];
  return hours === undefined || minutes === undefined ? undefined : Number(hours) * 60 + Number(minutes);
}
