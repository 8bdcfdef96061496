import type { Page } from '@playwright/test';
import { type WithClient, addJob, connectVirtual, expect, startQueue, test } from './house.ts';

const sample = 'static/samples/cube-pla-mk3s.gcode';

/** Collects what the page complains of. */
function complaints(page: Page): string[] {
  const found: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') found.push(message.text());
  });
  page.on('pageerror', (error) => found.push(error.message));
  return found;
}

async function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

const unlock = (page: Page) => page.getByRole('button', { name: 'Unlock controls' }).click();
/** Whether the browser would close this tab without a question. */
const closesUnasked = (page: Page) =>
  page.evaluate(() => dispatchEvent(new Event('beforeunload', { cancelable: true })));
const stopOf = (page: Page) => page.getByRole('button', { name: 'Emergency stop Bench' });

test('a printer’s page: locked against stray touches, then heats by preset, moves, talks, and stops', async ({
  house,
}) => {
  const { page } = await house.open('Anna');
  const found = complaints(page);
  await startQueue(page, 'Shields');
  await connectVirtual(page, 'Bench', '20');
  await page.getByRole('link', { name: 'Bench', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Bench');
  await expect(page.getByRole('status').filter({ hasText: 'Ready.' })).toBeVisible();
  await expect(stopOf(page)).toBeInViewport();

  // Nothing heats or moves before it is unlocked.
  await expect(page.getByRole('button', { name: /^PLA/ })).toBeDisabled();
  await expect(page.getByRole('button', { name: /^X plus/ })).toBeDisabled();
  await unlock(page);

  // Filament moves only when it is hot, and the page says so.
  await expect(page.getByTestId('why-extrude')).toContainText('heat it first');
  await expect(page.getByRole('button', { name: 'Push' })).toBeDisabled();

  // A preset asks once, then the curve and the figures follow.
  await page.getByRole('button', { name: /^PLA/ }).click();
  await page.getByRole('group', { name: 'Heating' }).getByRole('button', { name: 'Heat' }).click();
  await expect(page.getByRole('button', { name: 'Push' })).toBeEnabled({ timeout: 60_000 });
  await expect(page.getByRole('img', { name: /Nozzle \d+ of 215/ })).toBeVisible();
  await expect(page.locator('.uplot canvas')).toBeVisible();
  // Heated by hand, and nobody else could switch it off.
  expect(await closesUnasked(page)).toBe(false);

  // A jog is made, and the printer tells where it is.
  await page.getByRole('button', { name: 'Home all' }).click();
  await expect(page.getByRole('button', { name: 'Home all' })).toBeEnabled({ timeout: 30_000 });
  await page.getByRole('button', { name: /^X plus 10/ }).click();
  await expect(page.getByText('X 10.0')).toBeVisible();

  // The terminal: what was sent, what came back, and the line typed before.
  await page.getByRole('link', { name: 'Terminal' }).click();
  const log = page.getByRole('log');
  const field = page.getByRole('textbox', { name: 'G-code line for Bench' });
  await field.fill('M114');
  await field.press('Enter');
  await expect(log.getByText(/X:10\.00/).last()).toBeVisible();
  await expect(log.getByText(/‹ok$/)).toHaveCount(0);
  await page.getByRole('checkbox', { name: 'Numbers and checksums' }).check();
  await expect(log.getByText(/N\d+ M114\*\d+/).last()).toBeVisible();
  await field.press('ArrowUp');
  await expect(field).toHaveValue('M114');
  await page.getByRole('searchbox', { name: 'Only lines with' }).fill('m114');
  await expect(log.getByText(/X:10\.00/)).toHaveCount(0);
  await expect(log.getByText(/M114/).first()).toBeVisible();

  // A script is tried without sending anything, and kept.
  await page.getByRole('link', { name: 'Scripts' }).click();
  await page.getByRole('button', { name: /^Resume/ }).click();
  await page.getByRole('button', { name: 'Dry run' }).click();
  await expect(page.getByText('G1 X10 Y0 F6000')).toBeVisible();
  const script = page.getByRole('textbox', { name: /^Resume/ });
  await script.fill('G1 X{nowhere}');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('alert')).toContainText('{nowhere}');
  // What was typed is there when the page comes back, and said to be a draft.
  await page.getByRole('link', { name: 'Control', exact: true }).click();
  await page.getByRole('link', { name: 'Scripts' }).click();
  await page.getByRole('button', { name: /^Resume draft/ }).click();
  await expect(script).toHaveValue('G1 X{nowhere}');

  // On a phone nothing is wider than the screen, and the stop stays in sight.
  await page.setViewportSize({ width: 360, height: 740 });
  for (const view of ['Control', 'Terminal', 'Profile', 'Scripts']) {
    await page.getByRole('link', { name: view, exact: true }).click();
    expect(await overflow(page), view).toBeLessThanOrEqual(0);
    await expect(stopOf(page)).toBeInViewport();
  }

  // Stopped by the keyboard, from within a field.
  await page.getByRole('textbox', { name: /^Connect/ }).focus();
  await page.keyboard.press('Control+Shift+KeyX');
  await page.getByRole('link', { name: 'Control', exact: true }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Stopped by hand' })).toBeVisible();
  await page.getByRole('button', { name: 'Connect again' }).click();
  await expect(page.getByRole('status').filter({ hasText: /^Ready/ })).toBeVisible({ timeout: 30_000 });
  expect(found).toEqual([]);
});

test('a print from its page: pause, a move aside, resume, slower, the big view, cancel; a second tab asks for the controls', async ({
  house,
}) => {
  const { browser, page } = await house.open('Anna');
  const found = complaints(page);
  await startQueue(page, 'Shields');
  await connectVirtual(page, 'Bench', '20');
  await addJob(page, sample, 1);
  await page.getByRole('link', { name: 'Printers' }).click();
  await page.getByRole('link', { name: 'Bench', exact: true }).click();
  const pause = page.getByRole('button', { name: 'Pause' });
  await expect(pause).toBeEnabled({ timeout: 60_000 });
  await expect(page.getByText(/The screen stays on/)).toBeVisible();
  expect(await closesUnasked(page)).toBe(false);
  await unlock(page);
  await expect(page.getByRole('button', { name: 'Home all' })).toBeDisabled();
  await expect(page.getByText('It prints. Pause it first.')).toBeVisible();
  await page.getByRole('button', { name: 'Less speed' }).click();
  await expect(page.getByText('95 %')).toBeVisible();

  await pause.click();
  const resume = page.getByRole('button', { name: 'Resume' });
  await expect(resume).toBeVisible({ timeout: 30_000 });
  await page.getByRole('button', { name: /^Z plus 10/ }).click();
  await resume.click();
  await expect(pause).toBeEnabled({ timeout: 60_000 });

  // A second tab sees it, may stop it, and gets the controls when this one agrees.
  const second = await browser.newChromiumPage();
  await second.goto(page.url());
  await expect(second.getByText('Another tab of this browser has this printer')).toBeVisible();
  await expect(second.getByTestId('print-percent')).toBeVisible();
  await expect(second.getByRole('button', { name: 'Pause' })).toHaveCount(0);
  await expect(stopOf(second)).toBeVisible();
  await second.getByRole('button', { name: 'Ask for the controls' }).click();
  await page.getByRole('button', { name: 'Lend them' }).click();
  await second.getByRole('button', { name: 'Pause' }).click();
  await expect(second.getByRole('button', { name: 'Resume' })).toBeVisible({ timeout: 30_000 });
  await second.getByRole('button', { name: 'Give the controls back' }).click();
  await second.close();
  await expect(resume).toBeVisible();

  await page.getByRole('link', { name: 'Big view' }).click();
  const wall = page.getByTestId('wall');
  await expect(wall.getByRole('button', { name: 'Resume' })).toBeVisible();
  await expect(wall.getByText('Paused.')).toBeVisible();
  await expect(wall.getByRole('button', { name: 'Emergency stop Bench' })).toBeInViewport();
  await wall.getByRole('link', { name: 'Close' }).click();
  await page.getByRole('button', { name: 'Cancel print' }).click();
  await page.getByRole('button', { name: 'Cancel the print' }).click();
  await expect(
    page.getByRole('status').filter({ hasText: /^Ready\. The last print was cancelled/ }),
  ).toBeVisible({
    timeout: 30_000,
  });
  // Cancelled and cold: the tab may go.
  await expect.poll(() => closesUnasked(page)).toBe(true);
  expect(found).toEqual([]);
});

test('printers of one computer print in one tab and in two; a tab killed under its prints says what is known, and resumes nothing @long', async ({
  house,
}) => {
  const { browser, page } = await house.open('Anna');
  await startQueue(page, 'Shields');
  await connectVirtual(page, 'Bench', '1');
  await connectVirtual(page, 'Desk', '1');
  const second = await browser.newChromiumPage();
  await second.goto(page.url());
  await connectVirtual(second, 'Shelf', '1');
  await addJob(page, sample, 3);
  await page.getByRole('link', { name: 'Printers' }).click();
  for (const name of ['Bench', 'Desk', 'Shelf']) {
    const card = page.getByRole('article', { name: `${name} on the board` });
    await expect(card.getByText('Printing', { exact: true })).toBeVisible({ timeout: 60_000 });
  }
  // Each tab drives its own printers.
  for (const name of ['Bench', 'Desk']) {
    await expect(page.getByRole('article', { name: `Printer ${name}` })).toContainText('Printing');
    await expect(second.getByRole('article', { name: `Printer ${name}` })).toHaveCount(0);
  }
  await expect(page.getByRole('article', { name: 'Printer Shelf' })).toHaveCount(0);
  await expect(second.getByRole('article', { name: 'Printer Shelf' })).toBeVisible();

  // What is kept of the print says by now that something was to be hot.
  await expect
    .poll(
      () =>
        page.evaluate(async () => {
          const left = (await (globalThis as WithClient).peerprint?.leftPrints()) ?? [];
          const targets = left.map(({ standing }) => standing.bedTargetC ?? 0);
          return targets.length === 3 ? Math.min(...targets) : 0;
        }),
      { timeout: 30_000 },
    )
    .toBeGreaterThan(0);
  await page.close({ runBeforeUnload: false });
  const again = await browser.newChromiumPage();
  await again.goto(second.url());
  const notice = again.getByRole('region', { name: 'Interrupted print on Bench' });
  await expect(notice).toContainText('Look at it now', { timeout: 30_000 });
  await expect(notice).toContainText('It cannot go on from there');
  await expect(again.getByRole('region', { name: 'Interrupted print on Desk' })).toBeVisible();
  // The print of the other tab goes on, and is no interrupted one.
  await expect(again.getByRole('region', { name: 'Interrupted print on Shelf' })).toHaveCount(0);
  await notice.getByRole('button', { name: 'Connect it again' }).click();
  await expect(again.getByRole('dialog', { name: 'Connect a printer' })).toBeVisible();
  await again.keyboard.press('Escape');
  await notice.getByRole('button', { name: 'I have seen to it' }).click();
  await expect(notice).toHaveCount(0);
});
