import { readFileSync } from 'node:fs';
import { type WithClient, expect, granted, peerIdOf, test, untilView, viewOf } from './house.ts';
import { beginPrint, createAt, outcomes, peersOf, reopen, settle, untilReady } from './scenes.ts';

const gcode = readFileSync('src/e2e/fixtures/brief.gcode', 'utf8');

test('the SharedWorker dies in the middle of a print: the print goes on, a new worker takes it up and it is reported good', async ({
  house,
}) => {
  const { browser, page } = await house.open('Anna');
  const queue = await createAt(page, house, 'Worker dies');
  const before = await peerIdOf(page);
  await beginPrint(page, queue, gcode, { speed: 2 });

  await browser.endSharedWorker();
  await expect(page.getByText(/worker ended and is being started again/)).toBeVisible();
  // The same page, without a reload, asks the new worker; nothing of what was committed is gone.
  await untilReady(page, queue);
  await expect(page.getByText(/worker ended and is being started again/)).toBeHidden();
  expect(await peerIdOf(page)).toBe(before);
  await expect
    .poll(async () => (await viewOf(page, queue)).printers[0])
    .toMatchObject({ online: true, print: { phase: 'started' } });
  expect(await settle(page, queue, 'While it prints')).toMatchObject({ kind: 'committed' });
  await expect.poll(() => outcomes(page, queue), { timeout: 40_000 }).toEqual(['good']);
  await expect.poll(async () => (await viewOf(page, queue)).printers[0]?.print).toBeUndefined();
});

test('a print that ends while there is no worker at all is reported by the next one', async ({ house }) => {
  const { browser, page } = await house.open('Anna');
  const queue = await createAt(page, house, 'No worker');
  await beginPrint(page, queue, gcode, { speed: 4 });
  // The profile's lock is taken by the page as soon as the worker lets go: no worker can start until the page gives it free.
  await page.evaluate(() => {
    const scope = globalThis as WithClient & { free?: () => void; held?: boolean };
    void navigator.locks.request('peerprint-peer', () => {
      scope.held = true;
      return new Promise<void>((resolve) => (scope.free = resolve));
    });
  });
  await browser.endSharedWorker();
  await expect.poll(() => page.evaluate(() => (globalThis as { held?: boolean }).held)).toBe(true);
  await expect
    .poll(
      () =>
        page.evaluate(
          () =>
            new Promise<string | undefined>((resolve) => {
              const stop = (globalThis as WithClient).peerprint?.printers.watch(([printer]) => {
                queueMicrotask(() => stop?.());
                resolve(printer?.state);
              });
            }),
        ),
      { timeout: 40_000, message: 'the printer has ended its print' },
    )
    .toBe('ready');
  await page.evaluate(() => (globalThis as { free?: () => void }).free?.());
  await untilReady(page, queue);
  await expect.poll(() => outcomes(page, queue)).toEqual(['good']);
  await untilView(page, queue, 'one ended print', 1, (view) => view.history.length);
});

test('the tab that prints is killed: the others hear of lost contact, and reopened it says what to look at @long', async ({
  house,
}) => {
  const { peers, queue } = await peersOf(house, 'Killed while printing', ['Anna', 'Ben']);
  const [anna, ben] = peers;
  if (anna === undefined || ben === undefined) throw new Error('two peers');
  await beginPrint(anna.page, queue, readFileSync('src/e2e/fixtures/slow.gcode', 'utf8'), { speed: 1 });
  await untilView(
    ben.page,
    queue,
    'Ben sees it printing',
    1,
    (view) => view.printers.filter((printer) => printer.print?.phase === 'started').length,
  );
  await anna.browser.kill();
  await untilView(
    ben.page,
    queue,
    'Ben is told that the printer is out of reach',
    1,
    (view) => view.printers.filter((printer) => !printer.online && printer.text === 'Not connected').length,
  );

  const again = await reopen(house, anna.browser, queue);
  await untilReady(again, queue);
  const view = await viewOf(again, queue);
  // Nothing is claimed about a print that nobody saw end, and its copy is not printed again by itself.
  expect(view.history.filter((print) => print.outcome === 'good')).toEqual([]);
  expect(view.jobs.map((job) => job.good)).toEqual([0]);
  // What was known last, and what is safe: to go on is not among it.
  await again.goto(`${house.relay.url}/queue/${queue}/printer`);
  const notice = again.getByRole('region', { name: 'Interrupted print on Left' });
  await expect(notice.getByText(/“part.gcode” was at \d+ %.* when this page went away/)).toBeVisible();
  await expect(notice.getByText(/It cannot go on from there: look at the bed/)).toBeVisible();
  await expect(notice.getByRole('button', { name: /resume|continue|go on/i })).toHaveCount(0);
  await expect(again.getByRole('article', { name: 'Left on the board' }).getByText('Away')).toBeVisible();
  await notice.getByRole('button', { name: 'I have seen to it' }).click();
  await expect(notice).toBeHidden();

  // Connected again, the printer is given nothing of itself: how that print ended nobody knows, and its bed is a person's to clear.
  granted(
    await again.evaluate(() =>
      (globalThis as WithClient).peerprint?.printers.connectVirtual({ name: 'Left', speed: 1 }),
    ),
  );
  for (const page of [again, ben.page])
    await expect.poll(() => outcomes(page, queue), { timeout: 30_000 }).toEqual(['unknown']);
  const after = await viewOf(again, queue);
  expect(after.printers.map(({ online, bed, print }) => ({ online, bed, print }))).toEqual([
    { online: true, bed: 'occupied', print: undefined },
  ]);
  expect(after.jobs.map((job) => job.good)).toEqual([0]);
});
