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

/** The sentences of the first things, and how many more there are. */
export function list<Thing>(things: readonly Thing[], sentence: (thing: Thing) => string): string {
  const rest = things.length - shown;
  const head = things.slice(0, shown).map(sentence).join(' ');
  return rest > 0 ? `${head} And ${rest} more ${rest === 1 ? 'printer fits' : 'printers fit'}.` : head;
}
