import { SvelteMap } from 'svelte/reactivity';
import type { FileId, QueueId } from '../../base/ids.ts';
import { session } from './session.svelte.ts';

/** Slicers' pictures of files. A file is its content, so that a picture is asked for once and never changes. */
class Pictures {
  readonly #known = new SvelteMap<FileId, string | undefined>();
  readonly #asked = new Set<FileId>();

  /** The picture, or undefined until it is here. */
  of(queue: QueueId, file: FileId | undefined): string | undefined {
    if (file === undefined) return undefined;
    if (!this.#asked.has(file)) {
      this.#asked.add(file);
      void this.#ask(queue, file);
    }
    return this.#known.get(file);
  }

  async #ask(queue: QueueId, file: FileId): Promise<void> {
    const asked = await session.ask(async (client) => ({
      ok: true as const,
      value: await client.pictureOf(queue, file),
    }));
    if (asked.ok && asked.value !== undefined) this.#known.set(file, asked.value);
    // The file may still be on its way here: asked again when somebody looks again.
    else this.#asked.delete(file);
  }
}

export const pictures = new Pictures();
