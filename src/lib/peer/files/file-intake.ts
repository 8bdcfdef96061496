import {
  type FileId,
  type Refusal,
  type Result,
  RefusalError,
  concat,
  messageOf,
  ok,
  refuse,
} from '../../base/index.ts';
import type { FileStore, OpenFile } from '../../files/index.ts';
import {
  type GcodeMetadata,
  looksLikeGcode,
  metadataBytes,
  metadataSlices,
  sniffBytes,
} from '../../gcode/index.ts';
import { type FileMeta, queueLimits } from '../../queue/index.ts';

/** A file taken in: stored by its content, and what its slicer says of it. */
export interface TakenFile {
  readonly file: FileId;
  readonly name: string;
  readonly size: number;
  readonly meta: FileMeta;
}

/** Resolves when others of this thread had their turn. */
export type Pause = () => Promise<void>;

/**
 * What a slicer says in the first and the last part of a file, read in slices with a pause after each: the queue goes on meanwhile, whatever the
 * file holds.
 */
export async function metadataInSlices(
  first: Uint8Array,
  last: Uint8Array | undefined,
  pause: Pause,
): Promise<GcodeMetadata> {
  const reading = metadataSlices(first, last);
  for (;;) {
    const step = reading.next();
    if (step.done === true) return step.value;
    await pause();
  }
}

/** As many bytes of a file's start as its metadata are looked for in, and at most one piece of it more. */
export async function startOf(open: OpenFile): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of open.chunks()) {
    parts.push(chunk);
    length += chunk.length;
    if (length >= metadataBytes) break;
  }
  return concat(...parts);
}

/**
 * Takes a dropped file in: looks whether it is G-code before anything is stored, reads what the slicer says in its first and last
 * part, and stores it chunk by chunk. Refused with a sentence for the person; then nothing of it is kept.
 */
export async function takeIn(
  files: FileStore,
  file: File,
  onProgress: (doneBytes: number) => void,
  signal: AbortSignal,
  pause: Pause,
): Promise<Result<TakenFile>> {
  try {
    const head = new Uint8Array(await file.slice(0, sniffBytes).arrayBuffer());
    const looks = looksLikeGcode(head, file.size);
    if (!looks.ok) return named(file.name, looks.refusal);
    const first = new Uint8Array(await file.slice(0, metadataBytes).arrayBuffer());
    const last =
      file.size <= metadataBytes
        ? first
        : new Uint8Array(await file.slice(Math.max(0, file.size - metadataBytes)).arrayBuffer());
    const metadata = await metadataInSlices(first, last, pause);
    const added = await files.add(file.name, file.stream(), file.size, onProgress, signal);
    if (!added.ok) return { ok: false, refusal: added.refusal };
    return ok({
      file: added.value.id,
      name: added.value.name,
      size: added.value.size,
      meta: metaOf(metadata),
    });
  } catch (error) {
    if (error instanceof RefusalError) return refuse(error.code, error.message);
    return refuse(
      'file-unreadable',
      `“${file.name}” could not be read (${messageOf(error)}). Check that it is still there, then drop it again.`,
    );
  }
}

function named(name: string, refusal: Refusal): Result<TakenFile> {
  return refuse(refusal.code, `“${name}”: ${refusal.text}`);
}

/** What the queue keeps of a slicer's words, cut to the queue's limits. */
function metaOf(metadata: GcodeMetadata): FileMeta {
  const short = (text: string) => cutText(text, queueLimits.nameCharsMax);
  const slicer = metadata.slicer;
  const materials = metadata.materials
    .filter((family) => family !== '')
    .slice(0, queueLimits.materialsMax)
    .map((family) => ({ family: cutText(family, 32) }));
  const nozzle = metadata.nozzlesMm[0];
  return {
    kind: 'gcode',
    ...(slicer === undefined
      ? {}
      : { slicer: short([slicer.name, slicer.version].filter(Boolean).join(' ')) }),
    ...(metadata.seconds === undefined ? {} : { seconds: Math.min(Math.round(metadata.seconds), 1e9) }),
    ...(metadata.filamentMm === undefined ? {} : { filamentMm: within(metadata.filamentMm, 1e9) }),
    ...(metadata.filamentGrams === undefined ? {} : { filamentG: within(metadata.filamentGrams, 1e6) }),
    ...(materials.length === 0 ? {} : { materials }),
    ...(metadata.printerModel === undefined ? {} : { printerModel: short(metadata.printerModel) }),
    ...(nozzle === undefined || nozzle < 0.01 || nozzle > 10 ? {} : { nozzleMm: nozzle }),
  };
}

/** At most so many characters, without half of one at the end. */
function cutText(text: string, charsMax: number): string {
  return text.slice(0, charsMax).replace(/\p{Cs}/gu, '');
}

/** As near as the queue takes it: what a slicer writes is a claim, and a mad one is no reason to refuse the file. */
function within(value: number, max: number): number {
  return Math.min(max, Math.max(0, value));
}
