import { expect, test } from 'vitest';
import type { PrintId } from '../../base/index.ts';
import { finishCommand } from './print-work.ts';

const print = 'print-1' as PrintId;
const good = { outcome: 'good', code: 'good', reason: '', lines: 1, resends: 0, seconds: 1.4 } as const;

test('the report of a print whose finish script failed says that the bed did not clear itself', () => {
  expect(finishCommand(print, { ...good, bedUnsure: true }, 1)).toMatchObject({
    outcome: 'good',
    bed: 'occupied',
  });
  expect(finishCommand(print, good, 1)).not.toHaveProperty('bed');
});
