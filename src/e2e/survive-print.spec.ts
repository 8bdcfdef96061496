import { readFileSync } from 'node:fs';
import { type WithClient, expect, test, untilConnected, untilView, viewOf } from './house.ts';
import { type Peer, beginPrint, outcomes, peersOf, reopen, settle, untilReady } from './scenes.ts';

const brief = readFileSync('src/e2e/fixtures/brief.gcode', 'utf8');

test('all other peers go away in the middle of a print: it goes to its end, and is reported once they are back @long', async ({
  house,
}) => {
  const { peers, queue } = await peersOf(house, 'Alone', ['Anna', 'Ben', 'Cleo']);
  const [anna, ben, cleo] = peers as [Peer, Peer, Peer];
  await beginPrint(ben.page, queue, brief, { speed: 1 });
  await anna.browser.kill();
  await cleo.browser.kill();
  await expect
    .poll(
      () =>
        ben.page.evaluate(
          (_: null) =>
            new Promise<string | undefined>((resolve) => {
              const stop = (globalThis as WithClient).peerprint?.printers.watch(([printer]) => {
                queueMicrotask(() => stop?.());
                resolve(printer?.state);
              });
            }),
          null,
        ),
      { timeout: 60_000, message: 'the printer has ended its print' },
    )
    .toBe('ready');
  // Nobody else could agree to that outcome: it is kept, and nothing is claimed yet.
  await expect.poll(async () => (await viewOf(ben.page, queue)).condition).toBe('waiting');
  expect(await outcomes(ben.page, queue)).toEqual([]);

  const annaAgain = await reopen(house, anna.browser, queue);
  await untilReady(annaAgain, queue);
  for (const page of [ben.page, annaAgain]) {
    await expect.poll(() => outcomes(page, queue), { timeout: 40_000 }).toEqual(['good']);
  }
  expect((await viewOf(annaAgain, queue)).jobs.map((job) => job.good)).not.toContain(0);
});

test('the SharedWorker dies while the tab that prints is hidden: the print goes to its end and is reported good @long', async ({
  house,
}) => {
  const browser = await house.browser('Anna', 'chromium-plain').start();
  const page = await browser.newPage();
  await page.goto(house.relay.url);
  await untilConnected(page);
  const created = await page.evaluate(
    (name: string) => (globalThis as WithClient).peerprint?.createQueue({ name, lan: false }),
    'Hidden',
  );
  if (created?.ok !== true) throw new Error('no queue');
  const queue = created.value;
  await beginPrint(page, queue, brief, { speed: 1 });
  const other = await browser.newPage();
  await other.goto(`${house.relay.url}/queue/${queue}`);
  await untilConnected(other);
  await other.bringToFront();
  await expect
    .poll(() => page.evaluate((_: null) => document.visibilityState, null), { message: 'hidden' })
    .toBe('hidden');

  await browser.endSharedWorker();
  await untilReady(other, queue);
  expect(await settle(other, queue, 'While it prints')).toMatchObject({ kind: 'committed' });
  await expect.poll(() => outcomes(other, queue), { timeout: 60_000 }).toEqual(['good']);
  expect(await page.evaluate((_: null) => document.visibilityState, null)).toBe('hidden');
  await untilView(other, queue, 'one ended print', 1, (view) => view.history.length);
});
