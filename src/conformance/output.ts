import type { Log } from '../lib/base/index.ts';
import { ScriptError } from './script.ts';

const levels = ['debug', 'info', 'warn', 'error', 'fatal', 'none'] as const;
type Level = (typeof levels)[number];

/** Where commands and the core's log write. On level `none` nothing is kept. */
export class Output {
  #text = '';
  #level: Level = 'debug';

  get level(): Level {
    return this.#level;
  }

  set level(level: Level) {
    this.#level = level;
  }

  get quiet(): boolean {
    return this.#level === 'none';
  }

  setLevel(name: string): void {
    const level = levels.find((known) => known === name.toLowerCase());
    if (level === undefined) {
      throw new ScriptError(`log levels must be either of [${levels.join(' ').toUpperCase()}]`);
    }
    this.#level = level;
  }

  write(text: string): void {
    if (!this.quiet) this.#text += text;
  }

  take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }

  /** Indents every line written meanwhile, and ends the last one. */
  indented(run: () => void): void {
    const before = this.take();
    try {
      run();
    } finally {
      const inner = this.take();
      const lines = inner === '' ? [] : (inner.endsWith('\n') ? inner.slice(0, -1) : inner).split('\n');
      this.#text = before + lines.map((line) => `  ${line}\n`).join('');
    }
  }

  /** The core's log, written here. */
  log(): Log {
    const line = (level: Level) => (text: string) => {
      if (levels.indexOf(this.#level) <= levels.indexOf(level))
        this.write(`${level.toUpperCase()} ${text}\n`);
    };
    const log: Log = {
      debug: line('debug'),
      info: line('info'),
      warn: line('warn'),
      error: line('error'),
      room: () => log,
    };
    return log;
  }
}
