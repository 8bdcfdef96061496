import { parseLink } from '../lib/registry/index.ts';
import { type WithClient, expect, granted, test, untilView } from './house.ts';
import { addJobAt, appOf, createAt, linkOf, untilRelay } from './scenes.ts';

const gcode = `G28\nM104 S40\nG1 Z0.3\n${'G1 X20 Y20 E1\nG1 X40 Y20 E1\n'.repeat(20)}M104 S0\n`;

test('a bed to clear is named on every page with a way to it, counted in the title and the badge, told by notification, and gone once done', async ({
  house,
}) => {
  const { browser, page } = await house.open('Anna');
  await browser.context.grantPermissions(['notifications'], { origin: house.relay.url });
  const queue = await createAt(page, house, 'Needs you');
  const badges = await page.evaluate(() => {
    const counts: number[] = [];
    Object.assign(globalThis, { counts });
    Object.assign(navigator, {
      setAppBadge: (count: number) => Promise.resolve(void counts.push(count)),
      clearAppBadge: () => Promise.resolve(void counts.push(0)),
    });
    return 'setAppBadge' in navigator;
  });
  expect(badges).toBe(true);
  granted(
    await page.evaluate(() =>
      (globalThis as WithClient).peerprint?.printers.connectVirtual({ name: 'Left', speed: 200 }),
    ),
  );
  await untilView(page, queue, 'the printer is known', 1, (view) => view.printers.length);
  // As a real printer has it: a person clears the bed.
  await page.evaluate(async (id) => {
    const client = (globalThis as WithClient).peerprint;
    const [printer] = await new Promise<readonly { printer: never }[]>((resolve) => {
      const stop = client?.watchQueue(id, (view) => {
        queueMicrotask(() => stop?.());
        resolve(view.printers as never);
      });
    });
    if (printer !== undefined) await client?.changePrinter(id, printer.printer, { autoClear: false });
  }, queue);
  await addJobAt(page, queue, gcode);
  const banner = page.getByRole('complementary', { name: 'A printer needs you' });
  await expect(banner.getByRole('link', { name: 'Clear the bed of Left.' })).toBeVisible({ timeout: 30_000 });
  await expect(page).toHaveTitle(/^\(1\) /);
  await expect.poll(() => page.evaluate(() => (globalThis as { counts?: number[] }).counts?.at(-1))).toBe(1);
  expect((await appOf(page)).alerts).toMatchObject([{ kind: 'bed', mine: true, queueName: 'Needs you' }]);

  // On a page of no queue too, where a person may ask to be told.
  await page.getByRole('link', { name: 'Settings' }).click();
  await expect(banner).toBeVisible();
  await page.getByRole('button', { name: 'Tell me by notification too' }).click();
  await expect(page.getByText('The system tells you too')).toBeVisible();

  await banner.getByRole('link').click();
  await page.waitForURL(/\/printer$/);
  const [view] = [await appOf(page)];
  const printer = view.alerts[0]?.printer;
  if (printer === undefined) throw new Error('one alert');
  await page.evaluate(
    ([id, which]) => (globalThis as WithClient).peerprint?.setBed(id, which, 'clear', 'good'),
    [queue, printer] as const,
  );
  await expect(banner).toBeHidden();
  await expect(page).toHaveTitle(/^[^(]/);
});

test('the diagnostics page shows how all stands, and its report holds no key, no invitation and no secret of a link', async ({
  house,
}) => {
  const { browser, page } = await house.open('Anna');
  await browser.context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: house.relay.url });
  const queue = await createAt(page, house, 'Open book');
  await untilRelay(page);
  const link = await linkOf(page, queue);
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('link', { name: 'Open diagnostics' }).click();
  await expect(page.getByRole('heading', { name: 'Diagnostics' })).toBeVisible();
  await expect(page.getByText(/leader, replica 1, term/i)).toBeVisible();
  await expect(page.getByText(/with nobody there/)).toBeVisible();
  await page.getByRole('button', { name: 'Copy report' }).click();
  const report = await page.evaluate(() => navigator.clipboard.readText());
  expect(JSON.parse(report)).toMatchObject({ queues: [{ name: 'Open book', condition: 'ready' }] });

  const parsed = parseLink(link);
  if (!parsed.ok) throw new Error(parsed.refusal.text);
  const text = link.split('#')[1] ?? '';
  for (let at = 0; at + 24 <= text.length; at += 8) expect(report).not.toContain(text.slice(at, at + 24));
  for (const secret of [parsed.value.invitation.seed]) {
    for (const form of ['hex', 'base64', 'base64url'] as const)
      expect(report).not.toContain(Buffer.from(secret).toString(form).slice(0, 20));
  }
});
