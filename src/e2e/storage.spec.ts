import { type runBrowserSuite } from '../lib/storage/browser-suite.ts';
import { BarePage } from './bare-page.ts';
import { expect, test } from './house.ts';

type WithSuite = typeof globalThis & { storageSuite?: typeof runBrowserSuite };

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
