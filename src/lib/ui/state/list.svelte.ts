import { untrack } from 'svelte';
import type { QueueId } from '../../base/ids.ts';
import type { ListName, Lists, ListWatch, PageOf } from '../../peer/api.ts';
import { session } from './session.svelte.ts';

/** Rows that are asked for before anybody has scrolled. */
const firstRows = 60;

/** One list of a queue as a page shows it: a window that follows the scrolling, a search and a filter. */
export class ListState<Name extends ListName> {
  readonly queue: QueueId;
  readonly list: Name;
  page: PageOf<Name> | undefined = $state.raw();
  text = $state('');
  filter: Lists[Name]['filter'] = $state.raw('all');
  #offset = 0;
  #count = firstRows;
  #watch: ListWatch<Name> | undefined;

  constructor(queue: QueueId, list: Name) {
    this.queue = queue;
    this.list = list;
  }

  /** All rows are shown in their own order. */
  get plain(): boolean {
    return this.text.trim() === '' && this.filter === 'all';
  }

  /** Follows the list until the returned function is called. */
  open(): () => void {
    // Called in effects: a search that is typed later moves the window, and does not begin anew.
    this.#watch = untrack(() =>
      session.client.watchList(this.queue, this.list, this.#window(), (page) => {
        this.page = page;
      }),
    );
    return () => {
      this.#watch?.stop();
      this.#watch = undefined;
    };
  }

  /** The rows from `offset` on are on the screen. */
  show(offset: number, count: number): void {
    if (offset === this.#offset && count === this.#count) return;
    this.#offset = offset;
    this.#count = count;
    this.#watch?.show(this.#window());
  }

  search(text: string): void {
    this.text = text;
    this.#offset = 0;
    this.#watch?.show(this.#window());
  }

  choose(filter: Lists[Name]['filter']): void {
    this.filter = filter;
    this.#offset = 0;
    this.#watch?.show(this.#window());
  }

  #window() {
    return { offset: this.#offset, count: this.#count, text: this.text, filter: this.filter };
  }
}
