import type { Needs } from './match.ts';
import { sameFamily } from './materials.ts';
import type { NeedsBook } from './needs-book.ts';
import type { PrintId, Printer, PrinterId, QueueView } from './types.ts';
import { plain } from './words.ts';

/** What a print was made of, and on what kind of bed; empty where nobody said. */
export interface Stuff {
  readonly family: string;
  readonly surface: string;
}

/**
 * What each printer printed last. Where nobody says what is loaded, this tells what most likely still is: what goes on with it needs
 * no change by a person.
 */
export class LastPrints {
  readonly #view: QueueView;
  readonly #ended = new Map<PrinterId, Stuff>();

  constructor(view: QueueView) {
    this.#view = view;
    for (const id of view.history.keys()) this.follow(id);
  }

  /** Must be told of every print that ended. */
  follow(id: PrintId): void {
    const entry = this.#view.history.get(id);
    if (entry?.startedMs === undefined) return;
    const surface = this.#view.sets.get(entry.set)?.requirements.surface ?? '';
    this.#ended.set(entry.printer, { family: entry.material === 'unknown' ? '' : entry.material, surface });
  }

  /** What is on it when its next copy comes: of the last copy that it holds, or of the last that ended there. */
  of(printer: Printer, needs: NeedsBook): Stuff | undefined {
    const held = this.#view.prints.get(printer.prints.at(-1) ?? ('' as PrintId));
    const set = held === undefined ? undefined : this.#view.sets.get(held.set);
    if (set === undefined) return this.#ended.get(printer.id);
    const { materials, surface } = needs.of(set, this.#view.files.get(set.file)).needs;
    return { family: materials[0]?.family ?? '', surface: surface ?? '' };
  }
}

/** Whether a print goes on with what the one before left, as far as it asks for anything. */
export function goesOnWith(stuff: Stuff | undefined, needs: Needs): boolean {
  if (stuff === undefined) return false;
  const family = needs.materials[0]?.family ?? '';
  const surface = plain(needs.surface ?? '');
  return (
    needs.materials.length <= 1 &&
    (family === '' || sameFamily(family, stuff.family)) &&
    (surface === '' || surface === plain(stuff.surface))
  );
}
