import { type Clock, type PrintId, type PrinterId, type QueueId } from '../../base/index.ts';
import { type PrintOutcome, type PrinterStatus, standingOf } from '../../printer/index.ts';
import type { Store } from '../../storage/port.ts';
import { forgetPrint, keepOutcome, keepStanding } from '../printing/print-journal.ts';

/**
 * Milliseconds between two notes of where a print stands. A page that dies loses so much of what is known; a note costs one small
 * durable write.
 */
export const noteMs = 5_000;

/**
 * What a print worker writes down of its prints: that one has begun, every few seconds where it stands, and how it ended. One write is
 * under way at a time, and what is written last is what was true last.
 */
export class PrintDiary {
  readonly #store: Promise<Store>;
  readonly #clock: Clock;
  readonly #failed: (error: unknown) => void;
  #printer: { readonly id: PrinterId; readonly name: string } | undefined;
  readonly #queues = new Map<PrintId, QueueId>();
  readonly #touched = new Set<PrintId>();
  #notedMs = -Infinity;
  #notedState = '';
  #writes: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(store: Promise<Store>, clock: Clock, failed: (error: unknown) => void) {
    this.#store = store;
    this.#clock = clock;
    this.#failed = failed;
  }

  attached(id: PrinterId, name: string): void {
    this.#printer = { id, name };
  }

  /** The peer hands over a print. */
  given(print: PrintId, queue: QueueId): void {
    this.#queues.set(print, queue);
  }

  /** The print is refused, or was given back: nothing of it is kept. */
  async dropped(print: PrintId): Promise<void> {
    this.#queues.delete(print);
    this.#touched.delete(print);
    await this.#write((store) => forgetPrint(store, print));
  }

  /**
   * The fence opens: from here on the machine may be heated and moved. Resolves when that is on disk, or cannot be written: a full disk
   * is no reason not to print.
   */
  async opened(print: PrintId, status: PrinterStatus): Promise<void> {
    this.#touched.add(print);
    this.#notedMs = -Infinity;
    this.note(status);
    await this.settled();
  }

  /** Resolves when all that was to be written is on disk, or was refused by it. */
  settled(): Promise<void> {
    return this.#writes;
  }

  /** Writes down where the print stands, at each change of state and every few seconds. */
  note(status: PrinterStatus): void {
    const print = status.print?.printId;
    const queue = print === undefined ? undefined : this.#queues.get(print);
    if (print === undefined || queue === undefined || this.#printer === undefined) return;
    const nowMs = this.#clock.monotonicMs();
    if (status.state === this.#notedState && nowMs - this.#notedMs < noteMs) return;
    // A slow disk gets the newest, not a queue of old ones.
    if (this.#waiting > 1) return;
    const standing = standingOf(status, this.#touched.has(print));
    if (standing === undefined) return;
    this.#notedMs = nowMs;
    this.#notedState = status.state;
    const entry = {
      print,
      queue,
      printer: this.#printer.id,
      printerName: this.#printer.name.slice(0, 500),
      fileName: status.print?.fileName.slice(0, 4096) ?? '',
      wallMs: this.#clock.wallMs(),
      standing,
    };
    this.#write((store) => keepStanding(store, entry)).catch(this.#failed);
  }

  /** Keeps how a print ended, before anybody is told. One that ended before its first move leaves nothing behind. */
  async ended(print: PrintId, outcome: PrintOutcome): Promise<void> {
    const queue = this.#queues.get(print);
    if (queue === undefined) return;
    if (!this.#touched.has(print)) {
      await this.dropped(print);
      return;
    }
    this.#queues.delete(print);
    await this.#write((store) => keepOutcome(store, { print, queue, outcome }));
  }

  /** The outcome is in the peer's outbox. */
  async reported(print: PrintId): Promise<void> {
    await this.dropped(print);
  }

  #write(work: (store: Store) => Promise<void>): Promise<void> {
    this.#waiting += 1;
    const done = this.#writes
      .then(() => this.#store)
      .then(work)
      .finally(() => {
        this.#waiting -= 1;
      });
    // The failure is the caller's to handle; the queue of writes only goes on behind it.
    this.#writes = done.catch(() => undefined);
    return done;
  }
}
