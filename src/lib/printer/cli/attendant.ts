import type { Readable } from 'node:stream';
import type { Clock } from '../../base/index.ts';
import type { PrinterHost } from '../host.ts';
import type { PrinterStatus } from '../port.ts';
import { askText } from '../../words/index.ts';

/** Milliseconds that a paused print waits where nobody can be asked: the printer may go on by itself, and a hot machine may not be left. */
export const unattendedMs = 60_000;

/**
 * The person at the command line, if there is one: a paused print goes on with a line on stdin. Where stdin has ended,
 * nobody can say so, and a print that stays paused is cancelled.
 */
export class Attendant {
  readonly #host: PrinterHost;
  readonly #clock: Clock;
  readonly #input: Readable;
  readonly #tell: (text: string) => void;
  readonly #stopListening: () => void;
  #gone = false;
  #paused = false;
  #why = '';
  #stopWaiting: (() => void) | undefined;

  constructor(host: PrinterHost, clock: Clock, input: Readable, tell: (text: string) => void) {
    this.#host = host;
    this.#clock = clock;
    this.#input = input;
    this.#tell = tell;
    this.#stopListening = host.onStatus((status) => this.#look(status));
    // A terminal does not end, and to read it from the background would stop this process: only when there is something to ask.
    if (!('isTTY' in input && input.isTTY === true)) this.#listen();
  }

  #listen(): void {
    if (this.#input.listenerCount('data') > 0) return;
    this.#input.on('data', this.#said);
    this.#input.on('end', this.#left);
    this.#input.on('error', this.#left);
  }

  stop(): void {
    this.#stopListening();
    this.#stopWaiting?.();
    this.#input.off('data', this.#said);
    this.#input.off('end', this.#left);
    this.#input.off('error', this.#left);
    this.#input.pause();
  }

  readonly #said = (): void => {
    if (this.#paused) void this.#host.resume();
  };

  readonly #left = (): void => {
    this.#gone = true;
    if (this.#paused) this.#wait();
  };

  #look({ state, needsPerson }: PrinterStatus): void {
    const paused = state === 'paused';
    if (paused === this.#paused) return;
    this.#paused = paused;
    this.#stopWaiting?.();
    this.#stopWaiting = undefined;
    if (!paused) return;
    this.#why = needsPerson === undefined ? 'paused' : askText(needsPerson);
    this.#listen();
    if (this.#gone) this.#wait();
    else this.#tell('Paused. Press Enter to go on, Ctrl-C to cancel.\n');
  }

  #wait(): void {
    this.#tell(`Paused, and nobody can be asked: cancelled in ${unattendedMs / 1000} s.\n`);
    this.#stopWaiting = this.#clock.after(unattendedMs, () => {
      void this.#host.cancel(`Paused (${this.#why}), and nobody was there to go on.`);
    });
  }
}
