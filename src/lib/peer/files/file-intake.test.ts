import { expect, test } from 'vitest';
import { utf8 } from '../../base/index.ts';
import { metadataBytes, metadataSliceBytes, readMetadata } from '../../gcode/index.ts';
import { metadataInSlices } from './file-intake.ts';

test('a file is read with a pause after each slice, whatever it holds, and comes to the same', async () => {
  for (const unit of ['G1 X1 E1\n', ';a\n', '\n']) {
    const bytes = utf8(`;TIME:90\n${unit.repeat(metadataBytes / unit.length)}`);
    let pauses = 0;
    const metadata = await metadataInSlices(bytes, undefined, () => {
      pauses += 1;
      return Promise.resolve();
    });
    expect(metadata).toEqual(readMetadata(bytes));
    expect(pauses).toBeGreaterThanOrEqual(2 * (metadataBytes / metadataSliceBytes) - 2);
  }
});
