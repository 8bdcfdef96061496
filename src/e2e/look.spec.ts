import type { Page } from '@playwright/test';
import { addJob, connectVirtual, expect, startQueue, test } from './house.ts';

const sample = 'static/samples/cube-pla-mk3s.gcode';

/** Collects what a page complains of: errors, and what its own policy had to forbid. */
function complaints(page: Page): string[] {
  const found: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') found.push(message.text());
  });
  page.on('pageerror', (error) => found.push(error.message));
  return found;
}

/** Names of what can be operated and has none, and of what reaches beyond the page's width. */
function flaws(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth)
      found.push(`scrolls sideways by ${root.scrollWidth - root.clientWidth} px`);
    for (const element of document.querySelectorAll('button, a[href], input, select, textarea')) {
      if (!(element instanceof HTMLElement) || element.offsetParent === null) continue;
      const labels = 'labels' in element && element.labels instanceof NodeList ? [...element.labels] : [];
      const name = [
        element.getAttribute('aria-label'),
        element.getAttribute('title'),
        element.getAttribute('placeholder'),
        element.textContent,
        ...labels.map((label) => label.textContent),
        element.getAttribute('aria-labelledby'),
      ].some((text) => (text ?? '').trim() !== '');
      if (!name) found.push(`without a name: ${element.outerHTML.slice(0, 120)}`);
    }
    const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
    for (const id of ids)
      if (ids.indexOf(id) !== ids.lastIndexOf(id)) found.push(`the id ${id} stands twice`);
    if (document.querySelectorAll('h1').length !== 1) found.push('not exactly one main heading');
    if (document.documentElement.lang === '') found.push('no language');
    return found;
  });
}

/** What a finger in a glove misses: actions less than 44 px high or wide. Links inside a sentence are words, not actions. */
function small(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const least = 44;
    for (const element of document.querySelectorAll(
      'button, a.button, nav a, summary, select, input:not([type="checkbox"], [type="radio"], [type="file"], [type="range"])',
    )) {
      if (!(element instanceof HTMLElement) || element.offsetParent === null) continue;
      const { width, height } = element.getBoundingClientRect();
      if (width < 1 || height < 1) continue;
      // Half a pixel is rounding.
      if (Math.min(width, height) < least - 0.5)
        found.push(
          `${Math.round(width)} × ${Math.round(height)} px: ${(element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 50)}`,
        );
    }
    return found;
  });
}

/** Least contrast of any text on what lies behind it (WCAG 2.2, 1.4.3), as far as plain colours tell. */
function faintest(page: Page): Promise<{ ratio: number; text: string }> {
  return page.evaluate(() => {
    const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const rgba = (colour: string): number[] => {
      if (context === null) throw new Error('this browser draws no canvas');
      context.clearRect(0, 0, 1, 1);
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
      return [...context.getImageData(0, 0, 1, 1).data];
    };
    const light = (channels: number[]): number => {
      const [r = 0, g = 0, b = 0] = channels.map((value) => {
        const part = value / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element: Element | null): number[] => {
      for (let at = element; at !== null; at = at.parentElement) {
        const colour = rgba(getComputedStyle(at).backgroundColor);
        if ((colour[3] ?? 0) > 250) return colour;
      }
      return rgba(getComputedStyle(document.documentElement).backgroundColor);
    };
    let least = { ratio: 21, text: '' };
    for (const element of document.querySelectorAll(
      'p, span, a, button, h1, h2, h3, td, th, label, li, strong',
    )) {
      const own = [...element.childNodes].some(
        (node) => node.nodeType === 3 && (node.textContent ?? '').trim() !== '',
      );
      if (!own || !(element instanceof HTMLElement) || element.offsetParent === null) continue;
      if (element.closest('[disabled], [aria-disabled="true"], svg, .visually-hidden') !== null) continue;
      const style = getComputedStyle(element);
      const ink = rgba(style.color);
      if ((ink[3] ?? 0) < 250 || Number(style.opacity) < 1) continue;
      const [a, b] = [light(ink.slice(0, 3)), light(behind(element).slice(0, 3))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < least.ratio)
        least = { ratio, text: `${element.textContent?.trim().slice(0, 60)} (${element.className})` };
    }
    return least;
  });
}

/** Buttons that open a dialog, by the page they are on. */
const dialogs: readonly (readonly [path: string, button: RegExp])[] = [
  ['', /^Change /],
  ['/printer', /^Connect a printer$/],
  ['/rules', /^Rename queue$/],
];

test('every page and dialog stands without complaints, sideways scrolling, nameless controls or faint words, wide and on a phone, light and dark', async ({
  house,
}) => {
  const { page } = await house.open('Anna');
  const found = complaints(page);
  const queue = await startQueue(page, 'Shields');
  await connectVirtual(page, 'Bench', '200');
  await addJob(page, sample, 2);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  const printer = await page.evaluate(() =>
    document.querySelector('a[href*="/printer/"]')?.getAttribute('href'),
  );
  const base = `/queue/${queue}`;
  const paths = [
    base,
    `${base}/printer`,
    `${base}/peers`,
    `${base}/files`,
    `${base}/share`,
    `${base}/rules`,
    '/settings',
    '/diagnostics',
    '/?all',
    ...(printer === null || printer === undefined ? [] : [printer]),
  ];
  const bad: string[] = [];
  for (const path of paths) {
    await page.goto(new URL(path, page.url()).href);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      for (const width of [1280, 360]) {
        await page.setViewportSize({ width, height: 800 });
        const where = `${path.replace(queue, '…')} at ${width} px, ${colorScheme}`;
        for (const flaw of await flaws(page)) bad.push(`${where}: ${flaw}`);
        if (width === 360) for (const each of await small(page)) bad.push(`${where}: ${each}`);
        const { ratio, text } = await faintest(page);
        if (ratio < 4.5) bad.push(`${where}: contrast ${ratio.toFixed(2)} of “${text}”`);
      }
    }
    // The keyboard comes somewhere, and one sees where.
    await page.keyboard.press('Tab');
    const seen = await page.evaluate(() => {
      const at = document.activeElement;
      if (at === null || at === document.body) return 'nothing takes the focus';
      const style = getComputedStyle(at);
      return style.outlineStyle === 'none' && style.boxShadow === 'none'
        ? `no focus shown on ${at.outerHTML.slice(0, 80)}`
        : '';
    });
    if (seen !== '') bad.push(`${path}: ${seen}`);
  }
  for (const [path, button] of dialogs) {
    await page.goto(new URL(base + path, page.url()).href);
    await page.getByRole('button', { name: button }).first().click();
    const dialog = page.getByRole('dialog');
    await expect(dialog).toBeVisible();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const where = `dialog “${await dialog.getByRole('heading').first().textContent()}”, ${colorScheme}`;
      for (const flaw of [...(await flaws(page)), ...(await small(page))]) bad.push(`${where}: ${flaw}`);
      const { ratio, text } = await faintest(page);
      if (ratio < 4.5) bad.push(`${where}: contrast ${ratio.toFixed(2)} of “${text}”`);
    }
    // Whoever opened it by a key leaves it by a key, and stands where they were.
    expect(await dialog.evaluate((box) => box.contains(document.activeElement))).toBe(true);
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
  }
  expect(bad).toEqual([]);
  expect(found).toEqual([]);
});
