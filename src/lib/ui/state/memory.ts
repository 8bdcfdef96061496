/**
 * Small words that a page keeps for itself: the theme, a half-filled form, a notice that was put away. Where the
 * browser denies storage they last as long as the page.
 */
const own = new Map<string, string>();

export function recall(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch (error) {
    return denied(error) ? own.get(key) : undefined;
  }
}

/** Keeps `value`, or forgets the key when it is undefined. */
export function remember(key: string, value: string | undefined): void {
  if (value === undefined) own.delete(key);
  else own.set(key, value);
  try {
    if (value === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch (error) {
    denied(error);
  }
}

/** True for the ways in which a browser says no to storage; anything else is a mistake of ours and is thrown on. */
function denied(error: unknown): boolean {
  if (error instanceof DOMException || error instanceof ReferenceError || error instanceof TypeError)
    return true;
  throw error;
}
