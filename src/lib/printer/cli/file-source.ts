import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { messageOf, refuse, type Bytes, type Result } from '../../base/index.ts';
import { looksLikeGcode, readMetadata, metadataBytes, type GcodeMetadata } from '../../gcode/index.ts';
import type { PrintSource } from '../port.ts';

export interface OpenedFile {
  readonly source: PrintSource;
  readonly metadata: GcodeMetadata;
}

/** A G-code file of this machine. Its beginning and end are looked at; the rest is read while it is printed. */
export async function openFile(path: string): Promise<Result<OpenedFile>> {
  try {
    const { size } = await stat(path);
    const handle = await open(path);
    const head = new Uint8Array(Math.min(size, metadataBytes));
    const tail = new Uint8Array(Math.min(size, metadataBytes));
    try {
      await handle.read(head, 0, head.length, 0);
      await handle.read(tail, 0, tail.length, size - tail.length);
    } finally {
      await handle.close();
    }
    const looks = looksLikeGcode(head, size);
    if (!looks.ok) return looks;
    return {
      ok: true,
      value: { source: { size, chunks: () => chunks(path) }, metadata: readMetadata(head, tail) },
    };
  } catch (error) {
    return refuse('file', `${path} could not be read: ${messageOf(error)}`);
  }
}

async function* chunks(path: string): AsyncGenerator<Bytes> {
  for await (const chunk of createReadStream(path, { highWaterMark: 65_536 }))
    yield new Uint8Array(chunk as Buffer);
}
