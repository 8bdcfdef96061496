import { BarePage } from '../../src/e2e/bare-page.ts';
import { RealBrowser } from '../../src/e2e/browsers.ts';
import type { IndexedDbBench, benchIndexedDb } from '../../src/lib/storage/browser-suite.ts';

type WithBench = typeof globalThis & { storageBench?: typeof benchIndexedDb };

/** Durable appends per second, strict, in Chromium with a persistent profile. */
export async function benchBrowserStorage(): Promise<IndexedDbBench> {
  const bare = await BarePage.serve('src/e2e/storage-page.ts');
  const browser = await new RealBrowser('Bench', 'chromium').start();
  try {
    const page = await browser.newChromiumPage();
    await page.goto(bare.url);
    await page.waitForFunction(() => (globalThis as WithBench).storageBench !== undefined);
    const figures = await page.evaluate(() => (globalThis as WithBench).storageBench?.());
    if (figures === undefined) throw new Error('the bench did not load');
    return figures;
  } finally {
    await browser.remove();
    await bare.remove();
  }
}
