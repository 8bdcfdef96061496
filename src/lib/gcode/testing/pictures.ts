import { type Bytes, concat, utf8 } from '../../base/index.ts';

/** A PNG's chunk, with a checksum that nobody here looks at. */
export function pngChunk(name: string, data: Uint8Array): Bytes {
  return concat(bigEndian(data.length, 4), utf8(name), data, new Uint8Array(4));
}

/** Head and end of a PNG of that size, with chunks of the given names in between. */
export function pngOf(width: number, height: number, names: readonly string[] = ['IDAT']): Bytes {
  const header = concat(bigEndian(width, 4), bigEndian(height, 4), new Uint8Array([8, 6, 0, 0, 0]));
  return concat(
    new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]),
    pngChunk('IHDR', header),
    ...names.map((name) => pngChunk(name, new Uint8Array(10))),
    pngChunk('IEND', new Uint8Array(0)),
  );
}

/** Head of a JPEG: a table, then a frame header with the given marker. */
export function jpegOf(width: number, height: number, frame = 0xc0): Bytes {
  const table = [0xff, 0xdb, 0, 4, 1, 2];
  const header = [0xff, frame, 0, 11, 8, ...bigEndian(height, 2), ...bigEndian(width, 2), 1, 0, 0, 0];
  return new Uint8Array([0xff, 0xd8, ...table, ...header, 0xff, 0xda, 0, 2]);
}

export function qoiOf(width: number, height: number): Bytes {
  return concat(utf8('qoif'), bigEndian(width, 4), bigEndian(height, 4), new Uint8Array([4, 0]));
}

function bigEndian(value: number, length: number): Bytes {
  return Uint8Array.from({ length }, (_, at) => Math.floor(value / 256 ** (length - 1 - at)) % 256);
}
