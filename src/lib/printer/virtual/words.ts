/** A command as the firmware reads it: a letter with a code, and letters with numbers. */
export interface Words {
  readonly code: string;
  readonly text: string;
  number(letter: string): number | undefined;
  has(letter: string): boolean;
}

/** Reads a command character by character, as Marlin's parser does. */
export function readWords(text: string): Words {
  let at = 0;
  const digits = (): string => {
    const from = at;
    if (text[at] === '-' || text[at] === '+') at += 1;
    while (at < text.length && ((text.charCodeAt(at) >= 48 && text.charCodeAt(at) <= 57) || text[at] === '.'))
      at += 1;
    return text.slice(from, at);
  };
  while (text[at] === ' ') at += 1;
  const letter = text[at] ?? '';
  at += 1;
  while (text[at] === ' ') at += 1;
  const code = digits();
  const known =
    (letter === 'G' || letter === 'M' || letter === 'T') && code !== '' && Number.isFinite(Number(code));
  const values = new Map<string, number | undefined>();
  while (at < text.length) {
    const name = text[at] ?? '';
    at += 1;
    if (name < 'A' || name > 'Z') continue;
    while (text[at] === ' ') at += 1;
    const value = digits();
    if (!values.has(name)) values.set(name, value === '' ? undefined : Number(value));
  }
  return {
    code: known ? `${letter}${Number(code)}` : '',
    text,
    number: (name) => values.get(name),
    has: (name) => values.has(name),
  };
}
