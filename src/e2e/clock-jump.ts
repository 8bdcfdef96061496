import type { Page } from '@playwright/test';
import type { RealBrowser } from './browsers.ts';

/** How the clocks of a machine go through its sleep. */
export interface ClockJump {
  /** From when on they show what has passed, in milliseconds since 1970: a moment while it sleeps. */
  readonly atMs: number;
  readonly byMs: number;
  /** On some systems the clock that never runs backwards goes on while the machine sleeps, on others it stands still. */
  readonly monotonicToo: boolean;
}

/**
 * Makes the clocks of a browser jump: in its SharedWorker, in the page and in the workers of its printers. Put in place before the machine is frozen, it takes
 * effect while that stands still, as real sleep does.
 */
export async function jumpClocks(browser: RealBrowser, page: Page, jump: ClockJump): Promise<void> {
  const script = scriptOf(jump);
  await browser.inWorker(script);
  await page.evaluate(script);
  for (const worker of page.workers()) await worker.evaluate(script);
}

function scriptOf({ atMs, byMs, monotonicToo }: ClockJump): string {
  return `{
    const wall = Date.now.bind(Date), monotonic = performance.now.bind(performance);
    const slept = () => (wall() >= ${atMs} ? ${byMs} : 0);
    Date.now = () => wall() + slept();
    if (${monotonicToo}) performance.now = () => monotonic() + slept();
  }`;
}
