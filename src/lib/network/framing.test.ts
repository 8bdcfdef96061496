import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameDecoder, FramingError, frameOf } from './framing.ts';

describe('frames', () => {
  test('come out as they went in, however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 97 }), { minLength: 1 }),
        (frames, cuts) => {
          const bytes = frames.flatMap((frame) => [...frameOf(frame)]);
          const decoder = new FrameDecoder(400);
          const got: number[][] = [];
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = cuts[i % cuts.length] ?? 1;
            for (const frame of decoder.push(new Uint8Array(bytes.slice(at, at + size))))
              got.push([...frame]);
            at += size;
          }
          expect(got).toEqual(frames.map((frame) => [...frame]));
          expect(decoder.atBoundary).toBe(true);
        },
      ),
    );
  });

  test('are made of several parts without a seam', () => {
    const [frame] = new FrameDecoder(10).push(frameOf(new Uint8Array([1]), new Uint8Array([2, 3])));
    expect(frame).toEqual(new Uint8Array([1, 2, 3]));
  });

  test('have a golden form', () => {
    expect(frameOf(new Uint8Array())).toEqual(new Uint8Array([0]));
    expect(frameOf(new Uint8Array(300)).subarray(0, 3)).toEqual(new Uint8Array([0xac, 0x02, 0]));
  });

  test('above the limit, or with a length without end, are refused', () => {
    expect(() => new FrameDecoder(10).push(frameOf(new Uint8Array(11)))).toThrow(FramingError);
    expect(() => new FrameDecoder(10).push(new Uint8Array([0xff, 0xff, 0xff, 0xff]))).toThrow(FramingError);
  });

  test('a stream that ends inside a frame shows it', () => {
    const decoder = new FrameDecoder(10);
    decoder.push(new Uint8Array([3, 1]));
    expect(decoder.atBoundary).toBe(false);
  });
});
