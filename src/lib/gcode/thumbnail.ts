import type { Bytes } from '../base/index.ts';
import { thumbnailBytesMax } from './limits.ts';

/** A picture that the slicer put into the file. */
export interface Thumbnail {
  readonly width: number;
  readonly height: number;
  readonly mime: 'image/png' | 'image/jpeg' | 'image/qoi';
  readonly data: Bytes;
}

const begin = /^;\s*thumbnail(_JPG|_QOI)?\s+begin\s+(\d{1,5})\s*[x ]\s*(\d{1,5})\s+(\d+)/i;
const end = /^;\s*thumbnail(?:_JPG|_QOI)?\s+end/i;

/** The thumbnails in these lines (PrusaSlicer's form, which Orca, Bambu, Cura's plug-in and ideaMaker share), largest first. */
export function thumbnailsOf(lines: readonly string[]): Thumbnail[] {
  const found: Thumbnail[] = [];
  let open: { kind: string; width: number; height: number; text: string } | undefined;
  for (const line of lines) {
    if (!line.startsWith(';')) {
      // A command inside a picture: the block was never ended.
      if (line !== '') open = undefined;
      continue;
    }
    if (open === undefined) {
      const match = begin.exec(line);
      if (match === null) continue;
      open = {
        kind: (match[1] ?? '').toUpperCase(),
        width: Number(match[2]),
        height: Number(match[3]),
        text: '',
      };
      continue;
    }
    if (!end.test(line)) {
      if (open.text.length < 2 * thumbnailBytesMax) open.text += line.slice(1).trim();
      continue;
    }
    const data = fromBase64(open.text);
    const mime = open.kind === '_JPG' ? 'image/jpeg' : open.kind === '_QOI' ? 'image/qoi' : 'image/png';
    if (data !== undefined && starts(data, mime))
      found.push({ width: open.width, height: open.height, mime, data });
    open = undefined;
  }
  return found.sort((a, b) => b.width * b.height - a.width * a.height);
}

const magic: Readonly<Record<Thumbnail['mime'], readonly number[]>> = {
  'image/png': [0x89, 0x50, 0x4e, 0x47],
  'image/jpeg': [0xff, 0xd8],
  'image/qoi': [0x71, 0x6f, 0x69, 0x66],
};

function starts(data: Bytes, mime: Thumbnail['mime']): boolean {
  return magic[mime].every((byte, index) => data[index] === byte);
}

function fromBase64(text: string): Bytes | undefined {
  if (
    !/^[A-Za-z0-9+/]+={0,2}$/.test(text) ||
    text.length > (thumbnailBytesMax * 4) / 3 ||
    text.length % 4 === 1
  )
    return undefined;
  const binary = atob(text);
  const data = new Uint8Array(binary.length);
  for (let i = 0; i < data.length; i++) data[i] = binary.charCodeAt(i);
  return data;
}
