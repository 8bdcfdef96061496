import { readFileSync, readdirSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { utf8 } from '../base/index.ts';
import { hostileText, mutated } from '../base/testing/arbitrary.ts';
import { fuzzRuns } from '../base/testing/fuzz.ts';
import { codeOf, fitted, numbered, stripped, wordOf } from './command.ts';
import {
  commandBytesMax,
  metadataListMax,
  metadataNumberMax,
  metadataTextMax,
  thumbnailsMax,
} from './limits.ts';
import { LineSplitter } from './lines.ts';
import { readMetadata } from './metadata.ts';
import { looksLikeGcode } from './sniff.ts';

const folder = new URL('../../../static/samples/', import.meta.url);
/** Pieces of files of real slicers: their first and last lines. */
const pieces = readdirSync(folder)
  .filter((name) => name.endsWith('.gcode'))
  .flatMap((name) => {
    const bytes = readFileSync(new URL(name, folder));
    return [bytes.subarray(0, 3_000), bytes.subarray(-3_000)];
  });
const file = fc.oneof(
  mutated(fc.constantFrom(...pieces)),
  fc
    .array(
      fc.oneof(
        fc.constantFrom(
          '; estimated printing time (normal mode) = ',
          ';TIME:',
          '; filament used [mm] = ',
          '; thumbnail begin 16x16 40\n; ',
          '; filament_type = ',
          '; printable_area = ',
          'M104 S',
          'G1 X',
        ),
        fc.constantFrom('1', '9'.repeat(400), '-1', '1e99', '0x0', 'NaN', '1d 2h', ',,,;;;', '\n', ' = '),
        hostileText(20),
      ),
      { maxLength: 40 },
    )
    .map((parts) => utf8(parts.join(''))),
);

function check(value: unknown, depth = 0): void {
  if (typeof value === 'number') {
    expect(Number.isFinite(value)).toBe(true);
    expect(Math.abs(value)).toBeLessThanOrEqual(metadataNumberMax);
  } else if (typeof value === 'string') expect(value.length).toBeLessThanOrEqual(metadataTextMax);
  else if (Array.isArray(value)) {
    expect(value.length).toBeLessThanOrEqual(Math.max(metadataListMax, thumbnailsMax));
    for (const each of value) check(each, depth + 1);
  } else if (value instanceof Uint8Array) return;
  else if (typeof value === 'object' && value !== null)
    for (const each of Object.values(value)) check(each, depth + 1);
}

test('whatever a file holds, its metadata is read within its limits', () => {
  fc.assert(
    fc.property(file, file, (head, tail) => {
      check(readMetadata(head, tail));
      const judged = looksLikeGcode(head);
      if (!judged.ok) expect(judged.refusal.text.length).toBeGreaterThan(10);
    }),
    { numRuns: fuzzRuns / 2 },
  );
});

test('whatever a line holds, it is cut, fitted and numbered or refused', () => {
  fc.assert(
    fc.property(fc.oneof(hostileText(300), hostileText(20)), (line) => {
      const command = stripped(line);
      codeOf(command);
      wordOf(command, 'S');
      const fit = fitted(command);
      if (!fit.ok) return;
      expect(utf8(fit.value).length).toBeLessThanOrEqual(commandBytesMax);
      expect(numbered(999_999_999, fit.value)).toMatch(/^N999999999 /);
    }),
    { numRuns: 2 * fuzzRuns },
  );
  fc.assert(
    fc.property(file, fc.integer({ min: 1, max: 400 }), (bytes, step) => {
      const splitter = new LineSplitter();
      for (let at = 0; at < bytes.length; at += step) splitter.push(bytes.subarray(at, at + step));
    }),
    { numRuns: fuzzRuns / 2 },
  );
});
