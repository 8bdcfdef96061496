/** The link inside whatever was pasted: a whole address, its fragment, or the link alone. Empty when there is none. */
export function fragmentOf(pasted: string): string {
  const text = pasted.trim().replace(/\s+/g, '');
  const at = text.indexOf('#');
  if (at >= 0) return text.slice(at + 1);
  return /^https?:\/\//i.test(text) ? '' : text;
}
