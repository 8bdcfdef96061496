import type { Clock } from './clock.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogLine {
  readonly wallMs: number;
  readonly level: LogLevel;
  readonly room: string;
  readonly text: string;
}

/** Where a room says what happens in it. Never holds secrets: a person may copy it into a report. */
export interface Log {
  debug(text: string): void;
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
  /** A log of the same sink under another room's name. */
  room(name: string): Log;
}

/** Newest lines kept for the diagnostics page: enough for the story of a fault, small enough to copy. */
const linesMax = 500;
/** Characters of a line: a sentence and a stack. What others say (a printer, a peer) may be quoted in it and is cut. */
const lineCharsMax = 4_000;

/** Keeps the newest lines in memory and hands each one on. */
export class RingLog implements Log {
  readonly #lines: LogLine[];
  readonly #clock: Clock;
  readonly #name: string;
  readonly #sink: ((line: LogLine) => void) | undefined;

  constructor(clock: Clock, name = 'peer', sink?: (line: LogLine) => void, lines: LogLine[] = []) {
    this.#clock = clock;
    this.#name = name;
    this.#sink = sink;
    this.#lines = lines;
  }

  debug(text: string): void {
    this.#add('debug', text);
  }
  info(text: string): void {
    this.#add('info', text);
  }
  warn(text: string): void {
    this.#add('warn', text);
  }
  error(text: string): void {
    this.#add('error', text);
  }
  room(name: string): Log {
    return new RingLog(this.#clock, name, this.#sink, this.#lines);
  }

  /** The newest lines, oldest first. */
  lines(): readonly LogLine[] {
    return this.#lines;
  }

  #add(level: LogLevel, text: string): void {
    const line = { wallMs: this.#clock.wallMs(), level, room: this.#name, text: text.slice(0, lineCharsMax) };
    this.#lines.push(line);
    if (this.#lines.length > linesMax) this.#lines.shift();
    this.#sink?.(line);
  }
}

/** Says nothing. */
export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  room: () => silentLog,
};
