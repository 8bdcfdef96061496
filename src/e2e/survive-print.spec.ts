import { readFileSync } from 'node:fs';
import { type WithClient, expect, test, viewOf } from './house.ts';
import { type Peer, beginPrint, outcomes, peersOf, reopen, untilReady } from './scenes.ts';

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
