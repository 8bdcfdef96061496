import * as v from 'valibot';
import { type Log, encode, messageOf, parse } from '../../base/index.ts';
import type { Store } from '../../storage/port.ts';

/** Notes of one browser: three for each printer that was ever connected to it, and a maker space has some dozen. */
const notesMax = 300;
/** Characters of a note's key: a printer's id, or the place where it hangs. */
const keyCharsMax = 300;
/** Characters of a note: scripts of one printer for every event. */
const noteCharsMax = 200_000;
/** A character takes at most three bytes. */
const noteBytesMax = 3 * noteCharsMax + 1_000;

export const noteSchema = v.strictObject({
  v: v.literal(1),
  text: v.pipe(v.string(), v.maxLength(noteCharsMax)),
});

/**
 * What pages note of the printers of this browser: which id hangs where, their scripts and limits. Pages read it at once from localStorage, which a browser writes
 * to disk seconds or minutes later: after a power cut a printer would be a stranger, and its print nobody's. So the peer keeps it as well, durably.
 */
export class PrinterNotes {
  readonly #store: Pick<Store, 'put'>;
  readonly #log: Log;
  readonly #notes: Map<string, string>;

  private constructor(store: Pick<Store, 'put'>, log: Log, notes: Map<string, string>) {
    this.#store = store;
    this.#log = log;
    this.#notes = notes;
  }

  static async open(store: Store, log: Log): Promise<PrinterNotes> {
    const notes = new Map<string, string>();
    for (const [key, bytes] of await store.entries('printers')) {
      const parsed = parse(noteSchema, bytes, noteBytesMax);
      if (parsed.ok) notes.set(key, parsed.value.text);
      else log.warn(`what was noted of a printer cannot be read: ${parsed.refusal.text}`);
    }
    return new PrinterNotes(store, log, notes);
  }

  all(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#notes);
  }

  /** Keeps a note in place of the one before. Resolves when it is on disk, or cannot be: the page has it in any case. */
  async keep(key: string, text: string): Promise<void> {
    if (this.#notes.get(key) === text) return;
    const isRoom = this.#notes.has(key) || this.#notes.size < notesMax;
    if (!isRoom || key.length > keyCharsMax || text.length > noteCharsMax) {
      this.#log.warn('a note of a printer was not kept: it is too long, or one too many');
      return;
    }
    this.#notes.set(key, text);
    try {
      await this.#store.put('printers', key, encode({ v: 1, text }));
    } catch (error) {
      this.#log.warn(`a note of a printer is not on disk: ${messageOf(error)}`);
    }
  }
}
