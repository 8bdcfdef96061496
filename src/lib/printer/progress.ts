import { codeOf, wordOf } from '../gcode/index.ts';

/** How far a print is, from what its file says and how many bytes of it were sent. */
export class Progress {
  readonly #bytesTotal: number;
  readonly #estimateSeconds: number | undefined;
  #bytesDone = 0;
  #filePercent: number | undefined;
  #fileLeft: { readonly seconds: number; readonly atSeconds: number } | undefined;
  /** When the first move or heating began. */
  #beganSeconds: number | undefined;

  constructor(bytesTotal: number, estimateSeconds: number | undefined) {
    this.#bytesTotal = bytesTotal;
    this.#estimateSeconds = estimateSeconds;
  }

  sent(command: string, endOffset: number, atSeconds: number): void {
    this.#bytesDone = endOffset;
    if (!command.startsWith('M73')) return;
    if (codeOf(command) !== 'M73') return;
    const percent = wordOf(command, 'P');
    const minutes = wordOf(command, 'R');
    if (percent !== undefined) this.#filePercent = Math.min(100, Math.max(0, percent));
    if (minutes !== undefined) this.#fileLeft = { seconds: minutes * 60, atSeconds };
  }

  began(atSeconds: number): void {
    this.#beganSeconds ??= atSeconds;
  }

  get bytesDone(): number {
    return this.#bytesDone;
  }

  get percentFrom(): 'file' | 'bytes' {
    return this.#filePercent === undefined ? 'bytes' : 'file';
  }

  get percent(): number {
    if (this.#filePercent !== undefined) return this.#filePercent;
    return this.#bytesTotal === 0 ? 0 : Math.min(100, (100 * this.#bytesDone) / this.#bytesTotal);
  }

  /** Seconds left, `movedSeconds` after the beginning without the pauses. Undefined while nothing is known. */
  secondsLeft(atSeconds: number): number | undefined {
    if (this.#fileLeft !== undefined) {
      // M73 counts in minutes: within one, time goes on, but never past the next full minute.
      const gone = Math.min(59, atSeconds - this.#fileLeft.atSeconds);
      return Math.max(0, Math.round(this.#fileLeft.seconds - gone));
    }
    const share = this.#bytesTotal === 0 ? 0 : this.#bytesDone / this.#bytesTotal;
    const measured =
      this.#beganSeconds === undefined || share <= 0 ? undefined : (atSeconds - this.#beganSeconds) / share;
    // What was measured counts more the further the print is: its beginning is heating and first layers.
    const trust = Math.min(1, Math.max(0, (share - 0.05) * 4));
    if (this.#estimateSeconds === undefined)
      return measured === undefined || share < 0.1 ? undefined : Math.round((1 - share) * measured);
    const total =
      measured === undefined ? this.#estimateSeconds : trust * measured + (1 - trust) * this.#estimateSeconds;
    return Math.max(0, Math.round((1 - share) * total));
  }
}
