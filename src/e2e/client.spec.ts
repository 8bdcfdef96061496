import type { Result } from '../lib/base/index.ts';
import { clientApiVersion } from '../lib/peer/api.ts';
import { type WithClient, expect, test, untilConnected } from './house.ts';

const gcode = `G28\nM104 S40\nG1 Z0.3\n${'G1 X20 Y20 E1\nG1 X40 Y20 E1\n'.repeat(50)}M104 S0\n`;

/** Everything in the page, by `globalThis.peerprint` alone: what other software on the page can do. */
test('other software on the page creates, invites, joins, submits, watches, prints, administers and reads the log', async ({
  house,
}) => {
  const browser = await house.browser('Anna').start();
  const page = await browser.newChromiumPage();
  // Software that was there before the app hears when the client is.
  await page.addInitScript(() =>
    addEventListener('peerprint', (event) => {
      const { version } = (event as CustomEvent<{ version: number }>).detail;
      Object.assign(globalThis, { heardOf: version });
    }),
  );
  await page.goto(house.relay.url);
  const anna = { browser, page };
  const ben = await house.open('Ben');
  for (const { page } of [anna, ben]) await untilConnected(page);

  const made = await anna.page.evaluate(async () => {
    const client = (globalThis as WithClient).peerprint;
    if (client === undefined) throw new Error('not there');
    const created = await client.createQueue({ name: 'By program', lan: false });
    if (!created.ok) throw new Error(created.refusal.text);
    const queue = created.value;
    // Get and set: a view now and after every change, and a command that settles.
    const names: string[] = [];
    const stop = client.watchQueue(queue, (view) => names.push(view.name));
    const renamed = await client.renameQueue(queue, 'Renamed');
    while (!names.includes('Renamed')) await new Promise((resolve) => setTimeout(resolve, 20));
    stop();
    let link = await client.makeLink(queue, { role: 'trusted', lifeMs: 3_600_000 });
    // A link is of use once a relay is connected.
    for (let tries = 0; tries < 100; tries++) {
      const preview = link.ok ? await client.previewLink(link.value.text) : link;
      if (preview.ok && preview.value.relays.length > 0) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
      link = await client.makeLink(queue, { role: 'trusted', lifeMs: 3_600_000 });
    }
    if (!link.ok) throw new Error(link.refusal.text);
    const { heardOf } = globalThis as { heardOf?: number };
    // By mistake: without its argument, and with a number that is none.
    const mistake = await (client.createQueue as unknown as () => Promise<Result<string>>)();
    const job = { name: 'Part', copies: Number.NaN, sets: [] };
    const noJob = await client.addJob(queue, job);
    const codes = [mistake, noJob].map((each) => ('refusal' in each ? each.refusal.code : 'none'));
    return {
      heardOf,
      codes,
      version: client.version,
      queue,
      renamed: renamed.kind,
      first: names[0],
      text: link.value.text,
    };
  });
  expect(made).toMatchObject({
    heardOf: clientApiVersion,
    version: clientApiVersion,
    renamed: 'committed',
    codes: ['bad-argument', 'malformed'],
  });

  const joined = await ben.page.evaluate(async (text) => {
    const client = (globalThis as WithClient).peerprint;
    const named = await client?.setName('Ben');
    const done = await client?.joinQueue(text);
    return { named: named?.ok, queue: done?.ok === true ? done.value : done?.refusal.text };
  }, made.text);
  expect(joined).toEqual({ named: true, queue: made.queue });

  const printed = await ben.page.evaluate(
    async ([queue, text]) => {
      const client = (globalThis as WithClient).peerprint;
      if (client === undefined) throw new Error('not there');
      const connected = await client.printers.connectVirtual({ name: 'Bench', speed: 200 });
      const progress: number[] = [];
      const file = await client.addFile(queue, new File([text], 'part.gcode'), ({ doneBytes }) =>
        progress.push(doneBytes),
      );
      if (!file.ok) throw new Error(file.refusal.text);
      const job = {
        name: 'Part',
        copies: 2,
        draft: false,
        notes: '',
        sets: [{ file: file.value.file, count: 1 }],
      };
      const added = await client.addJob(queue, job);
      const outcomes = await new Promise<readonly (string | undefined)[]>((resolve) => {
        const stop = client.watchQueue(queue, (view) => {
          if (view.history.length < 2) return;
          queueMicrotask(() => stop());
          resolve(view.history.map((print) => print.outcome));
        });
      });
      const back = await client.readFile(queue, file.value.file);
      return {
        connected: connected.ok,
        progress: progress.length > 0,
        added: added.kind,
        outcomes,
        same: back.ok && (await back.value.text()) === text,
      };
    },
    [made.queue, gcode] as const,
  );
  expect(printed).toEqual({
    connected: true,
    progress: true,
    added: 'committed',
    outcomes: ['good', 'good'],
    same: true,
  });

  const ruled = await anna.page.evaluate(async (queue) => {
    const client = (globalThis as WithClient).peerprint;
    if (client === undefined) throw new Error('not there');
    const view = await new Promise<Parameters<Parameters<typeof client.watchQueue>[1]>[0]>((resolve) => {
      const stop = client.watchQueue(queue, (each) => {
        queueMicrotask(() => stop());
        resolve(each);
      });
    });
    const ben = view.peers.find((peer) => !peer.self);
    if (ben === undefined) throw new Error('Ben is not there');
    const guest = await client.setMember(queue, ben.peer, 'guest');
    const nonsense = await client.setMember(queue, ben.peer, 'emperor');
    const removed = await client.removeMember(queue, ben.peer);
    const report = await client.diagnostics();
    return { guest: guest.kind, nonsense: nonsense.kind, removed: removed.kind, log: report.log.length > 0 };
  }, made.queue);
  expect(ruled).toEqual({ guest: 'committed', nonsense: 'refused', removed: 'committed', log: true });
});
