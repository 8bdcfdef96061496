import { describe, expect, it } from 'vitest';
import { type FileId, hex } from '../base/index.ts';
import { type Answer, type Asking, encodeAnswer, encodeAsking, parseAnswer, parseAsking } from './frames.ts';
import { fileIdFromHashes } from './dag.ts';

const id: FileId = fileIdFromHashes(
  5,
  Uint8Array.from({ length: 32 }, (_, i) => i),
);

const askings: readonly (readonly [Asking, string])[] = [
  [{ kind: 'open', id, needManifest: true }, `0101${hex(new TextEncoder().encode(id))}`],
  [{ kind: 'want', indexes: [1, 258] }, '020100000002010000'],
];

const answers: readonly (readonly [Answer, string])[] = [
  [
    { kind: 'manifest', name: 'a.g', size: 5, hashes: new Uint8Array(32).fill(7) },
    `10000000000000144003${'00'}612e67${'07'.repeat(32)}`,
  ],
  [{ kind: 'ready' }, '11'],
  [{ kind: 'refused', code: 'busy' }, '1262757379'],
  [{ kind: 'chunk', index: 258, bytes: Uint8Array.of(1, 2, 3) }, '1302010000010203'],
  [{ kind: 'lacking', index: 3 }, '1403000000'],
];

describe('the bytes of the files protocol, version 1', () => {
  it('stay as they are (golden vectors)', () => {
    for (const [asking, bytes] of askings) expect(hex(encodeAsking(asking))).toBe(bytes);
    for (const [answer, bytes] of answers) expect(hex(encodeAnswer(answer))).toBe(bytes);
  });

  it('are read back as they were written', () => {
    for (const [asking] of askings)
      expect(parseAsking(encodeAsking(asking))).toEqual({ ok: true, value: asking });
    for (const [answer] of answers)
      expect(parseAnswer(encodeAnswer(answer))).toEqual({ ok: true, value: answer });
  });
});
