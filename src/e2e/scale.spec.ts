import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import type { QueueId } from '../lib/base/index.ts';
import type { seedQueue } from '../lib/peer/testing/seeded-queue.ts';
import { barePage, bundle } from './bare-page.ts';
import { expect, test, viewOf } from './house.ts';

type WithSeed = typeof globalThis & { seedQueue?: typeof seedQueue };

const jobs = 100_000;
const printers = 1_000;
/** Pixels in a frame: at 60 frames a second the 7,000 pixels a second of a strong fling. */
const pxPerFrame = 120;

/** Runs the seeding in a page without the app, of the app's own address. */
async function seeded(page: Page, url: string): Promise<QueueId> {
  const folder = await bundle('src/e2e/scale-page.ts');
  try {
    const script = readFileSync(join(folder, 'page.js'), 'utf8');
    await page.route('**/seed', (route) => route.fulfill({ contentType: 'text/html', body: barePage }));
    await page.route('**/page.js', (route) =>
      route.fulfill({ contentType: 'text/javascript', body: script }),
    );
    await page.goto(`${url}/seed`);
    await expect
      .poll(() => page.evaluate(() => (globalThis as WithSeed).seedQueue !== undefined), { timeout: 30_000 })
      .toBe(true);
    const queue = await page.evaluate(
      ([a, b]: readonly [number, number]) => (globalThis as WithSeed).seedQueue?.(a, b),
      [jobs, printers] as const,
    );
    if (queue === undefined) throw new Error('the page does not seed');
    return queue;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Frames {
  readonly frames: number;
  readonly p95Ms: number;
  readonly longestMs: number;
  /** Tasks of the page longer than 50 ms, and their time together. */
  readonly longTasks: number;
  readonly longTasksMs: number;
}

/** Scrolls the page like a strong fling for a while and tells what became of the frames. */
function scrolled(page: Page, ms: number): Promise<Frames> {
  return page.evaluate(
    ([lastingMs, flingPx]: readonly [number, number]) =>
      new Promise<Frames>((resolve) => {
        const gaps: number[] = [];
        const long: number[] = [];
        const observer = new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) long.push(entry.duration);
        });
        observer.observe({ type: 'longtask' });
        const began = performance.now();
        let before = began;
        const frame = (now: number) => {
          if (gaps.length > 0 || now > began) gaps.push(now - before);
          before = now;
          window.scrollBy(0, flingPx);
          if (now - began < lastingMs) {
            requestAnimationFrame(frame);
            return;
          }
          observer.disconnect();
          const sorted = [...gaps].sort((a, b) => a - b);
          resolve({
            frames: gaps.length,
            p95Ms: Math.round(sorted[Math.floor(sorted.length * 0.95)] ?? 0),
            longestMs: Math.round(sorted.at(-1) ?? 0),
            longTasks: long.length,
            longTasksMs: Math.round(long.reduce((sum, each) => sum + each, 0)),
          });
        };
        requestAnimationFrame(frame);
      }),
    [ms, pxPerFrame] as const,
  );
}

/** Milliseconds from a step in the page until a row with that text is there. */
function untilRow(page: Page, text: string, step: { readonly find?: string; readonly scrollTo?: number }) {
  return page.evaluate(
    ({ wanted, find, top }) =>
      new Promise<number>((resolve) => {
        const list = document.querySelector('[aria-label="Jobs in the order they are printed"]');
        const began = performance.now();
        const look = () => {
          const shown = [...(list?.querySelectorAll('li') ?? [])].some((row) => {
            const { top: y } = row.getBoundingClientRect();
            return y >= 0 && y < window.innerHeight && row.textContent?.includes(wanted) === true;
          });
          if (shown) resolve(performance.now() - began);
          else requestAnimationFrame(look);
        };
        const field = document.querySelector<HTMLInputElement>('input[type="search"]');
        if (find !== undefined && field !== null) {
          field.value = find;
          field.dispatchEvent(new Event('input', { bubbles: true }));
        }
        if (top !== undefined) window.scrollTo(0, top);
        look();
      }),
    { wanted: text, find: step.find, top: step.scrollTo },
  );
}

test('@long a queue of 100,000 jobs and 1,000 printers opens, scrolls without stutter and finds by text at once', async ({
  house,
}) => {
  test.setTimeout(240_000);
  const { browser, page: bare } = await house.open('Anna', '/healthz');
  const queue = await seeded(bare, house.relay.url);
  const page = await browser.newChromiumPage();
  const began = Date.now();
  await page.goto(`${house.relay.url}/queue/${queue}`);
  const list = page.getByRole('list', { name: 'Jobs in the order they are printed' });
  await expect(list.getByText('Bracket 0', { exact: true })).toBeVisible({ timeout: 60_000 });
  const openMs = Date.now() - began;
  await bare.close();
  await expect(page.getByTestId('condition')).toHaveText('Saved', { timeout: 60_000 });
  expect((await viewOf(page, queue)).counts).toMatchObject({ jobs, printers });

  const frames = await scrolled(page, 5_000);
  // Far away, where nothing was shown before.
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  const jumpMs = await untilRow(page, 'Bracket 9', { scrollTo: height });
  await page.evaluate(() => window.scrollTo(0, 0));
  await expect(list.getByText('Bracket 0', { exact: true })).toBeVisible();
  const findMs = await untilRow(page, 'Bracket 77777', { find: 'bracket 77777' });
  const againMs = await untilRow(page, 'Bracket 12345', { find: 'Bracket 12345' });
  await page.getByRole('searchbox').fill('');
  await expect(list.getByText('Bracket 0', { exact: true })).toBeVisible();
  // The first of 100,000 is moved and edited as quickly as the first of ten.
  const moved = Date.now();
  await page.getByRole('button', { name: 'Move Bracket 0: drag, or use the arrow keys' }).focus();
  await page.keyboard.press('ArrowDown');
  await expect(list.getByRole('listitem').first()).toContainText('Bracket 1');
  const moveMs = Date.now() - moved;
  const figures = {
    openMs,
    ...frames,
    jumpMs: Math.round(jumpMs),
    findMs: Math.round(findMs),
    againMs: Math.round(againMs),
    moveMs,
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);

  expect(await list.getByRole('listitem').count()).toBeLessThan(100);
  expect(frames.p95Ms).toBeLessThan(100);
  expect(frames.longTasksMs).toBeLessThan(1_000);
  expect(findMs).toBeLessThan(1_000);
  expect(againMs).toBeLessThan(1_000);
  expect(jumpMs).toBeLessThan(2_000);
});
