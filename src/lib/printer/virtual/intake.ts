/** Bytes of one command with its end mark (Marlin's MAX_CMD_SIZE). The rest of a longer line is thrown away. */
const commandBytesMax = 96;

/** A command that was accepted into the command buffer. */
export interface Accepted {
  readonly text: string;
  readonly number: number | undefined;
}

export interface IntakeOptions {
  readonly rxBufferBytes: number;
  readonly commandsMax: number;
  readonly numbers: boolean;
  readonly repeatsSilently: boolean;
}

/** Where the firmware's serial side tells what it found. */
export interface IntakeListener {
  /** Whether a line is refused that arrived whole. */
  refuses(): boolean;
  /** A line was refused; the host is asked for this one. */
  refused(why: string, wanted: number): void;
  /** A command that the emergency parser takes from the stream. */
  emergency(code: string, line: string): void;
}

/**
 * The receiving side of the firmware: a ring of bytes that an interrupt fills, and that is read into the command
 * buffer while there is room in it. Bytes that find the ring full are lost, as on a real board.
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #listener: IntakeListener;
  readonly commands: Accepted[] = [];
  lastNumber = 0;
  overflowBytes = 0;
  /** The most commands that waited at once. */
  waitingMax = 0;
  #ring: number[] = [];
  #ringAt = 0;
  #line = '';
  #comment = false;
  #seen = '';
  /** The next line is lost on its way. */
  losesLine = false;

  constructor(options: IntakeOptions, listener: IntakeListener) {
    this.#options = options;
    this.#listener = listener;
  }

  reset(): void {
    this.commands.length = 0;
    this.lastNumber = 0;
    this.#flush();
    this.#seen = '';
  }

  /** The interrupt: one byte after the other, at the speed of the wire. */
  receive(bytes: Uint8Array): void {
    for (const byte of bytes) {
      this.#watch(byte);
      if (this.#waiting() >= this.#options.rxBufferBytes) this.read();
      if (this.#waiting() >= this.#options.rxBufferBytes) this.overflowBytes += 1;
      else this.#ring.push(byte);
    }
  }

  /** The main loop: takes bytes while there is room for another command. */
  read(): void {
    while (this.commands.length < this.#options.commandsMax && this.#ringAt < this.#ring.length) {
      const byte = this.#ring[this.#ringAt++] ?? 0;
      if (this.#ringAt > 4096) {
        this.#ring = this.#ring.slice(this.#ringAt);
        this.#ringAt = 0;
      }
      if (byte === 10 || byte === 13) {
        const line = this.#line;
        this.#line = '';
        this.#comment = false;
        if (line.trim() !== '') this.#accept(line.trim());
      } else if (byte === 59) this.#comment = true;
      else if (!this.#comment && this.#line.length < commandBytesMax - 1)
        this.#line += String.fromCharCode(byte);
    }
  }

  #waiting(): number {
    return this.#ring.length - this.#ringAt;
  }

  #flush(): void {
    this.#ring = [];
    this.#ringAt = 0;
    this.#line = '';
    this.#comment = false;
  }

  #accept(line: string): void {
    if (this.losesLine) {
      this.losesLine = false;
      return;
    }
    if (!this.#options.numbers) {
      const bare = line.replace(/^N\d+\s*/i, '').replace(/\*\d+$/, '');
      if (bare !== '') this.commands.push({ text: bare, number: undefined });
      return;
    }
    if (!line.startsWith('N')) {
      this.commands.push({ text: line, number: undefined });
      return;
    }
    const isReset = line.includes('M110');
    const second = isReset ? line.indexOf('N', 4) : -1;
    const number = Number.parseInt(line.slice((second === -1 ? 0 : second) + 1), 10) || 0;
    if (number !== this.lastNumber + 1 && !isReset) {
      const repeated = number === this.lastNumber || number === this.lastNumber - 1;
      if (repeated && this.#options.repeatsSilently) return;
      this.#refuse(`Line Number is not Last Line Number+1, Last Line: ${this.lastNumber}`);
      return;
    }
    const star = line.lastIndexOf('*');
    if (star === -1) {
      this.#refuse(`No Checksum with line number, Last Line: ${this.lastNumber}`);
      return;
    }
    let sum = 0;
    for (let i = 0; i < star; i++) sum ^= line.charCodeAt(i);
    if ((sum & 255) !== Number.parseInt(line.slice(star + 1), 10) || (!isReset && this.#listener.refuses())) {
      this.#refuse(`checksum mismatch, Last Line: ${this.lastNumber}`);
      return;
    }
    this.lastNumber = number;
    const text = line.slice(0, star).replace(/^N-?\d+\s*/, '');
    this.commands.push({ text, number });
    this.waitingMax = Math.max(this.waitingMax, this.commands.length);
  }

  #refuse(why: string): void {
    this.#flush();
    this.#listener.refused(why, this.lastNumber + 1);
  }

  /** The emergency parser looks at every byte as it arrives, whatever the buffers hold. */
  #watch(byte: number): void {
    if (byte !== 10 && byte !== 13) {
      if (this.#seen.length < 24) this.#seen += String.fromCharCode(byte);
      return;
    }
    const match = /^\s*(?:N\d+\s*)?(M(?:108|112|410|876))(?!\d)/.exec(this.#seen);
    const line = this.#seen;
    this.#seen = '';
    if (match !== null) this.#listener.emergency(match[1] ?? '', line);
  }
}
