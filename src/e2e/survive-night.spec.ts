import { readFileSync } from 'node:fs';
import { type WithClient, expect, test, untilView, viewOf } from './house.ts';
import { type Peer, addJobAt, outcomes, peersOf } from './scenes.ts';

const gcode = readFileSync('src/e2e/fixtures/brief.gcode', 'utf8');

type WithNight = WithClient & { printed?: number };

test('a night: a printer claims copies ahead while the others are there, goes through them while they sleep, and each counts once when they wake @long', async ({
  house,
}) => {
  test.setTimeout(360_000);
  const { peers, queue } = await peersOf(house, 'Night', ['Anna', 'Ben', 'Cleo']);
  const [anna, ben, cleo] = peers as [Peer, Peer, Peer];
  const settled = await anna.page.evaluate(
    (id) => (globalThis as WithClient).peerprint?.setSettings(id, { claimAhead: 2 }),
    queue,
  );
  expect(settled).toMatchObject({ kind: 'committed' });
  await ben.page.evaluate(async () => {
    const scope = globalThis as WithNight;
    await scope.peerprint?.printers.connectVirtual({ name: 'Night shift', speed: 2 });
    scope.printed = 0;
    let busy = false;
    scope.peerprint?.printers.watch(([printer]) => {
      if (busy && printer?.state === 'ready') scope.printed = (scope.printed ?? 0) + 1;
      busy = printer !== undefined && printer.state !== 'ready';
    });
  });
  const printed = () => ben.page.evaluate(() => (globalThis as WithNight).printed);
  await addJobAt(anna.page, queue, gcode, 4);
  await untilView(
    ben.page,
    queue,
    'one is printed and two are kept for after it',
    3,
    (view) => view.jobs[0]?.sets[0]?.prints.length ?? 0,
  );
  // The other two shut their lids: no quorum is left.
  for (const { browser } of [anna, cleo]) browser.freeze();
  try {
    await expect.poll(printed, { message: 'all that were held are printed', timeout: 200_000 }).toBe(3);
    // Nobody could agree to any of it, and the fourth copy was not held: it is not begun.
    expect(await outcomes(ben.page, queue)).toEqual([]);
    expect((await viewOf(ben.page, queue)).condition).toBe('waiting');
  } finally {
    for (const { browser } of [anna, cleo]) browser.thaw();
  }
  for (const { page } of peers) {
    await expect
      .poll(() => outcomes(page, queue), { timeout: 90_000 })
      .toEqual(['good', 'good', 'good', 'good']);
    const view = await viewOf(page, queue);
    expect(new Set(view.history.map((print) => print.print)).size).toBe(4);
    expect(view.history.filter((print) => print.surplus)).toEqual([]);
    expect(view.jobs.map((job) => job.good)).not.toContain(3);
  }
  expect(await printed()).toBe(4);
});
