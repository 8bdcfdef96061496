import type { Bytes } from '../base/index.ts';
import { thumbnailBytesMax, thumbnailsMax } from './limits.ts';
import { type PictureMime, pictureSize } from './picture.ts';
import { blanksEnd, digitsEnd } from './scan.ts';

/** A picture that the slicer put into the file. Width and height are those that its own header declares, in pixels. */
export interface Thumbnail {
  readonly width: number;
  readonly height: number;
  readonly mime: PictureMime;
  readonly data: Bytes;
}

const kinds: Readonly<Record<string, PictureMime>> = {
  thumbnail: 'image/png',
  thumbnail_jpg: 'image/jpeg',
  thumbnail_qoi: 'image/qoi',
};

/** Characters of base64 that a thumbnail may have. */
const base64Max = Math.ceil(thumbnailBytesMax / 3) * 4;

/**
 * Gathers the thumbnails of a file line by line (PrusaSlicer's form, which Orca, Bambu, Cura's plug-in and ideaMaker share). Invariant:
 * what it holds is at most `thumbnailsMax` pictures and the text of one.
 */
export class Thumbnails {
  readonly #found: Thumbnail[] = [];
  #open: { readonly mime: PictureMime; readonly parts: string[]; length: number } | undefined;

  /** Largest first. */
  get found(): readonly Thumbnail[] {
    return [...this.#found].sort((a, b) => b.width * b.height - a.width * a.height);
  }

  /** A line of commands: inside a picture it shows that the block was never ended. */
  command(): void {
    this.#open = undefined;
  }

  comment(line: string): void {
    const text = line.slice(1).trim();
    const open = this.#open;
    const mark = markOf(text);
    if (open === undefined) {
      if (mark?.what === 'begin' && this.#found.length < thumbnailsMax)
        this.#open = { mime: mark.mime, parts: [], length: 0 };
      return;
    }
    if (mark?.what !== 'end') {
      open.length += text.length;
      if (open.length <= base64Max) open.parts.push(text);
      return;
    }
    this.#open = undefined;
    const data = open.length <= base64Max ? fromBase64(open.parts.join('')) : undefined;
    const size = data === undefined ? undefined : pictureSize(data, open.mime);
    if (data !== undefined && size !== undefined) this.#found.push({ ...size, mime: open.mime, data });
  }
}

/** `thumbnail begin 48x48 1234` or `thumbnail_JPG end`. What a picture says of itself here is not believed, but must be there. */
function markOf(text: string): { readonly what: 'begin' | 'end'; readonly mime: PictureMime } | undefined {
  const start = text.slice(0, 'thumbnail'.length);
  if (start.toLowerCase() !== 'thumbnail') return undefined;
  const [kind = '', what = '', ...sizes] = text.slice(0, 60).toLowerCase().split(/\s+/);
  const mime = kinds[kind];
  if (mime === undefined) return undefined;
  if (what === 'end') return { what, mime };
  return what === 'begin' && isSizes(sizes.join(' ')) ? { what, mime } : undefined;
}

/** `48x48 1234`, also with blanks around the x, or instead of it. */
function isSizes(text: string): boolean {
  const widthEnd = digitsEnd(text, 0);
  let at = blanksEnd(text, widthEnd);
  if (text[at] === 'x') at += 1;
  at = blanksEnd(text, at);
  const heightEnd = digitsEnd(text, at);
  const length = blanksEnd(text, heightEnd);
  return widthEnd > 0 && heightEnd > at && length > heightEnd && digitsEnd(text, length) > length;
}

function fromBase64(text: string): Bytes | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 === 1) return undefined;
  const binary = atob(text);
  const data = new Uint8Array(binary.length);
  for (let i = 0; i < data.length; i++) data[i] = binary.charCodeAt(i);
  return data;
}
