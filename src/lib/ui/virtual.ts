/** Rows beyond each edge of the screen that are asked for too, so that scrolling meets them ready. */
const spareRows = 16;
/** Windows begin and end at multiples of this, so that not every pixel asks anew. */
const step = 8;

/** The rows that a screen shows of a list of equal rows, and some around. `topPx`: how far the list's head is above the screen's. */
export function rowsOnScreen(
  topPx: number,
  screenPx: number,
  rowPx: number,
  total: number,
): { readonly offset: number; readonly count: number } {
  const height = Math.max(1, rowPx);
  const first = Math.floor(Math.max(0, topPx) / height);
  const shown = Math.ceil(screenPx / height);
  const last = Math.max(0, total - shown);
  const offset = Math.floor(Math.max(0, Math.min(first, last) - spareRows) / step) * step;
  const end = Math.ceil((Math.min(first, last) + shown + spareRows) / step) * step;
  return { offset, count: end - offset };
}
