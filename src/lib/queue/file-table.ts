import type { FileId, PeerId } from '../base/index.ts';
import { Rows } from './rows.ts';
import type { QueueFile } from './state.ts';
import { Tally } from './tally.ts';

/** The files that a queue knows, and how many of them each member brought. */
export class FileTable extends Rows<FileId, QueueFile> {
  readonly #tally = new Tally<PeerId>();

  /** Files that a member was the first to add. */
  of(author: PeerId): number {
    return this.#tally.of(author);
  }

  override set(id: FileId, file: QueueFile): this {
    const before = this.get(id);
    if (before?.by !== file.by) {
      if (before !== undefined) this.#tally.add(before.by, -1);
      this.#tally.add(file.by, 1);
    }
    return super.set(id, file);
  }

  override delete(id: FileId): boolean {
    const before = this.get(id);
    if (before !== undefined) this.#tally.add(before.by, -1);
    return super.delete(id);
  }
}
