/** "50 s", "12 min", "3 h 20 min", "2 days". */
export function describeSeconds(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.round(hours / 24)} days`;
}

/** Sentences shown of many alike. */
const shown = 2;

/** The first sentences, and how many more there are. */
export function list(sentences: readonly string[]): string {
  const rest = sentences.length - shown;
  const head = sentences.slice(0, shown).join(' ');
  return rest > 0 ? `${head} And ${rest} more ${rest === 1 ? 'printer fits' : 'printers fit'}.` : head;
}
