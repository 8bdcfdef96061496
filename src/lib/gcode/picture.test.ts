import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../base/index.ts';
import { readMetadata, thumbnailSideMax, thumbnailsMax } from './index.ts';
import { pictureSize } from './picture.ts';
import { jpegOf, pngOf, qoiOf } from './testing/pictures.ts';

const tooLarge = thumbnailSideMax + 1;

describe('a picture', () => {
  test('has the size that its own header declares', () => {
    expect(pictureSize(pngOf(220, 124), 'image/png')).toEqual({ width: 220, height: 124 });
    expect(pictureSize(jpegOf(220, 124), 'image/jpeg')).toEqual({ width: 220, height: 124 });
    expect(pictureSize(qoiOf(220, 124), 'image/qoi')).toEqual({ width: 220, height: 124 });
  });

  test.each([
    ['a PNG that is too wide', pngOf(tooLarge, 1), 'image/png'],
    ['a PNG that is too high', pngOf(1, 60_000), 'image/png'],
    ['a PNG of no size', pngOf(0, 10), 'image/png'],
    ['a PNG without its end', pngOf(10, 10).subarray(0, -8), 'image/png'],
    ['a PNG with a packed profile', pngOf(10, 10, ['iCCP', 'IDAT']), 'image/png'],
    ['a PNG with a packed text', pngOf(10, 10, ['IDAT', 'zTXt']), 'image/png'],
    ['an animated PNG', pngOf(10, 10, ['acTL', 'IDAT']), 'image/png'],
    ['a JPEG that is too large', jpegOf(65_000, 65_000), 'image/jpeg'],
    ['a progressive JPEG', jpegOf(10, 10, 0xc2), 'image/jpeg'],
    ['a JPEG without a frame', jpegOf(10, 10).subarray(0, 12), 'image/jpeg'],
    ['a QOI that is too large', qoiOf(10, 2 ** 31), 'image/qoi'],
    ['another kind than it says', pngOf(10, 10), 'image/jpeg'],
    ['nothing', new Uint8Array(0), 'image/png'],
  ] as const)('is left out when it is %s', (_, data, mime) => {
    expect(pictureSize(data, mime)).toBeUndefined();
  });

  test('of any bytes is judged without a throw', () => {
    const kinds = fc.constantFrom<['image/png', 'image/jpeg', 'image/qoi'][number]>(
      'image/png',
      'image/jpeg',
      'image/qoi',
    );
    const damaged = fc
      .tuple(
        fc.constantFrom(pngOf(9, 9, ['tEXt', 'IDAT']), jpegOf(9, 9), qoiOf(9, 9)),
        fc.nat(200),
        fc.nat(255),
        fc.nat(200),
      )
      .map(([data, at, byte, end]) => {
        const copy = data.slice();
        copy[at % copy.length] = byte;
        return copy.subarray(0, Math.max(0, copy.length - (end % 20)));
      });
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 80 })), kinds, (data, mime) => {
        const size = pictureSize(data, mime);
        if (size === undefined) return;
        expect(size.width).toBeLessThanOrEqual(thumbnailSideMax);
        expect(size.height).toBeLessThanOrEqual(thumbnailSideMax);
      }),
      { numRuns: 3_000 },
    );
  });
});

const block = (data: Uint8Array, declared = '32x32', kind = '') => {
  const text = Buffer.from(data).toString('base64');
  const lines = text.match(/.{1,78}/g) ?? [];
  return `; thumbnail${kind} begin ${declared} ${text.length}\n${lines.map((line) => `; ${line}\n`).join('')}; thumbnail${kind} end\n`;
};

test('what a file says of its picture’s size is not believed', () => {
  const read = (text: string) => readMetadata(utf8(`${text}G28\n`)).thumbnails;
  expect(read(block(pngOf(300, 200), '32x32'))).toMatchObject([{ width: 300, height: 200 }]);
  expect(read(block(pngOf(60_000, 60_000), '32x32'))).toEqual([]);
  expect(
    read(block(jpegOf(64, 48), '64x48', '_JPG') + block(qoiOf(32, 32), '32 x 32', '_QOI')),
  ).toMatchObject([
    { width: 64, mime: 'image/jpeg' },
    { width: 32, mime: 'image/qoi' },
  ]);
  expect(read(block(pngOf(16, 16)).repeat(100))).toHaveLength(thumbnailsMax);
});
