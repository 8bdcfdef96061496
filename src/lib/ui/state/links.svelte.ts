import { SvelteMap } from 'svelte/reactivity';
import type { QueueId } from '../../base/ids.ts';
import type { LinkRole, ShareLink } from '../../peer/api.ts';

/** Links made in this tab, so that leaving the page and coming back shows the same. Never written anywhere. */
class MadeLinks {
  readonly #links = new SvelteMap<string, ShareLink>();

  get(queue: QueueId, role: LinkRole): ShareLink | undefined {
    return this.#links.get(`${queue} ${role}`);
  }

  set(queue: QueueId, link: ShareLink): void {
    this.#links.set(`${queue} ${link.role}`, link);
  }

  forget(queue: QueueId, role: LinkRole): void {
    this.#links.delete(`${queue} ${role}`);
  }
}

export const madeLinks = new MadeLinks();
