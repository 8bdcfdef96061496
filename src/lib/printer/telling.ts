import type { Clock } from '../base/index.ts';
import type { PrinterStatus, TerminalLine } from './port.ts';

/** Tells listeners what a host does: its status at once or a few times a second, and the lines on the link. */
export class Telling {
  readonly #clock: Clock;
  readonly #statusMs: number;
  readonly #describe: () => PrinterStatus;
  readonly #statusListeners = new Set<(status: PrinterStatus) => void>();
  readonly #terminalListeners = new Set<(line: TerminalLine) => void>();
  #status: PrinterStatus;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock, statusMs: number, describe: () => PrinterStatus) {
    this.#clock = clock;
    this.#statusMs = statusMs;
    this.#describe = describe;
    this.#status = describe();
  }

  get status(): PrinterStatus {
    return this.#status;
  }

  onStatus(listener: (status: PrinterStatus) => void): () => void {
    this.#statusListeners.add(listener);
    return () => this.#statusListeners.delete(listener);
  }

  onTerminal(listener: (line: TerminalLine) => void): () => void {
    this.#terminalListeners.add(listener);
    return () => this.#terminalListeners.delete(listener);
  }

  /** Tells the status now. */
  publish(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#status = this.#describe();
    for (const listener of this.#statusListeners) listener(this.#status);
  }

  /** Tells it soon, together with what changes until then. */
  publishSoon(): void {
    this.#cancelTimer ??= this.#clock.after(this.#statusMs, () => this.publish());
  }

  line(direction: TerminalLine['direction'], text: string): void {
    if (this.#terminalListeners.size === 0) return;
    const line: TerminalLine = { atMs: this.#clock.monotonicMs(), direction, text };
    for (const listener of this.#terminalListeners) listener(line);
  }
}
