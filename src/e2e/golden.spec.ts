import { readFileSync } from 'node:fs';
import type { GoldenLog, replayGoldenLog } from '../sim/golden/golden-log.ts';
import { BarePage } from './bare-page.ts';
import { expect, test } from './house.ts';

type WithReplay = typeof globalThis & { replayGoldenLog?: typeof replayGoldenLog };

const golden = JSON.parse(
  readFileSync(new URL('../sim/golden/golden-log.json', import.meta.url), 'utf8'),
) as GoldenLog;

for (const engine of ['chromium', 'firefox'] as const) {
  test(`a committed log gives the same state in ${engine} as in Node`, async ({ house }) => {
    const bare = await BarePage.serve('src/e2e/golden-page.ts');
    try {
      const browser = await house.browser('Replay', engine).start();
      const page = await browser.newPage();
      await page.goto(bare.url);
      await expect
        .poll(() =>
          page.evaluate((_: null) => (globalThis as WithReplay).replayGoldenLog !== undefined, null),
        )
        .toBe(true);
      const hashes = await page.evaluate(
        (log: GoldenLog) => (globalThis as WithReplay).replayGoldenLog?.(log),
        golden,
      );
      expect(hashes).toEqual(golden.hashes);
    } finally {
      await bare.remove();
    }
  });
}
