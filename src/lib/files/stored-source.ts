import { type Bytes, type FileId, RefusalError, equalBytes } from '../base/index.ts';
import type { Store } from '../storage/port.ts';
import { chunkLength, hashAt } from './dag.ts';
import { sha256 } from './hash.ts';
import { chunkKey, parseStoredFile } from './manifest.ts';

/**
 * A whole stored file for reading only, for a worker that is not the peer's: it takes no part in the file store's bookkeeping, so the
 * two may look at one database. Every piece is checked against its hash before it is given out. Rejects with a RefusalError: `file-not-here`,
 * later `damaged-file`.
 */
export async function openStoredFile(
  store: Pick<Store, 'get' | 'chunks'>,
  id: FileId,
): Promise<{ readonly size: number; chunks(): AsyncIterable<Bytes> }> {
  const record = await store.get('files', id);
  const stored = record === undefined ? undefined : parseStoredFile(id, record);
  if (stored?.ok !== true || !stored.value.whole) {
    throw new RefusalError({ code: 'file-not-here', text: 'The whole file is not in this browser.' });
  }
  const { manifest } = stored.value;
  const read = async (index: number): Promise<Bytes> => {
    const bytes = await store.chunks.get(chunkKey(manifest, index));
    const isRight =
      bytes !== undefined &&
      bytes.length === chunkLength(manifest.size, index) &&
      equalBytes(await sha256(bytes), hashAt(manifest.hashes, index));
    if (!isRight) {
      throw new RefusalError({
        code: 'damaged-file',
        text: 'A stored piece of this file is damaged or missing. Add the file again, or wait until another peer has sent it.',
      });
    }
    return bytes;
  };
  return {
    size: manifest.size,
    async *chunks() {
      const count = manifest.hashes.length / 32;
      // One piece is read ahead: the disk works while the printer does.
      let next = read(0);
      for (let index = 0; index < count; index++) {
        const bytes = await next;
        if (index + 1 < count) {
          next = read(index + 1);
          // Handled where it is awaited; a reader that stops early must not leave it unhandled.
          next.catch(() => undefined);
        }
        yield bytes;
      }
    },
  };
}
