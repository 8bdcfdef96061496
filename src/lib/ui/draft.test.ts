import { describe, expect, it } from 'vitest';
import type { FileId } from '../base/ids.ts';
import { copiesMax, countOf, readDraft, writeDraft } from './draft.ts';

const draft = {
  name: 'Cube',
  copies: 2,
  notes: '',
  draft: false,
  files: [{ file: 'bafk' as FileId, name: 'cube.gcode', sizeBytes: 12, count: 1 }],
};

describe('a half-filled form', () => {
  it('comes back as it was written', () => {
    expect(readDraft(writeDraft(draft))).toEqual(draft);
  });

  it('is none when it is anything else', () => {
    for (const text of [
      undefined,
      '',
      '{',
      '[]',
      'null',
      '{"name":1}',
      writeDraft({ ...draft, files: [] }),
    ]) {
      expect(readDraft(text)).toBeUndefined();
    }
    expect(readDraft(writeDraft({ ...draft, copies: 0 }))).toBeUndefined();
  });
});

it('makes a count of whatever was typed', () => {
  expect([2, 0, -3, 2.6, Number.NaN, 1e9].map(countOf)).toEqual([2, 1, 1, 3, 1, copiesMax]);
});
