import { describe, expect, test } from 'vitest';
import type { PrintId } from '../../base/index.ts';
import { JumpingClock } from '../../printer/test-kit.ts';
import { BedAfterPrints, clearWithinMs } from './bed-after-prints.ts';

const print = 'print-1' as PrintId;
const good = { outcome: 'good', code: 'good', reason: '', lines: 1, resends: 0, seconds: 1 } as const;

function bench() {
  const clock = new JumpingClock();
  const said: unknown[] = [];
  let id = 0;
  const bed = new BedAfterPrints({
    clock,
    ask: (request) => {
      said.push(request);
      return ++id;
    },
    clear: (of) => said.push(['clear', of]),
  });
  bed.plan = { by: 'script', coolToC: 30 };
  return { bed, said, clock };
}

describe('the bed after a print', () => {
  test('is cleared by script once the report is safe, and called clear once that is done', () => {
    const { bed, said } = bench();
    bed.ended(print, good);
    expect(said).toEqual([]);
    bed.reported(print);
    expect(said).toEqual([{ type: 'clear-bed', coolToC: 30 }]);
    bed.replied(1, true);
    expect(said.slice(1)).toEqual([['clear', print]]);
  });

  test('is not called clear when the script failed', () => {
    const { bed, said } = bench();
    bed.ended(print, good);
    bed.reported(print);
    bed.replied(1, false);
    expect(said).toHaveLength(1);
  });

  test.each([
    ['failed', { ...good, outcome: 'failed', code: 'x' }],
    ['good with a finish script that failed', { ...good, bedUnsure: true }],
  ] as const)('is left to a person when the print was %s', (_, outcome) => {
    const { bed, said } = bench();
    bed.ended(print, outcome);
    bed.reported(print);
    expect(said).toEqual([]);
  });

  test('is left to a person where the owner wants that', () => {
    const { bed, said } = bench();
    bed.plan = { by: 'person', coolToC: undefined };
    bed.ended(print, good);
    bed.reported(print);
    expect(said).toEqual([]);
  });

  test('is left to a person when the report was safe much later', async () => {
    const { bed, said, clock } = bench();
    bed.ended(print, good);
    await clock.pass(clearWithinMs + 1);
    bed.reported(print);
    expect(said).toEqual([]);
  });

  test('is clear of whatever lay there when a person asked for the script', () => {
    const { bed, said } = bench();
    bed.byPerson(7);
    bed.replied(7, true);
    expect(said).toEqual([['clear', undefined]]);
  });
});
