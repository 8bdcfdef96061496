import type { Sent } from './in-flight.ts';
import { sameResendsMax } from './limits.ts';
import { Strikes } from './strikes.ts';

/** What a `Resend` is worth. */
export type Verdict =
  /** Its number is damaged. Its `ok` sends the next line, and the printer then asks again. */
  | 'unreadable'
  /** It asks for a line that nobody has any more. Once may be noise. */
  | 'strange'
  /** The same once too often: the printer does not know our numbers. */
  | 'lost'
  /** The line it asks for is the one that goes out next anyway: it has all lines before. */
  | 'late'
  /** From a line that was under way behind the refused one: that one is on its way again already. */
  | 'echo'
  /** The line is to be sent again. */
  | 'repeat'
  /** The same line once more: it was damaged again, or lines are under way that nobody counts. */
  | 'again'
  /** The same line too often. */
  | 'loop';

/** How the lines stand when a request comes. */
export interface Standing {
  /** The number of the next new line. */
  readonly next: number;
  /** The number that is sent next: below `next` while lines are repeated. */
  readonly cursor: number;
  readonly inFlight: readonly Sent[];
  /** Whether the line can still be sent again. */
  knows(line: number): boolean;
}

/** Judges the printer's requests for lines by those that came before. */
export class Requests {
  readonly #strikes = new Strikes();
  #asked: { readonly line: number; times: number } | undefined;
  /** `Resend`s still to come for the same line, from lines that were under way behind the refused one. */
  #echoes = 0;

  judge(line: number | undefined, { next, cursor, inFlight, knows }: Standing): Verdict {
    if (line === undefined || line > next || line < 0) return 'unreadable';
    if (!knows(line) && line !== next) return this.#strikes.add(line, next) ? 'lost' : 'strange';
    this.#strikes.forget();
    const behind = inFlight.filter((sent) => (sent.entry?.number ?? -1) >= line);
    if (line === next || (line === cursor && behind.length === 0)) return 'late';
    let verdict: Verdict = 'repeat';
    if (this.#asked?.line === line) {
      if (this.#echoes > 0) {
        this.#echoes -= 1;
        return 'echo';
      }
      this.#asked.times += 1;
      if (this.#asked.times >= sameResendsMax) return 'loop';
      verdict = 'again';
    } else this.#asked = { line, times: 1 };
    this.#echoes = behind.filter((sent) => (sent.entry?.number ?? -1) > line).length;
    return verdict;
  }

  /** Whether this is the line that was asked for last. */
  asksFor(line: number): boolean {
    return this.#asked?.line === line;
  }

  /** The printer has taken this line. */
  settled(line: number): void {
    // Some lines later a request for the same number is a new one.
    if (this.#asked !== undefined && line > this.#asked.line + 3) this.#asked = undefined;
  }

  /** The printer is greeted: this will be the number of its next line. */
  greeted(first: number): void {
    this.#strikes.greeted(first);
    this.#asked = undefined;
    this.#echoes = 0;
  }
}
