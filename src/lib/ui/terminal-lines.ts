import type { TerminalEntry } from '../peer/api.ts';

/** What a person wants to see of the lines to and from a printer. */
export interface TerminalFilter {
  /** Temperature reports and the questions for them. */
  readonly temperatures: boolean;
  /** Bare `ok`s and `wait`s. */
  readonly acknowledgements: boolean;
  /** Line numbers and checksums, as on the wire. */
  readonly wire: boolean;
  /** Only lines in which this occurs, in capitals or not. Empty: all. */
  readonly find: string;
}

export const calmFilter: TerminalFilter = {
  temperatures: false,
  acknowledgements: false,
  wire: false,
  find: '',
};

export interface ShownLine {
  readonly id: number;
  readonly atMs: number;
  readonly direction: TerminalEntry['direction'];
  readonly text: string;
}

const numbered = /^N\d+\s?(.*?)\s?\*\d+$/;
const report = /^(?:ok\s+)?(?:T\d?|B|C|@|TargetExtr\d|TargetBed|TargetChamber):?\s*-?\d/;
const asked = /^(?:M105|M155)\b/;

export function shownLines(entries: readonly TerminalEntry[], filter: TerminalFilter): readonly ShownLine[] {
  const shown: ShownLine[] = [];
  const find = filter.find.trim().toLowerCase();
  for (const { id, atMs, direction, text } of entries) {
    const bare = direction === 'sent' ? (numbered.exec(text)?.[1] ?? text) : text;
    if (!filter.temperatures && (direction === 'sent' ? asked.test(bare) : report.test(text))) continue;
    if (!filter.acknowledgements && direction === 'received' && isAcknowledgement(text)) continue;
    const line = filter.wire ? text : bare;
    if (line.toLowerCase().includes(find)) shown.push({ id, atMs, direction, text: line });
  }
  return shown;
}

/** `ok`, also with its numbers (`ok N12 P15 B3`), but not one that carries an answer. */
function isAcknowledgement(text: string): boolean {
  return text === 'wait' || /^ok(?:\s+[NPB]\d+)*\s*$/.test(text);
}

/** The lines typed before, newest last, each once. */
export function withTyped(past: readonly string[], line: string, max = 50): readonly string[] {
  return [...past.filter((other) => other !== line), line].slice(-max);
}
