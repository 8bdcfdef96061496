import {
  addJob,
  connectVirtual,
  expect,
  granted,
  join,
  makeLink,
  startQueue,
  test,
  untilView,
  untilVoters,
} from './house.ts';
import { type WithClient, untilConnected } from './house.ts';

const sample = 'static/samples/cube-pla-mk3s.gcode';

test('three browsers, one of them Firefox, share a queue by its link and print two copies, one on each printer', async ({
  house,
}) => {
  const anna = await house.open('Anna');
  const queue = await startQueue(anna.page, 'Shields');
  const url = await makeLink(anna.page);
  await expect(anna.page.getByRole('img', { name: /QR/i })).toBeVisible();

  const ben = await house.open('Ben');
  await join(ben.page, url, 'Ben');
  const firefox = await house.browser('Cleo', 'firefox').start();
  const cleo = await firefox.newPage();
  await cleo.goto(house.relay.url);
  await untilConnected(cleo);
  granted(await cleo.evaluate((text: string) => (globalThis as WithClient).peerprint?.joinQueue(text), url));
  await cleo.goto(`${house.relay.url}/queue/${queue}`);
  await untilConnected(cleo);
  for (const page of [anna.page, ben.page, cleo]) await untilVoters(page, queue, 3);

  await connectVirtual(anna.page, 'Left', '200');
  await connectVirtual(ben.page, 'Right', '200');
  await addJob(ben.page, sample, 2);

  // All three see progress while it prints …
  for (const page of [anna.page, ben.page, cleo]) {
    await untilView(
      page,
      queue,
      'progress is seen',
      1,
      (view) => view.printers.filter((printer) => (printer.print?.progress ?? 0) > 0).length,
    );
  }
  // … and both copies as good afterwards.
  for (const page of [anna.page, ben.page, cleo]) {
    await untilView(
      page,
      queue,
      'good prints',
      2,
      (view) => view.history.filter((p) => p.outcome === 'good').length,
    );
  }
  const printers = await anna.page.evaluate(
    (id) =>
      new Promise<string[]>((resolve) => {
        (globalThis as WithClient).peerprint?.watchQueue(id, (view) =>
          resolve(view.history.map((p) => p.printerName)),
        );
      }),
    queue,
  );
  expect([...printers].sort()).toEqual(['Left', 'Right']);
  await ben.page.getByRole('link', { name: 'History' }).click();
  const history = ben.page.getByRole('list', { name: /^Ended prints/ });
  await expect(history.getByText('Good', { exact: true })).toHaveCount(2);
});
