import { BarePage } from '../../src/e2e/bare-page.ts';
import { RealBrowser } from '../../src/e2e/browsers.ts';
import type { DiskOpening, openQueue, writeQueue } from './queue-page.ts';

type WithQueue = typeof globalThis & { writeQueue?: typeof writeQueue; openQueue?: typeof openQueue };

/** Times that each queue is opened, each by a browser that was started for it; the quickest counts. */
const openings = 3;

/**
 * Opening queues from the disk of Chromium with a profile of its own: the browser that wrote them is ended, another one starts on the same
 * profile and opens each.
 */
export async function benchQueueOnDisk(sizes: readonly number[]): Promise<Record<string, DiskOpening>> {
  const bare = await BarePage.serve('scripts/bench/queue-page.ts');
  const browser = await new RealBrowser('Bench', 'chromium').start();
  try {
    const writer = await pageOf(browser, bare.url);
    for (const size of sizes) {
      await writer.evaluate((jobs) => (globalThis as WithQueue).writeQueue?.(jobs), size);
    }
    const best = new Map<number, DiskOpening>();
    for (let i = 0; i < openings; i++) {
      await browser.stop();
      await browser.start();
      for (const size of sizes) {
        // A page for each, so that no code is warm from the one before.
        const page = await pageOf(browser, bare.url);
        const opened = await page.evaluate((jobs) => (globalThis as WithQueue).openQueue?.(jobs), size);
        await page.close();
        if (opened === undefined) throw new Error('the bench did not load');
        if (opened.totalMs < (best.get(size)?.totalMs ?? Infinity)) best.set(size, rounded(opened));
      }
    }
    return Object.fromEntries(best);
  } finally {
    await browser.remove();
    await bare.remove();
  }
}

async function pageOf(browser: RealBrowser, url: string) {
  const page = await browser.newChromiumPage();
  await page.goto(url);
  await page.waitForFunction(() => (globalThis as WithQueue).openQueue !== undefined);
  return page;
}

function rounded(opened: DiskOpening): DiskOpening {
  const { jobs, ...times } = opened;
  const whole = Object.fromEntries(Object.entries(times).map(([key, ms]) => [key, Math.round(ms)]));
  return { ...(whole as Omit<DiskOpening, 'jobs'>), jobs };
}
