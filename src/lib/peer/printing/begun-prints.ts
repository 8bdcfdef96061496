import * as v from 'valibot';
import {
  type Log,
  type PrintId,
  type PrinterId,
  type QueueId,
  encode,
  messageOf,
  parse,
} from '../../base/index.ts';
import type { Store } from '../../storage/port.ts';

/** The print that was let begin last on a printer here, which may lie there until somebody has cleared the bed. */
export interface Begun {
  readonly queue: QueueId;
  readonly print: PrintId;
}

/** Keys in the table `settings`: this and the printer's id. */
const prefix = 'begun/';
/** Bytes of a record at most: two ids and their names, with room to spare. */
const recordBytesMax = 1024;

const id = <Id>() => v.custom<Id>((x) => typeof x === 'string' && x.length <= 200);
export const begunPrintSchema = v.strictObject({
  v: v.literal(1),
  queue: id<QueueId>(),
  print: id<PrintId>(),
});

/**
 * What was begun on the printers of this browser, on disk before the first move. Where nobody leads a queue this peer may have lost what was
 * agreed on last, and a queue whose log is damaged says nothing at all: what a printer was let do here must be known without them.
 */
export class BegunPrints {
  readonly #store: Store;
  readonly #log: Log;
  readonly #begun = new Map<PrinterId, Begun>();

  constructor(store: Store, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  /** What an earlier life of this browser let begin. A record that cannot be read is none. */
  async load(): Promise<void> {
    for (const [key, bytes] of await this.#store.entries('settings')) {
      if (!key.startsWith(prefix)) continue;
      const record = parse(begunPrintSchema, bytes, recordBytesMax);
      if (record.ok) {
        const { queue, print } = record.value;
        this.#begun.set(key.slice(prefix.length) as PrinterId, { queue, print });
      } else this.#log.warn(`what was begun on ${key} could not be read: ${record.refusal.text}`);
    }
  }

  /** What may lie on that printer. */
  on(printer: PrinterId): Begun | undefined {
    return this.#begun.get(printer);
  }

  /** Resolves when it is on disk: not before that may anything move. False when it could not be written: then nothing may. */
  async begin(printer: PrinterId, { queue, print }: Begun): Promise<boolean> {
    this.#begun.set(printer, { queue, print });
    try {
      await this.#store.put('settings', `${prefix}${printer}`, encode({ v: 1, queue, print }));
      return true;
    } catch (error) {
      this.#log.error(`a print may not begin, because that could not be written down: ${messageOf(error)}`);
      return false;
    }
  }

  /** That print does not lie there any more. */
  cleared(printer: PrinterId, print: PrintId): void {
    if (this.#begun.get(printer)?.print !== print) return;
    this.#begun.delete(printer);
    this.#store.delete('settings', `${prefix}${printer}`).catch((error: unknown) => {
      // After a restart somebody is asked once more to look.
      this.#log.warn(`what was begun could not be removed: ${messageOf(error)}`);
    });
  }
}
