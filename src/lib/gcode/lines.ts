import { type Refusal, type Result, ok, refuse } from '../base/index.ts';
import { lineBytesMax } from './limits.ts';

export interface SplitLine {
  /** The line as it stands in the file, byte for byte (code units 0 to 255), without its end and trailing CR. */
  readonly text: string;
  /** Bytes of the file up to and with this line's end. */
  readonly endOffset: number;
}

/** One code unit per byte. (`TextDecoder` has no such encoding: its "latin1" is windows-1252.) */
function byteText(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let at = from; at < to; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, Math.min(to, at + 4096)));
  }
  return text;
}

/**
 * Cuts a stream of bytes into lines, holding no more than one line. A line ends with LF, CR LF or CR; the last one
 * may end with the file. A comment that is too long is cut short; a command that is too long, or a NUL byte, is
 * refused: such a file is not G-code.
 */
export class LineSplitter {
  #rest = '';
  #offset = 0;
  #number = 0;
  #cut = false;
  #afterCr = false;

  /** The lines that these bytes complete. */
  push(chunk: Uint8Array): Result<SplitLine[]> {
    const lines: SplitLine[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte !== 10 && byte !== 13) {
        if (byte === 0)
          return refuse(
            'binary',
            `Line ${this.#number + 1} holds bytes that are no text. The file is damaged or not G-code.`,
          );
        this.#afterCr = false;
        continue;
      }
      if (byte === 10 && this.#afterCr) {
        // The second half of CR LF: the line was complete with the first.
        this.#afterCr = false;
        start = at + 1;
        const last = lines.pop();
        if (last !== undefined) lines.push({ text: last.text, endOffset: this.#offset + at + 1 });
        continue;
      }
      this.#afterCr = byte === 13;
      const refused = this.#take(chunk, start, at);
      if (refused !== undefined) return { ok: false, refusal: refused };
      lines.push(this.#line(this.#offset + at + 1));
      start = at + 1;
    }
    const refused = this.#take(chunk, start, chunk.length);
    if (refused !== undefined) return { ok: false, refusal: refused };
    this.#offset += chunk.length;
    return ok(lines);
  }

  /** The last line, where the file does not end with a line end. */
  end(): SplitLine | undefined {
    return this.#rest === '' ? undefined : this.#line(this.#offset);
  }

  #line(endOffset: number): SplitLine {
    const line = { text: this.#rest, endOffset };
    this.#rest = '';
    this.#cut = false;
    this.#number += 1;
    return line;
  }

  #take(chunk: Uint8Array, from: number, to: number): Refusal | undefined {
    if (from >= to || this.#cut) return undefined;
    const room = lineBytesMax - this.#rest.length;
    this.#rest += byteText(chunk, from, Math.min(to, from + room));
    if (to - from <= room) return undefined;
    if (!this.#rest.trimStart().startsWith(';')) {
      return {
        code: 'line-too-long',
        text: `Line ${this.#number + 1} is longer than ${lineBytesMax} bytes. No printer takes such a line; the file is damaged or not G-code.`,
      };
    }
    this.#cut = true;
    return undefined;
  }
}
