import fc from 'fast-check';
import { test } from 'vitest';
import { concat } from '../base/index.ts';
import { bytesOf } from '../base/testing/arbitrary.ts';
import { fuzzDecoder } from '../base/testing/fuzz.ts';
import { FrameDecoder, FramingError, frameOf } from './framing.ts';

test('a stream of frames is cut as it was written or breaks, in whatever pieces it comes', () => {
  const samples = fc
    .array(fc.oneof(bytesOf(8), bytesOf(300)), { maxLength: 4 })
    .map((parts) => concat(...parts.map((part) => frameOf(part))));
  fuzzDecoder(
    samples,
    (bytes) => {
      const frames: Uint8Array[] = [];
      const decoder = new FrameDecoder(400);
      try {
        // Pieces of a length that no boundary keeps to.
        for (let at = 0; at < bytes.length; at += 7) frames.push(...decoder.push(bytes.subarray(at, at + 7)));
      } catch (error) {
        if (error instanceof FramingError) return undefined;
        throw error;
      }
      return decoder.atBoundary ? frames : undefined;
    },
    (frames) => concat(...frames.map((frame) => frameOf(frame))),
  );
});
