/** The link inside whatever was pasted: a whole address, its fragment, or the link alone. Empty when there is none. */
export function fragmentOf(pasted: string): string {
  const text = pasted.trim().replace(/\s+/g, '');
  const at = text.indexOf('#');
  if (at >= 0) return text.slice(at + 1);
  return /^https?:\/\//i.test(text) ? '' : text;
}

const dayMs = 86_400_000;
/** How long a link may be good for, as a person chooses. */
export const linkLives = [
  { ms: dayMs / 24, text: 'an hour' },
  { ms: dayMs, text: 'a day' },
  { ms: 7 * dayMs, text: 'a week' },
  { ms: 30 * dayMs, text: '30 days' },
] as const;
/** What is chosen before anybody has chosen: a vote is given for a day, the rest for a week. */
export const linkLifeMs = { trusted: dayMs, guest: 7 * dayMs } as const;
