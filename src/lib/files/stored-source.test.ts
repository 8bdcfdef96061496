import { expect, test } from 'vitest';
import { type FileId, concat, hex, sha256, silentLog, utf8 } from '../base/index.ts';
import { openMemoryStore } from '../storage/memory.ts';
import { FileStore } from './store.ts';
import { openStoredFile } from './stored-source.ts';

async function stored(bytes: Uint8Array<ArrayBuffer>) {
  const store = openMemoryStore();
  const files = await FileStore.open(store, silentLog);
  const added = await files.add('part.gcode', new Blob([bytes]).stream(), bytes.length);
  if (!added.ok) throw new Error(added.refusal.text);
  return { store, id: added.value.id };
}

test('a stored file reads back byte for byte without the file store', async () => {
  const bytes = utf8('G1 X1\n'.repeat(120_000));
  const { store, id } = await stored(bytes);
  const source = await openStoredFile(store, id);
  const parts: Uint8Array[] = [];
  for await (const chunk of source.chunks()) parts.push(chunk);
  expect(source.size).toBe(bytes.length);
  expect(hex(sha256(concat(...parts)))).toBe(hex(sha256(bytes)));
});

test('a damaged piece is refused, never given out', async () => {
  const bytes = utf8('G1 X1\n'.repeat(1000));
  const { store, id } = await stored(bytes);
  await store.chunks.put(hex(sha256(bytes)), utf8('something else'));
  const source = await openStoredFile(store, id);
  const read = async () => {
    for await (const chunk of source.chunks()) expect(chunk).toBeUndefined();
  };
  await expect(read()).rejects.toMatchObject({ code: 'damaged-file' });
});

test('a file that is not here is refused', async () => {
  const missing = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy' as FileId;
  await expect(openStoredFile(openMemoryStore(), missing)).rejects.toMatchObject({ code: 'file-not-here' });
});
