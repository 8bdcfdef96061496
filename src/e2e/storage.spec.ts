import type { keepWriting, runBrowserSuite } from '../lib/storage/browser-suite.ts';
import { BarePage } from './bare-page.ts';
import { expect, test } from './house.ts';

type WithSuite = typeof globalThis & {
  storageSuite?: typeof runBrowserSuite;
  keepWriting?: typeof keepWriting;
};

/** A Chromium that ran two writes side by side lost everything within so many, twice of two. */
const deaths = 5;

for (const engine of ['chromium', 'firefox'] as const) {
  test(`the storage suite passes over IndexedDB in ${engine}`, async ({ house }) => {
    const bare = await BarePage.serve('src/e2e/storage-page.ts');
    try {
      const browser = await house.browser('Store', engine).start();
      const page = await browser.newPage();
      await page.goto(bare.url);
      await expect
        .poll(() => page.evaluate((_: null) => (globalThis as WithSuite).storageSuite !== undefined, null))
        .toBe(true);
      const outcome = await page.evaluate((_: null) => (globalThis as WithSuite).storageSuite?.(), null);
      expect(outcome?.failed).toEqual([]);
      expect(outcome?.passed.length).toBeGreaterThan(10);
    } finally {
      await bare.remove();
    }
  });
}

for (const [engine, long] of [
  ['chromium', ''],
  ['firefox', ' @long'],
] as const) {
  test(`a ${engine} that dies again and again while everything is written to at once keeps its data${long}`, async ({
    house,
  }) => {
    const bare = await BarePage.serve('src/e2e/storage-page.ts');
    try {
      const browser = house.browser('Store', engine);
      for (let death = 0; death < deaths; death++) {
        await browser.start();
        const page = await browser.newPage();
        await page.goto(bare.url);
        const found = await page.evaluate(
          (log) => (globalThis as WithSuite).keepWriting?.(log),
          `log ${death}`,
        );
        expect(found).toBe(death === 0 ? 'nothing was here' : 'kept');
        await browser.kill();
      }
    } finally {
      await bare.remove();
    }
  });
}
