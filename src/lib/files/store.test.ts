import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bytes, type FileId, RefusalError, concat, equalBytes, silentLog, utf8 } from '../base/index.ts';
import { openMemoryStore } from '../storage/index.ts';
import type { Store } from '../storage/port.ts';
import { chunkBytes } from './limits.ts';
import { chunkKey, cleanName, verifyManifest } from './manifest.ts';
import { rechunk } from './rechunk.ts';
import { FileStore } from './store.ts';
import { added, filled, streamOf } from './test-files.ts';

async function bytesOf(files: FileStore, id: FileId, from?: number): Promise<Bytes> {
  const parts: Bytes[] = [];
  const open = files.open(id);
  if (open === undefined) throw new Error('the file is not whole');
  for await (const part of open.chunks(from)) parts.push(part);
  return concat(...parts);
}

const openFiles = (store: Store): Promise<FileStore> => FileStore.open(store, silentLog);

describe('a file store', () => {
  it('takes a file in, tells the progress, and reads it back from any byte', async () => {
    const files = await openFiles(openMemoryStore());
    const bytes = filled(3 * chunkBytes + 77, 1);
    const progress: number[] = [];
    const result = await files.add('dir/cube.gcode', streamOf(bytes, 10_000), bytes.length, (done) =>
      progress.push(done),
    );
    if (!result.ok) throw new Error(result.refusal.text);
    const { id } = result.value;
    expect(progress.at(-1)).toBe(bytes.length);
    expect(files.has(id)).toBe(true);
    expect(files.list()).toMatchObject([
      { id, name: 'cube.gcode', size: bytes.length, whole: true, chunksHere: 4, chunksTotal: 4 },
    ]);
    for (const from of [0, 1, chunkBytes, 3 * chunkBytes + 76, bytes.length]) {
      expect(equalBytes(await bytesOf(files, id, from), bytes.subarray(from))).toBe(true);
    }
  });

  it('gives equal content one id and one copy, whatever the pieces it came in', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 2 * chunkBytes + 3 }),
        fc.integer({ min: 1000, max: 400_000 }),
        async (size, piece) => {
          const store = openMemoryStore();
          const files = await openFiles(store);
          const bytes = filled(size, 5);
          const one = await files.add('a', streamOf(bytes, piece), size);
          const two = await files.add('b', streamOf(bytes, size), size);
          expect(one.ok && two.ok && one.value.id === two.value.id).toBe(true);
          expect((await store.chunks.hashes()).length).toBe(Math.ceil(size / chunkBytes));
        },
      ),
      { numRuns: 15 },
    );
  });

  it('survives a restart, and sweeps out chunks that no file needs', async () => {
    const store = openMemoryStore();
    const bytes = filled(chunkBytes + 1, 2);
    const { id } = await added(await openFiles(store), bytes);
    await store.chunks.put('stray', utf8('left over'));
    const later = await openFiles(store);
    expect(equalBytes(await bytesOf(later, id), bytes)).toBe(true);
    expect((await store.chunks.hashes()).length).toBe(2);
  });

  it('refuses an empty file, one that is too large, one for which there is no room, and one of another size', async () => {
    const files = await openFiles(openMemoryStore());
    const bytes = filled(100, 3);
    const codes: string[] = [];
    for (const size of [0, 3 * 2 ** 30, 2 ** 30 + 1, 99, 101]) {
      const result = await files.add('x.gcode', streamOf(bytes, 10), size);
      codes.push(result.ok ? 'taken' : result.refusal.code);
    }
    expect(codes).toEqual(['empty-file', 'too-large', 'storage-full', 'file-changed', 'file-changed']);
    expect(files.list()).toEqual([]);
  });

  it('keeps nothing of a file that was cancelled or could not be read', async () => {
    const store = openMemoryStore();
    const files = await openFiles(store);
    const size = 40 * chunkBytes;
    const abort = new AbortController();
    const cancelled = await files.add(
      'x',
      streamOf(filled(size, 4), 50_000),
      size,
      () => abort.abort(),
      abort.signal,
    );
    expect(cancelled).toMatchObject({ ok: false, refusal: { code: 'aborted' } });
    let sent = 0;
    const broken = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (++sent < 20) controller.enqueue(filled(chunkBytes, sent));
        else controller.error(new Error('the disk was pulled out'));
      },
    });
    const failed = await files.add('x', broken, size);
    expect(failed).toMatchObject({ ok: false, refusal: { code: 'file-unreadable' } });
    expect(await store.chunks.hashes()).toEqual([]);
  });

  it('tells of full storage in the middle of a file, and keeps nothing of it', async () => {
    const store = openMemoryStore();
    const files = await openFiles(store);
    const putMany = store.chunks.putMany.bind(store.chunks);
    let writes = 0;
    store.chunks.putMany = async (chunks) => {
      if (++writes > 2) throw new RefusalError({ code: 'storage-full', text: 'full' });
      await putMany(chunks);
    };
    const size = 40 * chunkBytes;
    const result = await files.add('x', streamOf(filled(size, 4), 100_000), size);
    expect(result).toMatchObject({ ok: false, refusal: { code: 'storage-full' } });
    expect(await store.chunks.hashes()).toEqual([]);
  });

  it('finds out a damaged chunk when it is read, throws it away, and is no longer whole', async () => {
    const store = openMemoryStore();
    const files = await openFiles(store);
    const bytes = filled(3 * chunkBytes, 6);
    const manifest = await added(files, bytes);
    await store.chunks.put(chunkKey(manifest, 1), filled(chunkBytes, 99));
    await expect(bytesOf(files, manifest.id)).rejects.toMatchObject({ code: 'damaged-file' });
    expect(files.has(manifest.id)).toBe(false);
    expect(await files.missing(manifest.id)).toEqual([1]);
    const later = await openFiles(store);
    expect(later.list()).toMatchObject([{ whole: false, chunksHere: 2, chunksTotal: 3 }]);
    await later.keepChunks(manifest.id, [{ index: 1, bytes: bytes.slice(chunkBytes, 2 * chunkBytes) }]);
    expect(await later.settle(manifest.id)).toBe(true);
    expect(equalBytes(await bytesOf(later, manifest.id), bytes)).toBe(true);
  });

  it('deletes a file, but no chunk that another file shares', async () => {
    const store = openMemoryStore();
    const files = await openFiles(store);
    const shared = filled(chunkBytes, 7);
    const one = await added(files, concat(shared, filled(10, 8)));
    const two = await added(files, concat(shared, filled(20, 9)));
    let changes = 0;
    files.onChange(() => (changes += 1));
    await files.delete(one.id);
    expect(changes).toBeGreaterThan(0);
    expect((await bytesOf(files, two.id)).length).toBe(chunkBytes + 20);
    await files.delete(two.id);
    expect(await store.chunks.hashes()).toEqual([]);
    expect(files.open(one.id)).toBeUndefined();
  });

  it('drops a damaged record instead of failing to open', async () => {
    const store = openMemoryStore();
    const { id } = await added(await openFiles(store), filled(10, 1));
    await store.put('files', 'no id', utf8('?'));
    await store.put('files', id, utf8('?'));
    expect((await openFiles(store)).list()).toEqual([]);
    expect(await store.entries('files')).toEqual([]);
  });
});

describe('a manifest', () => {
  it('is refused when size, hashes or id are not of one file', async () => {
    const files = await openFiles(openMemoryStore());
    const { id, name, size, hashes } = await added(files, filled(3 * chunkBytes, 1));
    expect(verifyManifest(id, name, size, hashes).ok).toBe(true);
    const wrong = hashes.with(40, (hashes[40] ?? 0) ^ 1);
    for (const [s, h] of [
      [size - 1, hashes],
      [size + 1, hashes],
      [-1, hashes],
      [0.5, hashes],
      [size, wrong],
      [size, hashes.subarray(32)],
      [size, new Uint8Array()],
    ] as const) {
      expect(verifyManifest(id, name, s, h)).toMatchObject({
        ok: false,
        refusal: { code: 'wrong-manifest' },
      });
    }
  });

  it('has a name that is safe to show and to save under', () => {
    expect(cleanName('../../etc/passwd')).toBe('passwd');
    expect(cleanName('C:\\prints\\cube.gcode')).toBe('cube.gcode');
    expect(cleanName('a\u0000b\u202Ecod.exe')).toBe('abcod.exe');
    expect(cleanName('  ')).toBe('unnamed.gcode');
    expect(utf8(cleanName('ü'.repeat(300))).length).toBeLessThanOrEqual(255);
  });
});

describe('cutting a stream into chunks', () => {
  it('loses and doubles nothing, whatever the pieces', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 }),
        fc.integer({ min: 1, max: 30 }),
        async (pieces, bytes) => {
          const stream = new ReadableStream<Uint8Array>({
            start: (controller) => {
              for (const piece of pieces) controller.enqueue(piece);
              controller.close();
            },
          });
          const cut: Bytes[] = [];
          for await (const piece of rechunk(stream, bytes)) cut.push(piece);
          expect(equalBytes(concat(...cut), concat(...pieces))).toBe(true);
          expect(cut.slice(0, -1).every((piece) => piece.length === bytes)).toBe(true);
        },
      ),
    );
  });
});
