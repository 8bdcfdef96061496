import type { PrintId } from '../../base/index.ts';
import type { Change, HistoryEntry, QueueView } from '../../queue/index.ts';
import type { EndedFilter } from '../api.ts';
import { reasonText } from '../../words/index.ts';

/** What a window of the history shows. */
export interface EndedFound {
  readonly ended: readonly HistoryEntry[];
  readonly total: number;
}

const outcomes = ['good', 'failed', 'cancelled', 'unknown'] as const;

/** Ended prints by their place, so that a window of them needs no walk through all. */
export class EndedIndex {
  readonly #view: QueueView;
  /** Oldest first. A print that is corrected keeps its place. */
  #ids: PrintId[];
  readonly #known: Set<PrintId>;
  #search: { readonly key: string; readonly ids: readonly PrintId[] } | undefined;
  #counts: Record<EndedFilter, number> | undefined;

  constructor(view: QueueView) {
    this.#view = view;
    this.#ids = [...view.history.keys()];
    this.#known = new Set(this.#ids);
  }

  /** Must be given the changes of every applied entry. */
  update(changed: readonly Change[]): void {
    for (const change of changed) {
      if (change.kind === 'member') this.#search = undefined;
      if (change.kind !== 'history') continue;
      this.#search = undefined;
      this.#counts = undefined;
      if (!this.#view.history.has(change.id)) this.#forget(change.id);
      else if (!this.#known.has(change.id)) {
        this.#known.add(change.id);
        this.#ids.push(change.id);
      }
    }
  }

  counts(): Record<EndedFilter, number> {
    if (this.#counts === undefined) {
      const counts = { all: this.#ids.length, good: 0, failed: 0, cancelled: 0, unknown: 0 };
      for (const { outcome } of this.#view.history.values()) counts[outcome]++;
      this.#counts = counts;
    }
    return this.#counts;
  }

  /** Newest first. `text`: every word of it must be found in the job, the file, the printer, the people, the material or the reason. */
  find(filter: EndedFilter, text: string, offset: number, count: number): EndedFound {
    const ids = this.#matching(filter, text);
    const ended: HistoryEntry[] = [];
    for (let at = ids.length - 1 - offset; at >= 0 && ended.length < count; at--) {
      const id = ids[at];
      const entry = id === undefined ? undefined : this.#view.history.get(id);
      if (entry !== undefined) ended.push(entry);
    }
    return { ended, total: ids.length };
  }

  #matching(filter: EndedFilter, text: string): readonly PrintId[] {
    const words = text
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    if (words.length === 0 && filter === 'all') return this.#ids;
    const key = `${filter} ${words.join(' ')}`;
    if (this.#search?.key === key) return this.#search.ids;
    const wanted = outcomes.find((outcome) => outcome === filter);
    const ids = this.#ids.filter((id) => {
      const entry = this.#view.history.get(id);
      if (entry === undefined || (wanted !== undefined && entry.outcome !== wanted)) return false;
      if (words.length === 0) return true;
      const name = (peer: HistoryEntry['holder']) => this.#view.members.get(peer)?.name ?? '';
      const all =
        `${entry.jobName}\n${entry.fileName}\n${entry.printerName}\n${name(entry.holder)}\n${name(entry.submitter)}\n${entry.material}\n${reasonText(entry.reason)}`.toLowerCase();
      return words.every((word) => all.includes(word));
    });
    this.#search = { key, ids };
    return ids;
  }

  #forget(id: PrintId): void {
    this.#known.delete(id);
    // The oldest gives way to the newest.
    if (this.#ids[0] === id) this.#ids.shift();
    else this.#ids = this.#ids.filter((known) => known !== id);
  }
}
