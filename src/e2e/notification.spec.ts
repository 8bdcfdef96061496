import type { PrinterId, QueueId } from '../lib/base/index.ts';
import type { AnyPage } from './browsers.ts';
import { Desktop } from './desktop.ts';
import { type WithClient, expect, granted, test, untilConnected, untilView, viewOf } from './house.ts';
import { addJobAt, appOf, untilReady } from './scenes.ts';

const gcode = `G28\nM104 S40\nG1 Z0.3\n${'G1 X20 Y20 E1\nG1 X40 Y20 E1\n'.repeat(20)}M104 S0\n`;

const pathOf = (page: AnyPage) => page.evaluate((_: null) => location.pathname, null);
const seenOf = (page: AnyPage) => page.evaluate((_: null) => document.visibilityState, null);

function press(page: AnyPage, name: string): Promise<void> {
  return page.evaluate((wanted: string) => {
    const all = [...document.querySelectorAll<HTMLElement>('button, a')];
    const found = all.find((each) => (each.ariaLabel ?? each.textContent.trim()) === wanted);
    if (found === undefined) throw new Error(`nothing is called “${wanted}”`);
    found.click();
  }, name);
}

function clearBed(page: AnyPage, queue: QueueId, printer: PrinterId) {
  return page.evaluate(
    ([id, which]: readonly [QueueId, PrinterId]) =>
      (globalThis as WithClient).peerprint?.setBed(id, which, 'clear', 'good'),
    [queue, printer] as const,
  );
}

test('a click on a notification brings the tab to the front and shows the printers without loading it anew; with no tab open it opens one @long', async ({
  house,
}) => {
  const desktop = await new Desktop().start();
  try {
    const browser = await house.browser('Anna', 'chromium-plain').start({ env: desktop.env });
    await browser.allowNotifications(house.relay.url);
    const page = await browser.newPage();
    await page.goto(house.relay.url);
    await untilConnected(page);
    const queue = granted(
      await page.evaluate(
        (_: null) => (globalThis as WithClient).peerprint?.createQueue({ name: 'Needs you', lan: false }),
        null,
      ),
    );
    await untilReady(page, queue);
    granted(
      await page.evaluate(
        (_: null) =>
          (globalThis as WithClient).peerprint?.printers.connectVirtual({ name: 'Left', speed: 200 }),
        null,
      ),
    );
    await untilView(page, queue, 'the printer is known', 1, (view) => view.counts.printers);
    const [printer] = (await viewOf(page, queue)).printers;
    if (printer === undefined) throw new Error('one printer');
    await page.evaluate(
      ([id, which]: readonly [QueueId, PrinterId]) =>
        (globalThis as WithClient).peerprint?.changePrinter(id, which, { autoClear: false }),
      [queue, printer.printer] as const,
    );
    await press(page, 'Settings');
    await expect.poll(() => pathOf(page)).toBe('/settings');
    await press(page, 'Tell me by notification too');
    await page.evaluate(async (_: null) => void (await navigator.serviceWorker.ready), null);

    // Behind another tab it is hidden, as it is for a person who looks at something else.
    const other = await browser.newPage();
    await other.bringToFront();
    await expect.poll(() => seenOf(page)).toBe('hidden');
    await addJobAt(page, queue, gcode, 2);
    const told = [{ title: 'Clear the bed of Left.' }];
    await expect.poll(() => desktop.shown, { timeout: 30_000 }).toMatchObject(told);
    const mark = await page.evaluate((_: null) => performance.timeOrigin, null);
    desktop.click(desktop.shown[0]?.id ?? 0);
    await expect.poll(() => pathOf(page)).toBe(`/queue/${queue}/printer`);
    await expect.poll(() => seenOf(page)).toBe('visible');
    await expect.poll(() => desktop.shown).toEqual([]);
    expect(await page.evaluate((_: null) => performance.timeOrigin, null)).toBe(mark);
    expect((await appOf(page)).alerts.length).toBe(1);

    // What was done elsewhere takes the notification back; what comes next is told again.
    await other.bringToFront();
    expect(await clearBed(page, queue, printer.printer)).toMatchObject({ kind: 'committed' });
    await expect.poll(() => desktop.shown, { timeout: 30_000 }).toMatchObject(told);
    await page.close();
    expect(await browser.paths()).not.toContain(`/queue/${queue}/printer`);
    desktop.click(desktop.shown[0]?.id ?? 0);
    await expect.poll(() => browser.paths()).toContain(`/queue/${queue}/printer`);
    await expect.poll(() => desktop.shown).toEqual([]);
  } finally {
    desktop.remove();
  }
});
