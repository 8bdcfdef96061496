import fc from 'fast-check';
import { strToU8, zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { ok } from '../../base/index.ts';
import { hostileText, mutated } from '../../base/testing/arbitrary.ts';
import { fuzzRuns } from '../../base/testing/fuzz.ts';
import { valueOf } from '../../base/testing/shapes.ts';
import { archiveSchema, encodeArchive, parseArchive } from './archive.ts';
import type { Archive } from './archive.ts';
import { Unpacking } from './archive-import.ts';

const empty: Archive = {
  format: 'peerprint-queue',
  v: 1,
  name: 'Workshop',
  lan: false,
  exportedWallMs: 1_700_000_000_000,
  settings: {},
  files: [],
  jobs: [],
  history: [],
};

test('the list of an archive is refused or taken', () => {
  const lists = valueOf(archiveSchema) as fc.Arbitrary<Archive>;
  fc.assert(
    fc.property(lists, (list) => {
      expect(parseArchive(encodeArchive(list))).toEqual(ok(list));
    }),
    { numRuns: 200 },
  );
  const texts = fc.tuple(lists, fc.nat(), fc.nat(), hostileText(20)).map(([list, from, length, text]) => {
    const whole = encodeArchive(list);
    const at = from % whole.length;
    return whole.slice(0, at) + text + whole.slice(at + (length % 40));
  });
  fc.assert(
    fc.property(fc.oneof(texts, hostileText(200)), (text) => {
      const parsed = parseArchive(text);
      if (!parsed.ok) expect(parsed.refusal.code).toMatch(/^archive-/);
    }),
    { numRuns: fuzzRuns / 4 },
  );
});

test('a damaged archive is unpacked or refused in words, and never throws', () => {
  const zip = zipSync({
    'queue.json': strToU8(encodeArchive(empty)),
    'files/one.gcode': [strToU8('G28\n'.repeat(300)), { level: 6 }],
    'files/two.gcode': [strToU8('G1 X1\n'.repeat(50)), { level: 0 }],
  });
  fc.assert(
    fc.property(mutated(fc.constant(zip)), fc.integer({ min: 40, max: 400 }), (bytes, step) => {
      const unpacking = new Unpacking();
      unpacking.expect('files/one.gcode', 1_200);
      for (let at = 0; at < bytes.length; at += step) {
        const damage = unpacking.push(bytes.subarray(at, at + step), at + step >= bytes.length);
        if (damage !== undefined) {
          expect(damage.length).toBeGreaterThan(10);
          return;
        }
        for (const { content } of unpacking.take()) expect(content.size).toBeLessThanOrEqual(64 * 1024 ** 2);
      }
    }),
    { numRuns: fuzzRuns / 2 },
  );
});
