import { calmMs, calmMsMax } from './limits.ts';

/**
 * A moment in which nothing is sent, until nothing that was under way is answered any more. An `ok` too many, once
 * taken for the answer to a line, keeps one line more under way than anybody counts; that stays so until a line is
 * refused, and then each line behind it is refused in turn, and each of these sent again, for the rest of the print.
 * After a moment of calm nothing is under way, and one line goes out for one `ok` again.
 */
export class Calm {
  #beganMs: number | undefined;
  #heardMs = 0;

  get on(): boolean {
    return this.#beganMs !== undefined;
  }

  begin(atMs: number): void {
    this.#beganMs ??= atMs;
    this.#heardMs = atMs;
  }

  /** Something was answered. */
  heard(atMs: number): void {
    this.#heardMs = atMs;
  }

  /** When it is over, or Infinity. */
  get dueMs(): number {
    if (this.#beganMs === undefined) return Infinity;
    return Math.min(this.#heardMs + calmMs, this.#beganMs + calmMsMax);
  }

  end(): void {
    this.#beganMs = undefined;
  }
}
