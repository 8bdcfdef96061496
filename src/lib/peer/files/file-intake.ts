import {
  type FileId,
  type Refusal,
  type Result,
  RefusalError,
  messageOf,
  ok,
  refuse,
} from '../../base/index.ts';
import type { FileStore } from '../../files/index.ts';
import {
  type GcodeMetadata,
  looksLikeGcode,
  metadataBytes,
  readMetadata,
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

/**
 * Takes a dropped file in: looks whether it is G-code before anything is stored, reads what the slicer says in its first and last
 * part, and stores it chunk by chunk. Refused with a sentence for the person; then nothing of it is kept.
 */
export async function takeIn(
  files: FileStore,
  file: File,
  onProgress: (doneBytes: number) => void,
  signal: AbortSignal,
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
    const metadata = readMetadata(first, last);
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

/** The slicer's picture of a stored file, as a `data:` URL, or undefined when it has none. */
export async function thumbnailOf(files: FileStore, file: FileId): Promise<string | undefined> {
  const open = files.open(file);
  if (open === undefined) return undefined;
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of open.chunks()) {
    parts.push(chunk);
    length += chunk.length;
    if (length >= metadataBytes) break;
  }
  const head = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    head.set(part, at);
    at += part.length;
  }
  const shown = readMetadata(head).thumbnails.filter((each) => each.mime !== 'image/qoi');
  // The smallest that still fills a card; data URLs travel with every view.
  const best =
    shown
      .filter((each) => each.width >= 96 && each.data.length <= thumbnailBytesMax)
      .sort((a, b) => a.width - b.width)[0] ?? shown.find((each) => each.data.length <= thumbnailBytesMax);
  if (best === undefined) return undefined;
  let binary = '';
  for (const byte of best.data) binary += String.fromCharCode(byte);
  return `data:${best.mime};base64,${btoa(binary)}`;
}

/** A picture of 220 × 124 pixels, as slicers make them, is 10 to 30 kB. */
const thumbnailBytesMax = 48 * 1024;

function named(name: string, refusal: Refusal): Result<TakenFile> {
  return refuse(refusal.code, `“${name}”: ${refusal.text}`);
}

/** What the queue keeps of a slicer's words, cut to the queue's limits. */
function metaOf(metadata: GcodeMetadata): FileMeta {
  const short = (text: string) => text.slice(0, queueLimits.nameCharsMax);
  const slicer = metadata.slicer;
  const materials = metadata.materials
    .filter((family) => family !== '')
    .slice(0, queueLimits.materialsMax)
    .map((family) => ({ family: family.slice(0, 32) }));
  const nozzle = metadata.nozzlesMm[0];
  return {
    kind: 'gcode',
    ...(slicer === undefined
      ? {}
      : { slicer: short([slicer.name, slicer.version].filter(Boolean).join(' ')) }),
    ...(metadata.seconds === undefined ? {} : { seconds: Math.round(metadata.seconds) }),
    ...(metadata.filamentMm === undefined ? {} : { filamentMm: metadata.filamentMm }),
    ...(metadata.filamentGrams === undefined ? {} : { filamentG: metadata.filamentGrams }),
    ...(materials.length === 0 ? {} : { materials }),
    ...(metadata.printerModel === undefined ? {} : { printerModel: short(metadata.printerModel) }),
    ...(nozzle === undefined || nozzle < 0.01 || nozzle > 10 ? {} : { nozzleMm: nozzle }),
  };
}
