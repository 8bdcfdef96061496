import { type Bytes, seededRandom } from '../base/index.ts';
import type { FileManifest } from './manifest.ts';
import type { FileStore } from './store.ts';

/** Makings for this room's tests. */

export function filled(size: number, seed: number): Bytes {
  const random = seededRandom(seed);
  const out = new Uint8Array(size);
  const words = new Uint32Array(out.buffer, 0, Math.floor(size / 4));
  for (let i = 0; i < words.length; i++) words[i] = random.below(2 ** 32);
  for (let i = words.length * 4; i < size; i++) out[i] = random.below(256);
  return out;
}

export function streamOf(bytes: Uint8Array, pieceBytes: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.subarray(at, at + pieceBytes));
      at += pieceBytes;
    },
  });
}

export async function added(files: FileStore, bytes: Uint8Array, name = 'cube.gcode'): Promise<FileManifest> {
  const result = await files.add(name, streamOf(bytes, 100_000), bytes.length);
  if (!result.ok) throw new Error(result.refusal.text);
  return result.value;
}
