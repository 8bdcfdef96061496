import { thumbnailSideMax } from './limits.ts';

export type PictureMime = 'image/png' | 'image/jpeg' | 'image/qoi';

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/**
 * The size that a picture declares, or undefined unless it is one that a page may be given: of the named kind, of at most `thumbnailSideMax`
 * pixels a side, and of no form whose decoding takes far more than its size says.
 */
export function pictureSize(data: Uint8Array, mime: PictureMime): PictureSize | undefined {
  const size = mime === 'image/png' ? pngSize(data) : mime === 'image/jpeg' ? jpegSize(data) : qoiSize(data);
  if (size === undefined) return undefined;
  const { width, height } = size;
  return width >= 1 && height >= 1 && width <= thumbnailSideMax && height <= thumbnailSideMax
    ? size
    : undefined;
}

const pngStart = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Chunks of a PNG that are packed texts and profiles of any size, or further pictures. */
const pngRefused = ['iCCP', 'zTXt', 'iTXt', 'acTL', 'fcTL', 'fdAT'];

/** PNG, https://www.w3.org/TR/png-3/: eight bytes, then chunks of length, name, data and checksum; IHDR comes first. */
function pngSize(data: Uint8Array): PictureSize | undefined {
  if (!pngStart.every((byte, at) => data[at] === byte)) return undefined;
  const view = viewOf(data);
  let size: PictureSize | undefined;
  for (let at = 8; at + 12 <= data.length;) {
    const length = view.getUint32(at);
    const name = String.fromCharCode(...data.subarray(at + 4, at + 8));
    if (length > data.length - at - 12 || pngRefused.includes(name)) return undefined;
    if (at === 8) {
      if (name !== 'IHDR' || length !== 13) return undefined;
      size = { width: view.getUint32(16), height: view.getUint32(20) };
    }
    if (name === 'IEND') return size;
    at += 12 + length;
  }
  return undefined;
}

/**
 * JPEG, ITU T.81: markers with their lengths up to the frame header. Only frames that are read in one pass (SOF0, SOF1): a progressive
 * one may go over all its blocks once for every few bytes.
 */
function jpegSize(data: Uint8Array): PictureSize | undefined {
  if (data[0] !== 0xff || data[1] !== 0xd8) return undefined;
  const view = viewOf(data);
  for (let at = 2; at + 9 <= data.length;) {
    if (data[at] !== 0xff) return undefined;
    const marker = data[at + 1] ?? 0;
    if (marker === 0xc0 || marker === 0xc1)
      return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    // DHT and DAC are tables; every other C is a frame that is not read here. Then comes the data.
    const isFrame = marker >= 0xc2 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xcc;
    const length = view.getUint16(at + 2);
    if (isFrame || marker === 0xda || marker < 0xc0 || length < 2) return undefined;
    at += 2 + length;
  }
  return undefined;
}

/** QOI, https://qoiformat.org/qoi-specification.pdf: "qoif", then width and height. */
function qoiSize(data: Uint8Array): PictureSize | undefined {
  if (data.length < 14 || String.fromCharCode(...data.subarray(0, 4)) !== 'qoif') return undefined;
  const view = viewOf(data);
  return { width: view.getUint32(4), height: view.getUint32(8) };
}

function viewOf(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}
