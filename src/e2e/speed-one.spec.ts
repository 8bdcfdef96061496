import { readFileSync } from 'node:fs';
import { type WithClient, expect, granted, test, untilConnected, untilView, viewOf } from './house.ts';

const gcode = readFileSync('src/e2e/fixtures/slow.gcode', 'utf8');

test('a print at its own pace, with heating, goes on to the end while its tab is hidden @long', async ({
  house,
}) => {
  test.setTimeout(240_000);
  const browser = await house.browser('Anna', 'chromium-plain').start();
  const page = await browser.newPage();
  await page.goto(house.relay.url);
  await untilConnected(page);
  const queue = granted(
    await page.evaluate(
      (name: string) => (globalThis as WithClient).peerprint?.createQueue({ name, lan: false }),
      'At its own pace',
    ),
  );
  granted(
    await page.evaluate(
      (name: string) => (globalThis as WithClient).peerprint?.printers.connectVirtual({ name, speed: 1 }),
      'Real time',
    ),
  );
  const file = granted(
    await page.evaluate(
      ([id, text]: readonly [typeof queue, string]) =>
        (globalThis as WithClient).peerprint?.addFile(id, new File([text], 'slow.gcode')),
      [queue, gcode] as const,
    ),
  );
  await page.evaluate(
    ([id, added]: readonly [typeof queue, typeof file.file]) =>
      (globalThis as WithClient).peerprint?.addJob(id, {
        name: 'Slow',
        copies: 1,
        draft: false,
        notes: '',
        sets: [{ file: added, count: 1 }],
      }),
    [queue, file.file] as const,
  );
  await untilView(
    page,
    queue,
    'the print has begun',
    1,
    (view) => view.printers.filter((printer) => printer.print?.phase === 'started').length,
  );

  // Another tab comes to the front: the one that prints is hidden for the rest.
  const other = await browser.newPage();
  await other.goto(`${house.relay.url}/queue/${queue}`);
  await untilConnected(other);
  await other.bringToFront();
  const visibility = () => page.evaluate((_: null) => document.visibilityState, null);
  await expect.poll(visibility, { message: 'the printing tab is hidden' }).toBe('hidden');

  await untilView(
    other,
    queue,
    'it heats, then prints',
    1,
    (view) => view.printers.filter((printer) => (printer.nozzle?.celsius ?? 0) > 30).length,
  );
  await expect
    .poll(async () => (await viewOf(other, queue)).history.map((print) => print.outcome), {
      timeout: 180_000,
      message: 'the print ends good',
    })
    .toEqual(['good']);
  expect(await visibility()).toBe('hidden');
});
