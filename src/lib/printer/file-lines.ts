import { type Bytes, messageOf, type Refusal } from '../base/index.ts';
import { LineSplitter, type SplitLine } from '../gcode/index.ts';
import type { PrintSource } from './port.ts';

/** Lines left in memory when the next piece of the file is asked for. */
const linesLow = 256;

/** A file's lines, one piece of it ahead of the printer and no more, however long the file. */
export class FileLines {
  readonly #chunks: AsyncIterator<Bytes>;
  readonly #splitter = new LineSplitter();
  readonly #listener: { more(): void; failed(refusal: Refusal): void };
  #lines: SplitLine[] = [];
  #next = 0;
  #loading = false;
  /** Everything was read, or nothing more is wanted. */
  #ended = false;

  constructor(source: PrintSource, listener: { more(): void; failed(refusal: Refusal): void }) {
    this.#chunks = source.chunks()[Symbol.asyncIterator]();
    this.#listener = listener;
  }

  /** The line that is next. Undefined at the end, or while it is read: then `more` is called when it is there. */
  peek(): SplitLine | undefined {
    if (!this.#ended && this.#lines.length - this.#next < linesLow) this.#load();
    return this.#lines[this.#next];
  }

  /** Whether there is no line any more. */
  get over(): boolean {
    return this.#ended && this.#next >= this.#lines.length;
  }

  take(): void {
    this.#next += 1;
  }

  /** Lets go of the file. Rejects if that fails. */
  async close(): Promise<void> {
    this.#lines = [];
    this.#next = 0;
    this.#ended = true;
    await this.#chunks.return?.();
  }

  #load(): void {
    if (this.#loading) return;
    this.#loading = true;
    this.#chunks.next().then(
      (result) => {
        this.#loading = false;
        if (this.#ended) return;
        const refused = this.#add(result);
        if (refused === undefined) this.#listener.more();
        else this.#listener.failed(refused);
      },
      (error: unknown) => {
        this.#loading = false;
        const text = `The file could not be read to its end: ${messageOf(error)}`;
        if (!this.#ended) this.#listener.failed({ code: 'file', text });
      },
    );
  }

  #add(result: IteratorResult<Bytes>): Refusal | undefined {
    if (result.done === true) {
      this.#ended = true;
      const last = this.#splitter.end();
      if (last !== undefined) this.#lines.push(last);
      return undefined;
    }
    const split = this.#splitter.push(result.value);
    if (!split.ok) return split.refusal;
    this.#lines =
      this.#next < this.#lines.length ? [...this.#lines.slice(this.#next), ...split.value] : split.value;
    this.#next = 0;
    return undefined;
  }
}
